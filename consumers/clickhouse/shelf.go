package clickhouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"vitrine/consumers/rollup"
)

// Shelf keeps what the cells hold that were computed lately, and their events: what comes to such a cell is added to it, instead
// of reading all its events again. It is what one process remembers; whether another wrote into a cell since is asked of the
// database. Several goroutines may use it.
type Shelf struct {
	mu      sync.Mutex
	most    int // what it holds, in bytes
	reducer cellReducer
	rows    shelvedRows
	events  cellEvents
	states  []cellState // by the cell's number in the reducer
	places  []cellPlace // of the rows at hand
	touched []int32     // cells, in the recompute at hand
	round   uint32
	// forgetful: it serves one recompute, which reads everything, and keeps no events.
	forgetful bool
}

// cellState is what is known about a cell.
type cellState struct {
	key      writeKey
	expected uint64 // the sum of its tokens if nobody else wrote into it
	first    int32  // of its events, -1 for none
	whole    bool   // the shelf has all that it holds
	fresh    bool   // the shelf never had anything of it: all tokens since are ours
	unsure   bool   // an event of it has no place on the shelf
	read     bool   // is to be read, in this round
	round    uint32 // the last in which something was done with it
}

// cellPlace is a row of a batch by the number of its cell.
type cellPlace struct{ cell, row int32 }

// DefaultShelf is how many bytes a shelf holds by default: a million events, or less of many cells.
const DefaultShelf = 256 << 20

// NewShelf is an empty shelf that holds so many bytes, give or take a batch; 0 is [DefaultShelf]. Beyond them it forgets half: the cells
// with which nothing was done for longest. They are read when they are needed again.
func NewShelf(bytes int) *Shelf {
	h := &Shelf{most: cmp.Or(bytes, DefaultShelf)}
	h.empty()
	return h
}

// empty forgets everything and keeps the memory; the names too, unless they have become many.
func (h *Shelf) empty() {
	if h.reducer.many() {
		h.reducer.dictionaries = dictionaries{}
	}
	h.reducer.reset()
	h.rows.empty()
	h.states = h.states[:0]
}

// size is what it holds, in bytes.
func (h *Shelf) size() int { return h.reducer.size() + h.rows.size() }

// begin begins a round.
func (h *Shelf) begin() {
	if h.size() > h.most {
		h.forgetHalf()
	}
	h.round++
	h.touched = h.touched[:0]
}

// forgetHalf keeps the cells that something was done with lately.
func (h *Shelf) forgetHalf() {
	if h.reducer.many() {
		h.empty()
		return
	}
	numbers := make([]int32, len(h.states))
	for i := range numbers {
		numbers[i] = int32(i)
	}
	slices.SortStableFunc(numbers, func(a, b int32) int { return cmp.Compare(h.states[b].round, h.states[a].round) })
	kept := &Shelf{most: h.most, round: h.round}
	kept.reducer.dictionaries = h.reducer.dictionaries
	kept.empty()
	for _, n := range numbers {
		if kept.size() > h.most/2 {
			break
		}
		kept.keep(h, n)
	}
	h.reducer, h.rows, h.states = kept.reducer, kept.rows, kept.states
}

// keep takes a cell over from another shelf.
func (h *Shelf) keep(from *Shelf, number int32) {
	cell := &from.reducer.cells[number]
	n := h.reducer.number(cell.cellID)
	h.states = append(h.states, from.states[number])
	state := &h.states[n]
	state.first = -1
	for i := from.states[number].first; i >= 0; i = from.rows.rows[i].next {
		row := from.rows.rows[i]
		row.cell = n
		if _, known := h.shelve(row, from.rows.later[i], string(from.rows.data(i))); !known {
			state.whole = false
		}
	}
	h.reducer.keep(&from.reducer, number, n)
}

// cell is the number of a cell, which it has from now on.
func (h *Shelf) cell(lab, kind string, day proto.Date) int32 {
	r := &h.reducer
	n := r.number(cellID{r.labs.number(lab), r.kinds.number(kind), day})
	if int(n) == len(h.states) {
		h.states = append(h.states, cellState{key: writeKeyOf(lab, kind, day), first: -1, fresh: true})
	}
	return n
}

// touch has a cell written in this round; with read, it is read whole.
func (h *Shelf) touch(n int32, read bool) {
	state := &h.states[n]
	if state.round != h.round {
		state.round, state.read = h.round, false
		h.touched = append(h.touched, n)
	}
	state.read = state.read || read
}

