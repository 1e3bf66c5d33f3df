package verify

import (
	"cmp"
	"iter"
	"slices"
)

// Cell is what one kind of event of one lab contributed on one day.
type Cell struct {
	Lab, Kind string
	Day       Day
	Version   Version
	Items     []Item // sorted by what they are
}

// Item is one line of a cell.
type Item struct {
	Indicator string
	Part      Part
	Fn        Fn
	Day       Day
	Segment   string
	Ref       string
	Amount    Amount
	At        int64 // milliseconds since 1970 of the latest event behind it
	Seq       uint64
}

// CompareItems orders items by what they are, amounts apart.
func CompareItems(a, b Item) int {
	return cmp.Or(
		cmp.Compare(a.Indicator, b.Indicator), cmp.Compare(a.Part, b.Part), cmp.Compare(a.Fn, b.Fn), cmp.Compare(a.Day, b.Day),
		cmp.Compare(a.Segment, b.Segment), cmp.Compare(a.Ref, b.Ref))
}

type cellKey struct {
	kind string
	day  Day
}

// Cells gives every cell, lab by lab; those that events moved out of or were retracted in too.
func (o *Oracle) Cells() iter.Seq[Cell] {
	return func(yield func(Cell) bool) {
		for _, lab := range o.Labs() {
			for _, c := range o.cellsOf(lab) {
				if !yield(*c) {
					return
				}
			}
		}
	}
}

// cellsOf are the cells of a lab.
func (o *Oracle) cellsOf(lab string) map[cellKey]*Cell {
	cells := map[cellKey]*Cell{}
	items := map[cellKey]map[itemKey]*Item{}
	at := func(k cellKey) *Cell {
		if cells[k] == nil {
			cells[k] = &Cell{Lab: lab, Kind: k.kind, Day: k.day}
			items[k] = map[itemKey]*Item{}
		}
		return cells[k]
	}
	l := o.labs[lab]
	for _, head := range l.ids {
		latest := l.version(l.latest(head))
		// Wherever the event ever stood, there is a row with the latest version's number.
		var stood []cellKey
		for v := range l.chain(head) {
			if k := (cellKey{o.kinds.values[v.kind], v.day}); !slices.Contains(stood, k) {
				stood = append(stood, k)
				c := at(k)
				c.Version = c.Version.plus(latest.revision, latest.seq)
			}
		}
		here := items[cellKey{o.kinds.values[latest.kind], latest.day}]
		for a := range l.additions(latest) {
			o.put(here, a, latest)
		}
	}
	for k, c := range cells {
		for _, item := range items[k] {
			c.Items = append(c.Items, *item)
		}
		slices.SortFunc(c.Items, CompareItems)
	}
	return cells
}

type itemKey struct {
	slot, ref uint32
	day       Day
}

func (o *Oracle) put(items map[itemKey]*Item, a addition, v *version) {
	k := itemKey{a.slot, a.ref, a.day}
	s := o.slots.values[a.slot]
	item := items[k]
	if item == nil {
		item = &Item{Indicator: s.indicator, Part: s.part, Fn: s.fn, Day: a.day, Segment: s.segment, Ref: o.refs.values[a.ref]}
		item.Amount, item.At, item.Seq = micros(a.micros), v.at, v.seq
		items[k] = item
		return
	}
	amount := micros(a.micros)
	order := cmp.Or(cmp.Compare(v.at, item.At), cmp.Compare(v.seq, item.Seq))
	switch s.fn {
	case Sum:
		item.Amount = item.Amount.plus(amount)
	case Max:
		item.Amount = highest(item.Amount, amount)
	case Last, State:
		if order > 0 {
			item.Amount = amount
		} else if order == 0 { // one event says it twice: the higher counts, whatever their order
			item.Amount = highest(item.Amount, amount)
		}
	}
	if order > 0 {
		item.At, item.Seq = v.at, v.seq
	}
}

func highest(a, b Amount) Amount {
	if a.less(b) {
		return b
	}
	return a
}
