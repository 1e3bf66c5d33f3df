// Package erasure erases for good what an installation has of a lab, of one event, or of old rejections, and keeps a trace of
// it in the stream VITRINE_ERASURES: what, when and why, without any content. The trace explains the messages that the stream of
// events lacks, and says what a restored backup must lose again.
package erasure

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// What was erased.
const (
	WhatLab      = "lab"      // everything of a lab
	WhatEvent    = "event"    // all versions of an event
	WhatRejected = "rejected" // rejected events, which count for nothing, received before a time
)

// Entry is one erasure. It is told twice: before anything is erased and when all of it is.
type Entry struct {
	ID   uuid.UUID `json:"id"`
	What string    `json:"what"`
	Lab  string    `json:"lab,omitempty"`
	// Event is the event's id, where one was erased.
	Event *uuid.UUID `json:"event,omitempty"`
	// Before is when the rejected events had been received at the latest that were erased.
	Before *time.Time `json:"before,omitempty"`
	// From is the first message erased of the stream of events, UpTo the last that could be: what came later isn't meant.
	From   uint64 `json:"from_seq,omitempty"`
	UpTo   uint64 `json:"up_to_seq"`
	Reason string `json:"reason"`
	// Began and Ended are when; no Ended says that it was interrupted, and must be asked for again.
	Began time.Time  `json:"began"`
	Ended *time.Time `json:"ended,omitempty"`
	// Events, Rejected and Alerts are how many messages were erased of which stream.
	Events   int `json:"events"`
	Rejected int `json:"rejected"`
	Alerts   int `json:"alerts"`
}

// check refuses an entry that would erase something else than it says: it may come from a file.
func (e Entry) check() error {
	switch {
	case e.ID == uuid.Nil || e.UpTo == 0 && e.What != WhatRejected:
		return errors.New("an erasure without id or up_to_seq")
	case e.What == WhatLab && schemas.IsSlug(e.Lab) && e.Event == nil,
		e.What == WhatEvent && schemas.IsSlug(e.Lab) && e.Event != nil && *e.Event != uuid.Nil,
		e.What == WhatRejected && e.Before != nil:
		return nil
	}
	return fmt.Errorf("an erasure of %q, lab %q: expected lab, event or rejected, with what goes with it", e.What, e.Lab)
}

// same says whether two entries mean the same thing.
func (e Entry) same(as Entry) bool {
	one := func(id *uuid.UUID) uuid.UUID {
		if id == nil {
			return uuid.Nil
		}
		return *id
	}
	return e.What == as.What && e.Lab == as.Lab && one(e.Event) == one(as.Event)
}

// goingOn is the entry as one that goes on with another, which was interrupted: that one counted what is gone since.
func (e Entry) goingOn(with Entry) Entry {
	e.ID, e.Began, e.Reason = with.ID, with.Began, cmp.Or(e.Reason, with.Reason)
	e.Events, e.Rejected, e.Alerts = max(e.Events, with.Events), max(e.Rejected, with.Rejected), max(e.Alerts, with.Alerts)
	if e.From == 0 || with.From > 0 && with.From < e.From {
		e.From = with.From
	}
	return e
}

// StoreErasure is the entry as ClickHouse is told.
func (e Entry) StoreErasure() clickhouse.Erasure {
	out := clickhouse.Erasure{Lab: e.Lab, From: e.From, UpTo: e.UpTo}
	if e.Event != nil {
		out.Event = *e.Event
	}
	return out
}

// Decode reads an entry as the stream and [Entry]'s JSON have it.
func Decode(raw []byte) (Entry, error) {
	var e Entry
	if err := json.Unmarshal(raw, &e); err != nil {
		return e, fmt.Errorf("read erasure: %w", err)
	}
	if err := e.check(); err != nil {
		return e, fmt.Errorf("read erasure: %w", err)
	}
	return e, nil
}

// List gives the trace, the oldest first, each erasure as it was told last.
func List(ctx context.Context, js jetstream.JetStream) ([]Entry, error) {
	told := map[uuid.UUID]Entry{}
	err := each(ctx, js, schemas.StreamErasures, []string{schemas.SubjectsOfErasures}, false, func(m jetstream.Msg, seq uint64) error {
		e, err := Decode(m.Data())
		if err != nil {
			return fmt.Errorf("message %d of stream %s: %w", seq, schemas.StreamErasures, err)
		}
		told[e.ID] = e
		return nil
	})
	if errors.Is(err, jetstream.ErrStreamNotFound) { // an installation from before there were any
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := make([]Entry, 0, len(told))
	for _, e := range told {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Entry) int {
		return cmp.Or(a.Began.Compare(b.Began), cmp.Compare(a.ID.String(), b.ID.String()))
	})
	return out, nil
}

// tell writes an entry down.
func tell(ctx context.Context, js jetstream.JetStream, e Entry) error {
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := js.Publish(ctx, schemas.SubjectErasures(e.Lab), raw); err != nil {
		return fmt.Errorf("write down what is erased: %w", err)
	}
	return nil
}