// expecting calls write, which adds a token to the cells of rows, and expects to find it there. Meanwhile nobody looks.
func (h *Shelf) expecting(rows []*Row, token uint64, write func() error) error {
	if h == nil {
		return write()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := write(); err != nil {
		return err // where it was done all the same, the cells are read
	}
	h.begin()
	for _, r := range rows {
		n := h.cell(r.Lab, r.Kind, dateOf(r.Place.LocalDay))
		if state := &h.states[n]; state.round != h.round {
			state.round = h.round
			state.expected += token
		}
	}
	return nil
}

// compare finds out which of the touched cells somebody else wrote into, or aren't known: they are to be read.
func (h *Shelf) compare(ctx context.Context, s *Store) error {
	keys := make([]writeKey, len(h.touched))
	for i, n := range h.touched {
		keys[i] = h.states[n].key
	}
	sums, complete, err := s.writes(ctx, keys)
	if err != nil {
		return err
	}
	for _, n := range h.touched {
		state := &h.states[n]
		sum, written := sums[state.key]
		asExpected := written && sum == state.expected
		if !asExpected || !state.whole && !(state.fresh && complete) {
			state.read = true
		}
		state.expected, state.whole, state.fresh = sum, !state.read, false
	}
	return nil
}

// add adds the rows of a batch to the cells that are known.
func (h *Shelf) add(rows []Row, rules *rollup.Rules) error {
	h.places = h.places[:0]
	for i := range rows {
		n := h.cell(rows[i].Lab, rows[i].Kind, dateOf(rows[i].Place.LocalDay))
		if !h.states[n].read {
			h.places = append(h.places, cellPlace{n, int32(i)})
		}
	}
	slices.SortFunc(h.places, func(a, b cellPlace) int { return int(a.cell - b.cell) })
	for from, to := 0, 0; from < len(h.places); from = to {
		for to = from; to < len(h.places) && h.places[to].cell == h.places[from].cell; to++ {
		}
		if err := h.addTo(h.places[from].cell, h.places[from:to], rows, rules); err != nil {
			return err
		}
	}
	return nil
}

// addTo adds rows to a cell: what they contribute where all are new to it, else what all of its events contribute.
func (h *Shelf) addTo(n int32, places []cellPlace, rows []Row, rules *rollup.Rules) error {
	state := &h.states[n]
	state.whole = false // until all of them are added
	before, replaced := state.first, false
	for _, p := range places {
		r := &rows[p.row]
		again, known := h.shelve(shelvedRow{
			id: r.ID, version: r.Version.number(), at: r.Place.Start.UnixMilli(), until: r.Place.End.UnixMilli(), cell: n, gone: r.Superseded || r.Retracted,
		}, r.Place.Later(), r.Data)
		if !known {
			state.read = true
			return nil
		}
		replaced = replaced || again
	}
	if replaced {
		h.reducer.forget(n)
		before = -1
	}
	for i := state.first; i != before; i = h.rows.rows[i].next {
		if err := h.reduce(i, rules); err != nil {
			return err
		}
	}
	state.whole = true
	return nil
}

// shelve keeps a row of a cell, unless it has it or a later version of it. again: it had an earlier one. Where it isn't known
// whether it has one the row isn't kept.
func (h *Shelf) shelve(r shelvedRow, later []rollup.DayPart, data string) (again, known bool) {
	n, known := h.rows.find(r.cell, r.id)
	switch state := &h.states[r.cell]; {
	case !known:
		return false, false
	case n < 0:
		r.next = state.first
		state.first = h.rows.add(r, later, data)
		return false, true
	case !lessUnsigned(h.rows.rows[n].version, r.version):
		return false, true
	}
	h.rows.replace(n, r, later, data)
	return true, true
}

// reduce adds what a row contributes to its cell.
func (h *Shelf) reduce(n int32, rules *rollup.Rules) error {
	row := &h.rows.rows[n]
	cell := h.reducer.cells[row.cell]
	var facts []rollup.Fact
	if !row.gone {
		place := rollup.StoredPlace(cell.day.Time(), time.UnixMilli(row.at).UTC(), time.UnixMilli(row.until).UTC(), h.rows.later[n])
		var err error
		facts, err = h.events.factsOf(h.reducer.labs.names[cell.lab], h.reducer.kinds.names[cell.kind], row.id, h.rows.data(n), place, rules)
		if err != nil {
			return err
		}
	}
	h.reducer.add(row.cell, row.version, facts, row.at, row.version.Low)
	return nil
}

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
	if errors.Is(err, errStoredBefore) { // what they contribute isn't in the rows that are kept
		err = h.readBy(ctx, s, "cell_events_before", h.events.results(), numbers, rules)
		h.drop(numbers)
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
		h.states[n].whole = !h.forgetful && !h.states[n].unsure
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
		h.reducer.add(n, e.version[row], facts, e.at[row], e.streamSeq[row])
		if h.forgetful {
			continue
		}
		_, known := h.shelve(shelvedRow{id: e.id[row], version: e.version[row], at: e.at[row], until: e.until[row], cell: n, gone: e.gone[row] != 0},
			e.parts, e.data.Row(row))
		h.states[n].unsure = h.states[n].unsure || !known
	}
	return nil
}

// drop forgets the events of cells: they are read when they are needed again.
func (h *Shelf) drop(numbers []int32) {
	for _, n := range numbers {
		state := &h.states[n]
		for i := state.first; i >= 0; i = h.rows.rows[i].next {
			h.rows.drop(i)
		}
		state.first, state.whole, state.unsure = -1, false, false
	}
}

// recompute brings the touched cells up to date, and gives them as a block of native rows in work.
func (h *Shelf) recompute(ctx context.Context, s *Store, rules *rollup.Rules, rows []Row, moved []Cell, block *cellBlock) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begin()
	for i := range rows {
		h.touch(h.cell(rows[i].Lab, rows[i].Kind, dateOf(rows[i].Place.LocalDay)), false)
	}
	for _, c := range moved {
		h.touch(h.cell(c.Lab, c.Kind, dateOf(c.LocalDay)), true)
	}
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
func (h *Shelf) recomputeWhole(ctx context.Context, s *Store, rules *rollup.Rules, cells []Cell, block *cellBlock) ([]byte, error) {
	h.forgetful = true
	h.empty()
	h.begin()
	for _, c := range cells {
		h.touch(h.cell(c.Lab, c.Kind, dateOf(c.LocalDay)), true)
	}
	if err := h.read(ctx, s, rules); err != nil {
		return nil, err
	}
	return h.encode(block)
}

func (h *Shelf) encode(block *cellBlock) ([]byte, error) {
	block.reset()
	items := 0
	for _, n := range h.touched {
		items += h.reducer.cells[n].items
	}
	block.grow(items)
	for _, n := range h.reducer.sorted(h.touched) {
		block.add(&h.reducer, h.reducer.cells[n])
	}
	return block.encode()
}
