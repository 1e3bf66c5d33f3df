package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"vitrine/consumers/rollup"
)

// Recompute brings the cells up to date that a batch wrote into, by the rules of the catalogue: those of its rows, which were
// stored, and those of the events that moved (see [Store.Settle]). They are announced before ([Store.Announce]). What the shelf
// knows of a cell isn't read again, unless somebody else wrote into it. It says how many cells these are. It may be repeated, and
// it doesn't matter which of two consumers comes last: the one that saw less loses.
func (s *Store) Recompute(ctx context.Context, rules *rollup.Rules, rows []Row, moved []Cell, shelf *Shelf) (cells int, err error) {
	if len(rows)+len(moved) == 0 {
		return 0, nil
	}
	cells, err = s.writeCells(ctx, func(block *cellBlock) (pieces, error) { return shelf.recompute(ctx, s, rules, rows, moved, block) })
	if err != nil {
		return 0, fmt.Errorf("recompute the cells of %d events: %w", len(rows), err)
	}
	return cells, nil
}

// RecomputeWhole computes cells from all the events in them, whatever anybody knows of them.
func (s *Store) RecomputeWhole(ctx context.Context, rules *rollup.Rules, cells []Cell) error {
	if len(cells) == 0 {
		return nil
	}
	shelf := s.shelves.take()
	defer s.shelves.give(shelf)
	_, err := s.writeCells(ctx, func(block *cellBlock) (pieces, error) { return shelf.recomputeWhole(ctx, s, rules, cells, block) })
	if err != nil {
		return fmt.Errorf("recompute %d cells: %w", len(cells), err)
	}
	return nil
}

// writeCells writes what compute gives as native rows of a block.
func (s *Store) writeCells(ctx context.Context, compute func(*cellBlock) (pieces, error)) (cells int, err error) {
	defer s.metrics.observe("recompute", time.Now(), &err)
	block := s.cellBlocks.take()
	defer s.cellBlocks.give(block)
	native, err := compute(block)
	if err != nil {
		return 0, err
	}
	return block.lab.Rows(), s.insertNative(ctx, "cell_insert", native)
}

// recompute brings the touched cells up to date, and gives them as native rows, which stand in the block.
func (h *Shelf) recompute(ctx context.Context, s *Store, rules *rollup.Rules, rows []Row, moved []Cell, block *cellBlock) (pieces, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.touchAll(rows, moved)
	if err := h.compare(ctx, s); err != nil {
		return nil, fmt.Errorf("who wrote into them: %w", err)
	}
	if err := h.add(rows, rules); err != nil {
		return nil, err
	}
	if err := h.read(ctx, s, rules); err != nil {
		return nil, err
	}
	return h.encode(block)
}

// recomputeWhole reads cells whole whatever is known, and gives them as recompute does. It is for a shelf that nobody else has.
func (h *Shelf) recomputeWhole(ctx context.Context, s *Store, rules *rollup.Rules, cells []Cell, block *cellBlock) (pieces, error) {
	h.forgetful = true
	h.empty()
	h.touchAll(nil, cells)
	if err := h.read(ctx, s, rules); err != nil {
		return nil, err
	}
	return h.encode(block)
}

func (h *Shelf) encode(block *cellBlock) (pieces, error) {
	block.reset()
	items := 0
	for _, n := range h.touched {
		items += h.reducer.cells[n].items
	}
	block.makeRoom(items)
	for _, n := range h.reducer.sorted(h.touched) {
		block.add(&h.reducer, h.reducer.cells[n])
	}
	return block.encode()
}

// selectCells reads the events of cells of a reducer by a query, block by block.
func (s *Store) selectCells(ctx context.Context, query string, r *cellReducer, numbers []int32, columns proto.Results, each func() error) error {
	var lab, kind proto.ColStr
	var day proto.ColDate
	first, last := r.cells[numbers[0]].day, r.cells[numbers[0]].day
	for _, n := range numbers {
		c := &r.cells[n]
		lab.Append(r.labs.names[c.lab])
		kind.Append(r.kinds.names[c.kind])
		day = append(day, c.day)
		first, last = min(first, c.day), max(last, c.day)
	}
	touched := &nativeTable{"touched", "lab String, kind String, local_day Date",
		[]proto.InputColumn{{Name: "lab", Data: &lab}, {Name: "kind", Data: &kind}, {Name: "local_day", Data: &day}}}
	days := map[string]string{"first": first.Time().Format(time.DateOnly), "last": last.Time().Format(time.DateOnly)}
	return s.selectNative(ctx, query, days, touched, columns, each)
}
