package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"vitrine/consumers/rollup"
)

// recomputation is what a recompute needs of memory; it is used again.
type recomputation struct {
	reducer cellReducer
	events  cellEvents
	block   cellBlock
}

// Recompute computes cells whole from the events in them, by the rules of the catalogue. It may be repeated, and it doesn't matter
// which of two consumers comes last: the one that saw less loses.
func (s *Store) Recompute(ctx context.Context, rules *rollup.Rules, cells []Cell) (err error) {
	if len(cells) == 0 {
		return nil
	}
	defer s.metrics.observe("recompute", time.Now(), &err)
	work := s.recomputations.take()
	defer s.recomputations.give(work)
	if err := s.reduceCells(ctx, rules, cells, work); err != nil {
		return fmt.Errorf("recompute %d cells: %w", len(cells), err)
	}
	if err := s.insertCells(ctx, work); err != nil {
		return fmt.Errorf("recompute %d cells: %w", len(cells), err)
	}
	return nil
}

// reduceCells reads the events of cells, and reduces them.
func (s *Store) reduceCells(ctx context.Context, rules *rollup.Rules, cells []Cell, work *recomputation) error {
	var lab, kind proto.ColStr
	var day proto.ColDate
	first, last := cells[0].LocalDay, cells[0].LocalDay
	for _, c := range cells {
		lab.Append(c.Lab)
		kind.Append(c.Kind)
		day = append(day, dateOf(c.LocalDay))
		if c.LocalDay.Before(first) {
			first = c.LocalDay
		}
		if c.LocalDay.After(last) {
			last = c.LocalDay
		}
	}
	touched := &nativeTable{"touched", "lab String, kind String, local_day Date",
		[]proto.InputColumn{{Name: "lab", Data: &lab}, {Name: "kind", Data: &kind}, {Name: "local_day", Data: &day}}}
	read := func(query string, columns proto.Results) error {
		work.reducer.reset()
		return s.selectNative(ctx, query, map[string]string{"first": first.Format(time.DateOnly), "last": last.Format(time.DateOnly)}, touched, columns,
			func() error { return work.reducer.add(&work.events, rules) })
	}
	err := read("cell_events", work.events.newResults())
	if errors.Is(err, errStoredBefore) {
		err = read("cell_events_before", work.events.results())
	}
	return err
}

// insertCells writes what was reduced.
func (s *Store) insertCells(ctx context.Context, work *recomputation) error {
	if len(work.reducer.cells) == 0 {
		return nil
	}
	work.block.reset()
	for _, c := range work.reducer.sorted() {
		work.block.add(&work.reducer, c)
	}
	native, err := work.block.encode()
	if err != nil {
		return err
	}
	return s.insertNative(ctx, "cell_insert", native)
}
