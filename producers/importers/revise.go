package importers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"

	"vitrine/schemas"
)

// Sent is what a [Ledger] remembers of an event that was sent: no content, only what tells whether
// a record has changed since.
type Sent struct {
	ID       uuid.UUID
	Revision int64
	// Digest is of everything in the event but its revision.
	Digest [16]byte
	// System is the event's, Kind and Time are what a retraction must repeat.
	System, Kind string
	Time         time.Time
	Retracted    bool
}

// Ledger remembers what was sent of each record. With it a record that hasn't changed isn't sent
// again, and one that has gets a higher revision. Without it everything is sent again under the same
// ids, which changes no figure by itself.
type Ledger interface {
	// Last finds what was sent last under each id; an id that isn't known is left out.
	Last(ctx context.Context, lab string, ids []uuid.UUID) (map[uuid.UUID]Sent, error)
	// OfSystem lists what was sent last of each record of a system ("tableur"), in no order.
	OfSystem(ctx context.Context, lab, system string) ([]Sent, error)
	// Record remembers events that are kept: accepted, or spooled durably.
	Record(ctx context.Context, lab string, sent []Sent) error
}

// SentOf is what a ledger remembers of an event. The digest doesn't depend on how the event is
// written: a store that keeps its data in canonical JSON and its time in UTC gets the same.
func SentOf(e *schemas.Event) (Sent, error) {
	var data any
	if len(e.Data) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(e.Data))
		decoder.UseNumber()
		if err := decoder.Decode(&data); err != nil {
			return Sent{}, fmt.Errorf("event %s: %w", e.ID, err)
		}
	}
	raw, err := json.Marshal([]any{e.Source, e.Type, e.Time.UTC(), e.Retracted, e.Reason, data})
	if err != nil {
		return Sent{}, fmt.Errorf("event %s: %w", e.ID, err)
	}
	sum := sha256.Sum256(raw)
	return Sent{ID: e.ID, Revision: e.Revision, Digest: [16]byte(sum[:16]), System: e.System(), Kind: e.Kind(), Time: e.Time, Retracted: e.Retracted}, nil
}

// reviseAtOnce is how many events are looked up in the ledger together.
const reviseAtOnce = 256

// Valid gives events as an importer does that met no error.
func Valid(events iter.Seq[*schemas.Event]) iter.Seq2[*schemas.Event, error] {
	return func(yield func(*schemas.Event, error) bool) {
		for e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Revise compares an import's events with what was sent before: an event that hasn't changed is
// left out, one that has gets a revision above the one sent. Errors pass through in their place;
// what the ledger can't tell ends the sequence. skipped, which may be nil, counts what is left out.
func Revise(ctx context.Context, ledger Ledger, lab string, events iter.Seq2[*schemas.Event, error], skipped *int) iter.Seq2[*schemas.Event, error] {
	if skipped == nil {
		skipped = new(int)
	}
	return (&reviser{ledger: ledger, lab: lab, skipped: skipped}).events(ctx, events)
}

// ReviseAll is [Revise] for whoever can't be sure that what the ledger knows is still where it was
// sent: an event that hasn't changed is told again as it was.
func ReviseAll(ctx context.Context, ledger Ledger, lab string, events iter.Seq2[*schemas.Event, error]) iter.Seq2[*schemas.Event, error] {
	return (&reviser{ledger: ledger, lab: lab}).events(ctx, events)
}

type reviser struct {
	ledger  Ledger
	lab     string
	skipped *int // nil: nothing is left out
	waiting []*schemas.Event
}

func (r *reviser) events(ctx context.Context, events iter.Seq2[*schemas.Event, error]) iter.Seq2[*schemas.Event, error] {
	return func(yield func(*schemas.Event, error) bool) {
		for e, err := range events {
			if err != nil {
				if !r.flush(ctx, yield) || !yield(nil, err) {
					return
				}
				continue
			}
			if r.waiting = append(r.waiting, e); len(r.waiting) == reviseAtOnce && !r.flush(ctx, yield) {
				return
			}
		}
		r.flush(ctx, yield)
	}
}

// flush hands over what is waiting; false ends the sequence.
func (r *reviser) flush(ctx context.Context, yield func(*schemas.Event, error) bool) bool {
	events := r.waiting
	r.waiting = nil
	ids := make([]uuid.UUID, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	last, err := r.ledger.Last(ctx, r.lab, ids)
	if err != nil {
		yield(nil, fmt.Errorf("what was sent before: %w", err))
		return false
	}
	for _, e := range events {
		now, err := SentOf(e)
		if err != nil {
			yield(nil, err)
			return false
		}
		before, known := last[e.ID]
		same := known && before.Digest == now.Digest
		if same && r.skipped != nil {
			*r.skipped++
			continue
		}
		if at := revision(e.Revision, before.Revision, known, same); at != e.Revision {
			revised := *e
			revised.Revision, now.Revision = at, at
			e = &revised
		}
		last[e.ID] = now // the same record may come twice in one reading
		if !yield(e, nil) {
			return false
		}
	}
	return true
}

// revision is that of an event whose source gives it one, where another was sent before.
func revision(own, before int64, known, same bool) int64 {
	switch {
	case !known:
		return own
	case same:
		return max(own, before)
	}
	return max(own, before+1)
}
