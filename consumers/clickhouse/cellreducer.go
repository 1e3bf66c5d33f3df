package clickhouse

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/ClickHouse/ch-go/proto"

	"vitrine/consumers/rollup"
)

// cellReducer reduces the events of cells to what each cell contributes: one item for whatever has the same indicator, part,
// function, day, segment and reference. ClickHouse did this by grouping on all of these texts, which took ten times as long.
type cellReducer struct {
	labs, kinds, indicators, segments, refs dictionary

	cells []reducedCell
	byID  map[cellID]int32
	items []cellItem
	byKey map[itemKey]int32
}

// cellID is a cell by the numbers that its names have in the dictionaries; itemKey an item.
type (
	cellID struct {
		lab, kind int32
		day       proto.Date
	}
	itemKey struct {
		cell, indicator, segment, ref int32
		day                           proto.Date
		part, fn                      int8
	}
)

type reducedCell struct {
	cellID
	version proto.UInt128 // sum of the versions of all rows of the cell
	first   int32         // of its items; -1 for none
}

type cellItem struct {
	itemKey
	amount proto.Int128
	at     int64 // when the newest event that contributes happened, in milliseconds
	seq    uint64
	next   int32 // of the cell's items; -1 after the last
}

// reset forgets the cells and keeps the memory; the names too, unless they have become many.
func (r *cellReducer) reset() {
	r.cells, r.items = r.cells[:0], r.items[:0]
	if r.byID == nil {
		r.byID, r.byKey = map[cellID]int32{}, map[itemKey]int32{}
	}
	clear(r.byID)
	clear(r.byKey)
	for _, d := range []*dictionary{&r.labs, &r.kinds, &r.indicators, &r.segments, &r.refs} {
		d.bound()
	}
}

// add takes a block of events.
func (r *cellReducer) add(e *cellEvents) {
	for row := range e.lab.Rows() {
		id := cellID{r.labs.number(e.lab.RowBytes(row)), r.kinds.number(e.kind.RowBytes(row)), e.localDay[row]}
		n, known := r.byID[id]
		if !known {
			n = int32(len(r.cells))
			r.byID[id] = n
			r.cells = append(r.cells, reducedCell{cellID: id, first: -1})
		}
		cell := &r.cells[n]
		cell.version = plus(cell.version, e.version[row])
		for i, to := e.facts(row); i < to; i++ {
			r.contribute(n, e, row, i)
		}
	}
}

func (r *cellReducer) contribute(cell int32, e *cellEvents, row, i int) {
	key := itemKey{
		cell: cell, indicator: r.indicators.number(e.indicator.data.RowBytes(i)), segment: r.segments.number(e.segment.data.RowBytes(i)),
		ref: r.refs.number(e.ref.data.RowBytes(i)), day: e.day.data[i], part: e.part.data[i], fn: e.fn.data[i],
	}
	amount, at, seq := proto.Int128(e.amount.data[i]), e.at[row], e.streamSeq[row]
	n, known := r.byKey[key]
	if !known {
		r.byKey[key] = int32(len(r.items))
		if rollup.Fn(key.fn) == rollup.Distinct {
			amount = proto.Int128{Low: 1e6}
		}
		r.items = append(r.items, cellItem{itemKey: key, amount: amount, at: at, seq: seq, next: r.cells[cell].first})
		r.cells[cell].first = int32(len(r.items) - 1)
		return
	}
	item := &r.items[n]
	newer := cmp.Or(cmp.Compare(at, item.at), cmp.Compare(seq, item.seq))
	switch rollup.Fn(key.fn) {
	case rollup.Sum:
		item.amount = proto.Int128(plus(proto.UInt128(item.amount), proto.UInt128(amount)))
	case rollup.Max:
		if less(item.amount, amount) {
			item.amount = amount
		}
	case rollup.Last, rollup.State: // of one event's several amounts the highest, so that their order doesn't matter
		if newer > 0 || newer == 0 && less(item.amount, amount) {
			item.amount = amount
		}
	}
	if newer > 0 {
		item.at, item.seq = at, seq
	}
}

// plus adds numbers of 128 bits; with the sign in the highest bit, too.
func plus(a, b proto.UInt128) proto.UInt128 {
	low, carry := bits.Add64(a.Low, b.Low, 0)
	high, _ := bits.Add64(a.High, b.High, carry)
	return proto.UInt128{Low: low, High: high}
}

func less(a, b proto.Int128) bool {
	return int64(a.High) < int64(b.High) || a.High == b.High && a.Low < b.Low
}

// sorted are the cells in the order of their table's partitions and key.
func (r *cellReducer) sorted() []reducedCell {
	slices.SortFunc(r.cells, func(a, b reducedCell) int {
		return cmp.Or(cmp.Compare(month(a.day), month(b.day)), cmp.Compare(r.labs.names[a.lab], r.labs.names[b.lab]),
			cmp.Compare(r.kinds.names[a.kind], r.kinds.names[b.kind]), cmp.Compare(a.day, b.day))
	})
	return r.cells
}

// dictionary numbers texts.
type dictionary struct {
	numbers map[string]int32
	names   []string
}

func (d *dictionary) number(text []byte) int32 {
	if n, known := d.numbers[string(text)]; known {
		return n
	}
	if d.numbers == nil {
		d.numbers = map[string]int32{}
	}
	name := string(text)
	d.numbers[name] = int32(len(d.names))
	d.names = append(d.names, name)
	return int32(len(d.names) - 1)
}

// bound forgets the texts if they have become many: references are as many as companies.
func (d *dictionary) bound() {
	const many = 100_000
	if len(d.names) > many {
		*d = dictionary{}
	}
}
