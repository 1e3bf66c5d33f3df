package verify

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"vitrine/consumers/clickhouse"
)

// rollCall goes through the versions of labs and notes which of them were found. The versions are the
// oracle's own: copying what is expected would double its memory.
type rollCall[K comparable] struct {
	*ledger[K, clickhouse.StoredVersion]
	oracle *Oracle
	key    func(clickhouse.StoredVersion) K
	// expected gives the versions of an event that should be there.
	expected func(l *lab, head uint32, yield func(*version, uint32) bool)
	// derived is what should have been worked out from the version; 0 where nothing is.
	derived func(v *version) uint32
	seen    map[string][]uint64 // a bit for each version, by lab
}

func (r *rollCall[K]) enter(lab string) int {
	l, known := r.oracle.labs[lab]
	if !known {
		return 0
	}
	r.seen[lab] = make([]uint64, l.size()/64+1)
	for _, head := range l.ids {
		r.expected(l, head, func(*version, uint32) bool {
			r.check.Expected++
			return true
		})
	}
	return l.size()
}

func (r *rollCall[K]) find(found clickhouse.StoredVersion) error {
	r.check.Found++
	l, known := r.oracle.labs[found.Lab]
	if !known {
		r.differ(r.key(found), pair{nothing, writeVersion(found)})
		return nil
	}
	head, known := l.ids[found.ID]
	done := false
	if known {
		r.expected(l, head, func(v *version, n uint32) bool {
			if v.seq != found.StreamSeq {
				return true
			}
			once := r.seen[found.Lab][n/64]&(1<<(n%64)) != 0
			r.seen[found.Lab][n/64] |= 1 << (n % 64)
			expected := r.oracle.stored(found.Lab, found.ID, v)
			switch identity := found.Identity(); {
			case once:
				r.differ(r.key(found), pair{"it once", "it again"})
			case expected.Identity() != identity:
				r.differ(r.key(found), pair{writeVersion(expected), writeVersion(found)})
			case v.content != found.Content || r.derived(v) != found.Derived:
				r.differ(r.key(found), pair{writeVersion(expected), writeVersion(found) + ", with another content"})
			}
			done = true
			return false
		})
	}
	if !done {
		r.differ(r.key(found), pair{nothing, writeVersion(found)})
	}
	return nil
}

// close reports the versions of the labs entered that weren't found.
func (r *rollCall[K]) close() {
	for lab, seen := range r.seen {
		l := r.oracle.labs[lab]
		for id, head := range l.ids {
			r.expected(l, head, func(v *version, n uint32) bool {
				if seen[n/64]&(1<<(n%64)) == 0 {
					missing := r.oracle.stored(lab, id, v)
					r.differ(r.key(missing), pair{writeVersion(missing), nothing})
				}
				return true
			})
		}
	}
	clear(r.seen)
}

// digest is of a lab's versions that should be there.
func (r *rollCall[K]) digest(lab string) digest {
	var d digester
	l := r.oracle.labs[lab]
	for id, head := range l.ids {
		r.expected(l, head, func(v *version, _ uint32) bool {
			d.row = append(d.row, id[:]...)
			d.text("")
			d.unsigned(uint64(v.revision))
			d.unsigned(v.seq)
			d.text(r.oracle.kinds.values[v.kind])
			d.number(int64(v.day))
			d.flag(v.retracted)
			d.unsigned(v.content)
			d.unsigned(uint64(r.derived(v)))
			d.end()
			return true
		})
	}
	return d.digest
}

// call compares the labs by digests, and those that differ version by version.
func (r *rollCall[K]) call(ctx context.Context, digested clickhouse.Digested,
	each func(context.Context, clickhouse.LabRange, func(clickhouse.StoredVersion) error) error,
) (Check, error) {
	s, err := r.comparison.sift(ctx, r.check.Name, digested, r.digest)
	if err != nil {
		return r.check, err
	}
	r.seen = map[string][]uint64{}
	err = r.among(s, r.enter, func(labs clickhouse.LabRange) error {
		err := each(ctx, labs, func(found clickhouse.StoredVersion) error {
			if !s.keeps(found.Lab) {
				return nil
			}
			return r.find(found)
		})
		if err == nil {
			r.close()
		}
		return err
	})
	return r.check, err
}

// labSeq is a version of a lab's event.
type labSeq struct {
	lab string
	seq uint64
}

// versions compares every version of every event.
func (c *comparison) versions(ctx context.Context) (Check, error) {
	r := rollCall[labSeq]{
		ledger:   newLedger(c, "event_history", func(k labSeq) Difference { return Difference{Lab: k.lab, What: message(k.seq)} }, writeExpected[labSeq]),
		oracle:   c.oracle,
		key:      func(v clickhouse.StoredVersion) labSeq { return labSeq{v.Lab, v.StreamSeq} },
		expected: func(l *lab, head uint32, yield func(*version, uint32) bool) { l.chain(head)(yield) },
		derived:  func(*version) uint32 { return 0 },
	}
	return r.call(ctx, clickhouse.DigestedVersions, c.store.EachVersion)
}

// labID is an event.
type labID struct {
	lab string
	id  uuid.UUID
}

// live compares the events as they stand.
func (c *comparison) live(ctx context.Context) ([]Check, error) {
	r := rollCall[labID]{
		ledger: newLedger(c, "events", func(k labID) Difference { return Difference{Lab: k.lab, What: "event " + k.id.String()} }, writeExpected[labID]),
		oracle: c.oracle,
		key:    func(v clickhouse.StoredVersion) labID { return labID{v.Lab, v.ID} },
		expected: func(l *lab, head uint32, yield func(*version, uint32) bool) {
			if n := l.latest(head); !l.version(n).retracted {
				yield(l.version(n), n)
			}
		},
		derived: func(v *version) uint32 { return v.derived },
	}
	check, err := r.call(ctx, clickhouse.DigestedEvents, c.store.EachLiveEvent)
	return []Check{check}, err
}

func (o *Oracle) stored(lab string, id uuid.UUID, v *version) clickhouse.StoredVersion {
	return clickhouse.StoredVersion{
		Lab: lab, ID: id, Revision: v.revision, StreamSeq: v.seq, Kind: o.kinds.values[v.kind], Day: int32(v.day), Retracted: v.retracted,
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
