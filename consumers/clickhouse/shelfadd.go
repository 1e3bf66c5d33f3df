package clickhouse

import (
	"slices"
	"time"

	"vitrine/consumers/rollup"
)

// cellPlace is a row of a batch by the number of its cell.
type cellPlace struct{ cell, row int32 }

// add adds the rows of a batch to the cells that are known.
func (h *Shelf) add(rows []Row, rules *rollup.Rules) error {
	h.places = slices.DeleteFunc(h.places, func(p cellPlace) bool { return h.states[p.cell].read })
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
	for i := state.first; i != before; i = h.rows.rows.at(i).next {
		if err := h.reduce(i, rules); err != nil {
			return err
		}
	}
	state.whole = true
	return nil
}

// shelve keeps a row of a cell, unless it has it or a later version of it. again: it had an earlier one. Where it isn't known
// whether it has one the row isn't kept.
func (h *Shelf) shelve(r shelvedRow, later []rollup.DayPart, data []byte) (again, known bool) {
	n, known := h.rows.find(r.cell, r.id)
	switch state := &h.states[r.cell]; {
	case !known:
		return false, false
	case n < 0:
		r.next = state.first
		state.first = h.rows.add(r, later, data)
		return false, true
	case !lessUnsigned(h.rows.rows.at(n).version, r.version):
		return false, true
	}
	h.rows.replace(n, r, later, data)
	return true, true
}

// reduce adds what a row contributes to its cell.
func (h *Shelf) reduce(n int32, rules *rollup.Rules) error {
	row := h.rows.rows.at(n)
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
	h.reducer.add(row.cell, row.version, facts, row.at)
	return nil
}
