package clickhouse

import (
	"cmp"
	"slices"
)

// forgetHalf keeps the cells that something was done with lately; none where there are too many names.
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
		if state := &h.states[n]; state.whole || state.fresh {
			kept.keep(h, n)
		}
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
	for i := from.states[number].first; i >= 0; i = from.rows.rows.at(i).next {
		row := *from.rows.rows.at(i)
		row.cell = n
		if _, known := h.shelve(row, from.rows.later[i], from.rows.data(i)); !known {
			state.whole = false
		}
	}
	h.reducer.keep(&from.reducer, number, n)
}
