package verify

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"vitrine/consumers/clickhouse"
)

// labSeq is a version of a lab's event.
type labSeq struct {
	lab string
	seq uint64
}

// versions compares every version of every event.
func (c *comparison) versions(ctx context.Context) (Check, error) {
	l := newLedger(c, "event_history", func(k labSeq) Difference { return Difference{Lab: k.lab, What: message(k.seq)} }, writeExpected[labSeq])
	err := l.byLabs(func(lab string) (n int) {
		for v, retracted := range c.oracle.versionsOf(lab) {
			l.expect(labSeq{lab, v.Seq}, storedVersion(v, retracted))
			n++
		}
		return n
	}, func(labs clickhouse.LabRange) error {
		return c.store.EachVersion(ctx, labs, func(found clickhouse.StoredVersion) error {
			l.find(labSeq{found.Lab, found.StreamSeq}, writeVersion(found), sameVersion(found))
			return nil
		})
	})
	return l.check, err
}

// labID is an event.
type labID struct {
	lab string
	id  uuid.UUID
}

// live compares the events as they stand.
func (c *comparison) live(ctx context.Context) (Check, error) {
	l := newLedger(c, "events", func(k labID) Difference { return Difference{Lab: k.lab, What: "event " + k.id.String()} }, writeExpected[labID])
	err := l.byLabs(func(lab string) (n int) {
		for v := range c.oracle.Live(lab) {
			l.expect(labID{lab, v.ID}, storedVersion(v, false))
			n++
		}
		return n
	}, func(labs clickhouse.LabRange) error {
		return c.store.EachLiveEvent(ctx, labs, func(found clickhouse.StoredVersion) error {
			l.find(labID{found.Lab, found.ID}, writeVersion(found), sameVersion(found))
			return nil
		})
	})
	return l.check, err
}

func storedVersion(v Live, retracted bool) clickhouse.StoredVersion {
	return clickhouse.StoredVersion{
		Lab: v.Lab, ID: v.ID, Revision: v.Revision, StreamSeq: v.Seq, Kind: v.Kind, Day: int32(v.Day), Retracted: retracted,
	}
}

func sameVersion(found clickhouse.StoredVersion) func(clickhouse.StoredVersion) *pair {
	return func(expected clickhouse.StoredVersion) *pair {
		if expected == found {
			return nil
		}
		return &pair{writeVersion(expected), writeVersion(found)}
	}
}

func writeExpected[K any](_ K, v clickhouse.StoredVersion) string { return writeVersion(v) }

func writeVersion(v clickhouse.StoredVersion) string {
	s := fmt.Sprintf("%s %s on %s, revision %d, message %d", v.Kind, v.ID, Day(v.Day), v.Revision, v.StreamSeq)
	if v.Retracted {
		s += ", retracted"
	}
	return s
}
