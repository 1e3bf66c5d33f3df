package clickhouse

import (
	"context"
	"errors"

	"github.com/ClickHouse/ch-go/proto"

	"vitrine/consumers/rollup"
)

// read reads the cells whole that are to be read.
func (h *Shelf) read(ctx context.Context, s *Store, rules *rollup.Rules) error {
	var numbers []int32
	for _, n := range h.touched {
		if h.states[n].read {
			numbers = append(numbers, n)
		}
	}
	s.metrics.cells.WithLabelValues("read").Add(float64(len(numbers)))
	s.metrics.cells.WithLabelValues("added to").Add(float64(len(h.touched) - len(numbers)))
	if len(numbers) == 0 {
		return nil
	}
	err := h.readBy(ctx, s, "cell_events", h.events.newResults(), numbers, rules)
	if errors.Is(err, errStoredBefore) {
		err = h.readBy(ctx, s, "cell_events_before", h.events.results(), numbers, rules)
	}
	return err
}

// readBy reads cells by a query.
func (h *Shelf) readBy(ctx context.Context, s *Store, query string, columns proto.Results, numbers []int32, rules *rollup.Rules) error {
	h.drop(numbers)
	r := &h.reducer
	for _, n := range numbers {
		r.forget(n)
	}
	if err := s.selectCells(ctx, query, r, numbers, columns, func() error { return h.take(&h.events, rules) }); err != nil {
		h.drop(numbers)
		return err
	}
	for _, n := range numbers {
		h.states[n].whole = h.keeps(n) && !h.states[n].unsure
	}
	return nil
}

// take takes a block of rows as they are read.
func (h *Shelf) take(e *cellEvents, rules *rollup.Rules) error {
	for row := range e.lab.Rows() {
		lab, kind := e.names(row)
		n := h.cell(lab, kind, e.localDay[row])
		facts, err := e.contributions(row, rules)
		if err != nil {
			return err
		}
		h.reducer.add(n, e.version[row], facts, e.at[row])
		if !h.keeps(n) {
			continue
		}
		_, known := h.shelve(shelvedRow{id: e.id[row], version: e.version[row], at: e.at[row], until: e.until[row], cell: n, gone: e.gone[row] != 0},
			e.parts, e.data.RowBytes(row))
		h.states[n].unsure = h.states[n].unsure || !known || e.holdsFacts(row) // which are not kept
	}
	return nil
}

// keeps says whether the events of a cell that is read are kept.
func (h *Shelf) keeps(n int32) bool { return !h.forgetful && !h.states[n].passing }

// drop forgets the events of cells: they are read when they are needed again.
func (h *Shelf) drop(numbers []int32) {
	for _, n := range numbers {
		state := &h.states[n]
		for i := state.first; i >= 0; i = h.rows.rows.at(i).next {
			h.rows.drop(i)
		}
		state.first, state.whole, state.unsure = -1, false, false
	}
}
