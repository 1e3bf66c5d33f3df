package clickhouse

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"unsafe"

	"github.com/ClickHouse/ch-go/proto"
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
	states  []cellState  // by the cell's number in the reducer
	places  []cellPlace  // of the rows in this round
	touched []int32      // cells, in the recompute at hand
	days    []proto.Date // of the batch's rows
	round   uint32
	// forgetful: it serves one recompute, which reads everything, and keeps no events.
	forgetful bool
}

// cellState is what is known about a cell.
type cellState struct {
	key      writeKey
	expected uint64 // the sum of its tokens if nobody else wrote into it
	first    int32  // of its events, -1 for none
	whole    bool   // the shelf has all that it holds, but for what our own batches have still to add
	fresh    bool   // the shelf has nothing of it yet: if all its tokens are ours, all its events are of our batches
	unsure   bool   // an event of it has no place on the shelf
	read     bool   // is to be read, in this round
	passing  bool   // is of a day long ago: what is read of it isn't kept
	round    uint32 // the last in which something was done with it
}

// DefaultShelf is how many bytes a shelf holds by default: some 800,000 events, twice what 1,000 busy labs tell of in six days. A week's sheet
// finds its days here, although half is forgotten at a time.
const DefaultShelf = 256 << 20

// NewShelf is an empty shelf that holds so many bytes, give or take a batch; 0 is [DefaultShelf]. Beyond them it forgets half, for which it takes
// half as much again for a moment: the cells with which nothing was done for longest. They are read when they are needed again.
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
func (h *Shelf) size() int {
	return h.reducer.size() + h.rows.size() + len(h.states)*int(unsafe.Sizeof(cellState{}))
}

// begin begins a round.
func (h *Shelf) begin() {
	if h.size() > h.most || h.reducer.many() {
		h.forgetHalf()
	}
	h.round++
	h.touched = h.touched[:0]
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

// touchAll has the cells of a batch written in a new round; those that events moved from or to are read whole.
func (h *Shelf) touchAll(rows []Row, moved []Cell) {
	h.begin()
	h.places = h.places[:0]
	lately := h.lately(rows)
	for i := range rows {
		day := dateOf(rows[i].Place.LocalDay)
		n := h.cell(rows[i].Lab, rows[i].Kind, day)
		h.touch(n, false)
		h.states[n].passing = day < lately
		h.places = append(h.places, cellPlace{n, int32(i)})
	}
	for _, c := range moved {
		h.touch(h.cell(c.Lab, c.Kind, dateOf(c.LocalDay)), true)
	}
}

// lately is the first of the days that all of a batch's rows are on but for the oldest twentieth. Of these few hardly two are of the same cell, now or
// in the batches to come, and keeping all other events of their cells would take the place of those that are needed again.
func (h *Shelf) lately(rows []Row) proto.Date {
	h.days = h.days[:0]
	for i := range rows {
		h.days = append(h.days, dateOf(rows[i].Place.LocalDay))
	}
	if len(h.days) == 0 {
		return 0
	}
	slices.Sort(h.days)
	return h.days[len(h.days)/20]
}

// keys are the touched cells' in cell_writes.
func (h *Shelf) keys() []writeKey {
	keys := make([]writeKey, len(h.touched))
	for i, n := range h.touched {
		keys[i] = h.states[n].key
	}
	return keys
}

// announce adds a token to the cells of a batch, and expects to find it there. Where that fails and was done all the same, they are read.
func (h *Shelf) announce(ctx context.Context, s *Store, rows []Row, moved []Cell) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.touchAll(rows, moved)
	token := rand.Uint64()
	if err := s.insertWrites(ctx, h.keys(), token); err != nil {
		return err
	}
	for _, n := range h.touched {
		h.states[n].expected += token
	}
	return nil
}

// compare finds out which of the touched cells somebody else wrote into, or aren't known: they are to be read.
func (h *Shelf) compare(ctx context.Context, s *Store) error {
	sums, complete, err := s.writes(ctx, h.keys())
	if err != nil {
		return err
	}
	for _, n := range h.touched {
		state := &h.states[n]
		sum, written := sums[state.key]
		asExpected := written && sum == state.expected
		if !written {
			sum = rand.Uint64() // what was announced is gone again: nothing may be remembered by it
		}
		if !asExpected || !state.whole && !(state.fresh && complete) {
			state.read = true
		}
		state.expected, state.whole, state.fresh = sum, !state.read, false
	}
	return nil
}
