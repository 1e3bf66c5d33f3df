package importers

import (
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
// again, and one that has gets a higher revision. Figures never depend on it: without it everything
// is sent again under the same ids.
type Ledger interface {
	// Last finds what was sent last under each id; an id that isn't known is left out.
	Last(ctx context.Context, lab string, ids []uuid.UUID) (map[uuid.UUID]Sent, error)
	// OfSystem lists what was sent last of each record of a system ("tableur"), in no order.
	OfSystem(ctx context.Context, lab, system string) ([]Sent, error)
	// Record remembers events that are kept: accepted, or spooled durably.
	Record(ctx context.Context, lab string, sent []Sent) error
}

// SentOf is what a ledger remembers of an event.
func SentOf(e *schemas.Event) (Sent, error) {
	plain := *e
	plain.Revision = 0
	raw, err := json.Marshal(&plain)
	if err != nil {
		return Sent{}, fmt.Errorf("event %s: %w", e.ID, err)
	}
	sum := sha256.Sum256(raw)
	return Sent{ID: e.ID, Revision: e.Revision, Digest: [16]byte(sum[:16]), System: e.System(), Kind: e.Kind(), Time: e.Time, Retracted: e.Retracted}, nil
}

// reviseAtOnce is how many events are looked up in the ledger together.
const reviseAtOnce = 256

// Revise compares an import's events with what was sent before: an event that hasn't changed is
// left out, one that has gets a revision above the one sent. Errors pass through in their place;
// what the ledger can't tell ends the sequence. skipped, which may be nil, counts what is left out.
func Revise(ctx context.Context, ledger Ledger, lab string, events iter.Seq2[*schemas.Event, error], skipped *int) iter.Seq2[*schemas.Event, error] {
	return func(yield func(*schemas.Event, error) bool) {
		waiting := make([]*schemas.Event, 0, reviseAtOnce)
		flush := func() bool {
			revised, unchanged, err := revise(ctx, ledger, lab, waiting)
			waiting = waiting[:0]
			if err != nil {
				yield(nil, err)
				return false
			}
			if skipped != nil {
				*skipped += unchanged
			}
			for _, e := range revised {
				if !yield(e, nil) {
					return false
				}
			}
			return true
		}
		for e, err := range events {
			if err != nil {
				if !flush() || !yield(nil, err) {
					return
				}
				continue
			}
			if waiting = append(waiting, e); len(waiting) == cap(waiting) && !flush() {
				return
			}
		}
		flush()
	}
}

func revise(ctx context.Context, ledger Ledger, lab string, events []*schemas.Event) (revised []*schemas.Event, unchanged int, err error) {
	if len(events) == 0 {
		return nil, 0, nil
	}
	ids := make([]uuid.UUID, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	last, err := ledger.Last(ctx, lab, ids)
	if err != nil {
		return nil, 0, fmt.Errorf("what was sent before: %w", err)
	}
	for _, e := range events {
		now, err := SentOf(e)
		if err != nil {
			return nil, 0, err
		}
		before, known := last[e.ID]
		if known && before.Digest == now.Digest {
			unchanged++
			continue
		}
		if known && e.Revision <= before.Revision {
			changed := *e
			changed.Revision = before.Revision + 1
			e, now.Revision = &changed, changed.Revision
		}
		last[e.ID] = now // the same record may come twice in one reading
		revised = append(revised, e)
	}
	return revised, unchanged, nil
}
