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
				slices.SortFunc(c.Items, CompareItems)
				if !yield(*c) {
					return
				}
			}
		}
	}
}

// cellsOf are the cells of a lab, with their items in no order.
func (o *Oracle) cellsOf(lab string) map[cellKey]*Cell {
	cells, all := map[cellKey]*Cell{}, map[cellKey]*items{}
	at := func(k cellKey) *Cell {
		if cells[k] == nil {
			cells[k], all[k] = &Cell{Lab: lab, Kind: k.kind, Day: k.day}, newItems(o)
		}
		return cells[k]
	}
	l, known := o.labs[lab]
	if !known {
		return cells
	}
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
		here := all[cellKey{o.kinds.values[latest.kind], latest.day}]
		for a := range l.additions(latest) {
			here.put(a, latest)
		}
	}
	for k, c := range cells {
		c.Items = all[k].added
	}
	return cells
}

// items adds contributions up.
type items struct {
	oracle *Oracle
	places map[itemKey]int // in added
	added  []Item
}

func newItems(o *Oracle) *items { return &items{oracle: o, places: map[itemKey]int{}} }

type itemKey struct {
	slot, ref uint32
	day       Day
}

func (i *items) put(a addition, v *version) {
	k := itemKey{a.slot, a.ref, a.day}
	s := i.oracle.slots.values[a.slot]
	place, known := i.places[k]
	if !known {
		i.places[k] = len(i.added)
		i.added = append(i.added, Item{
			Indicator: s.indicator, Part: s.part, Fn: s.fn, Day: a.day, Segment: s.segment, Ref: i.oracle.refs.values[a.ref],
			Amount: micros(a.micros), At: v.at, Seq: v.seq,
		})
		return
	}
	item := &i.added[place]
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
