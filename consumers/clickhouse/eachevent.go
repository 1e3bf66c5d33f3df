package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"vitrine/consumers/rollup"
)

// storedEvent is a live event, as far as those need it who ask what events contribute.
type storedEvent struct {
	lab, kind  string
	id         uuid.UUID
	occurredAt time.Time
	streamSeq  uint64
}

// eachEvent calls f with the live events of a lab, "" is all, of some kinds, none is all, in no order, and with what each contributes by the
// rules of the catalogue; that holds only until f returns.
func (s *Store) eachEvent(ctx context.Context, rules *rollup.Rules, lab string, kinds []string, f func(storedEvent, []rollup.Fact)) error {
	var events cellEvents
	parameters := map[string]string{"lab": lab, "kinds": "[]"}
	if len(kinds) > 0 {
		parameters["kinds"] = arrayOf(kinds)
	}
	err := s.selectNative(ctx, "lab_events", parameters, nil, events.results(), func() error {
		for row := range events.lab.Rows() {
			facts, err := events.contributions(row, rules)
			if err != nil {
				return err
			}
			lab, kind := events.names(row)
			f(storedEvent{lab, kind, events.id[row], time.UnixMilli(events.at[row]).UTC(), events.version[row].Low}, facts)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read what events contribute: %w", err)
	}
	return nil
}
