package clickhouse

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"unsafe"

	"github.com/ClickHouse/ch-go/proto"

	"vitrine/consumers/rollup"
)

// cellReducer reduces what the events of cells contribute: to one item for whatever has the same indicator, part, function, day, segment
// and reference. For ClickHouse that is a grouping on all of these texts, which takes ten times as long.
type cellReducer struct {
	dictionaries

	cells  []reducedCell
	byID   map[cellID]int32
	latest int32 // the cell of the row before: rows of a cell mostly follow each other
	items  paged[cellItem]
	index  itemIndex // of the items of the latest cell
}

// dictionaries number the names that cells and items have.
type dictionaries struct{ labs, kinds, indicators, segments, refs dictionary }

// many: they are to be begun anew. References are as many as companies.
func (d *dictionaries) many() bool {
	const many = 100_000
	for _, one := range []*dictionary{&d.labs, &d.kinds, &d.indicators, &d.segments, &d.refs} {
		if len(one.names) > many {
			return true
		}
	}
	return false
}

// cellID is a cell by the numbers that its names have in the dictionaries; itemKey an item.
type (
	cellID struct {
		lab, kind int32
		day       proto.Date
	}
	itemKey struct {
		indicator, segment, ref int32
		day                     proto.Date
		part, fn                int8
	}
)

type reducedCell struct {
	cellID
	version proto.UInt128 // sum of the versions of all rows of the cell
	first   int32         // of its items; -1 for none
	items   int           // how many
}

type cellItem struct {
	itemKey
	amount proto.Int128
	at     int64 // when the newest event that contributes happened, in milliseconds
	seq    uint64
	next   int32 // of the cell's items; -1 after the last
}

// reset forgets the cells and keeps the names, and the memory.
func (r *cellReducer) reset() {
	r.cells, r.latest = r.cells[:0], -1
	r.items.empty()
	if r.byID == nil {
		r.byID = map[cellID]int32{}
	}
	clear(r.byID)
}

// add takes a row of a cell, with what it contributes. The lower half of its version is its message's sequence, unless the event
// moved away: then it contributes nothing.
func (r *cellReducer) add(n int32, version proto.UInt128, facts []rollup.Fact, at int64) {
	cell := &r.cells[n]
	cell.version = plus(cell.version, version)
	r.turnTo(n)
	for i := range facts {
		r.contribute(&facts[i], at, version.Low)
	}
}

// size is what cells and items take, in bytes: with 30 for each cell in the map.
func (r *cellReducer) size() int {
	return r.items.n*int(unsafe.Sizeof(cellItem{})) + len(r.cells)*int(unsafe.Sizeof(reducedCell{})+30)
}

// keep takes a cell's items over from a reducer with the same dictionaries.
func (r *cellReducer) keep(from *cellReducer, number, as int32) {
	r.cells[as].version, r.cells[as].items = from.cells[number].version, from.cells[number].items
	for i := from.cells[number].first; i >= 0; {
		item := *from.items.at(i)
		i, item.next = item.next, r.cells[as].first
		r.cells[as].first = r.items.add(item)
	}
}

// number is the number of a cell, which it is given here unless it has one. Rows of a cell mostly follow each other.
func (r *cellReducer) number(id cellID) int32 {
	if r.latest >= 0 && r.cells[r.latest].cellID == id {
		return r.latest
	}
	n, known := r.byID[id]
	if !known {
		n = int32(len(r.cells))
		r.byID[id] = n
		r.cells = append(roomy(r.cells), reducedCell{cellID: id, first: -1})
	}
	return n
}

// turnTo makes a cell the latest.
func (r *cellReducer) turnTo(n int32) {
	if n == r.latest {
		return
	}
	r.latest = n
	r.index.empty()
	for i := r.cells[n].first; i >= 0; i = r.items.at(i).next {
		r.index.add(&r.items, i)
	}
}

// forget takes everything out of a cell. (Its items' memory comes back with the next reset.)
func (r *cellReducer) forget(n int32) {
	r.cells[n].version, r.cells[n].first, r.cells[n].items = proto.UInt128{}, -1, 0
	r.latest = -1
}

// item finds an item of the latest cell, or makes one; it says which.
func (r *cellReducer) item(key itemKey) (_ *cellItem, known bool) {
	if n := r.index.find(&r.items, key); n >= 0 {
		return r.items.at(n), true
	}
	cell := &r.cells[r.latest]
	cell.items++
	cell.first = r.items.add(cellItem{itemKey: key, next: cell.first})
	r.index.add(&r.items, cell.first)
	return r.items.at(cell.first), false
}

func (r *cellReducer) contribute(f *rollup.Fact, at int64, seq uint64) {
	key := itemKey{
		indicator: r.indicators.number(f.Indicator), segment: r.segments.number(f.Segment), ref: r.refs.number(f.Ref),
		day: dateOf(f.Day), part: int8(f.Part), fn: int8(f.Fn),
	}
	amount := proto.Int128(exact128(f.Amount))
	item, known := r.item(key)
	if !known {
		if f.Fn == rollup.Distinct {
			amount = proto.Int128{Low: 1e6}
		}
		item.amount, item.at, item.seq = amount, at, seq
		return
	}
	newer := cmp.Or(cmp.Compare(at, item.at), cmp.Compare(seq, item.seq))
	switch f.Fn {
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

func lessUnsigned(a, b proto.UInt128) bool {
	return a.High < b.High || a.High == b.High && a.Low < b.Low
}

// sorted puts cells in the order of their table's partitions and key.
func (r *cellReducer) sorted(numbers []int32) []int32 {
	slices.SortFunc(numbers, func(i, j int32) int {
		a, b := &r.cells[i].cellID, &r.cells[j].cellID
		if a.day != b.day {
			if c := cmp.Compare(year(a.day), year(b.day)); c != 0 {
				return c
			}
		}
		switch {
		case a.lab != b.lab:
			return strings.Compare(r.labs.names[a.lab], r.labs.names[b.lab])
		case a.kind != b.kind:
			return strings.Compare(r.kinds.names[a.kind], r.kinds.names[b.kind])
		}
		return cmp.Compare(a.day, b.day)
	})
	return numbers
}
