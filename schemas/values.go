package schemas

import "iter"

// Values are an event's data by field name: what can be counted, what it can be counted by,
// and the lists whose items can be counted. Free text isn't among them.
// They may be read by several goroutines and don't change. The zero value holds nothing.
type Values struct {
	shape *object
	slots []slot // one per field of the shape, in its order
	lists []list // those that were given, in the order of the shape
}

// slot is what one field holds, if it is a number or a code. It may be neither: not given, a list, or free text.
type slot struct {
	code   string // never empty if there is one
	number Decimal
	given  bool  // number was given
	term   int16 // of a code from a closed list: where it stands there, counted from 1
}

type list struct {
	field int
	items []Values
}

// Code is the code that a field holds: from a closed list or an identifier; a date; a time, as it was written;
// "true" or "false". It is empty if there is none.
func (v Values) Code(name string) string { return v.CodeAt(v.position(name)) }

// Number is the number that a field holds, if one was given.
func (v Values) Number(name string) (Decimal, bool) { return v.NumberAt(v.position(name)) }

// List are the items of a field; none if it is no list. The caller mustn't change them.
func (v Values) List(name string) []Values {
	for i := range v.lists {
		if l := &v.lists[i]; v.shape.fields[l.field].name == name {
			return l.items
		}
	}
	return nil
}

// CodeAt is [Values.Code] of the field at a position ([Kind.Position]); empty at one that isn't the shape's, as -1.
func (v Values) CodeAt(position int) string {
	if uint(position) >= uint(len(v.slots)) {
		return ""
	}
	return v.slots[position].code
}

// NumberAt is [Values.Number] of the field at a position ([Kind.Position]).
func (v Values) NumberAt(position int) (Decimal, bool) {
	if uint(position) >= uint(len(v.slots)) {
		return Decimal{}, false
	}
	s := &v.slots[position]
	return s.number, s.given
}

// TermAt is where the code of the field at a position stands in the field's closed list (its [Field.Terms]), counted
// from 0; -1 if it holds none, or one from no such list.
func (v Values) TermAt(position int) int {
	if uint(position) >= uint(len(v.slots)) {
		return -1
	}
	return int(v.slots[position].term) - 1
}

// Codes are all codes by the names of their fields, in the contract's order.
func (v Values) Codes() iter.Seq2[string, string] {
	return func(yield func(name, code string) bool) {
		for i := range v.slots {
			if code := v.slots[i].code; code != "" && !yield(v.shape.fields[i].name, code) {
				return
			}
		}
	}
}

// Numbers are all numbers by the names of their fields, in the contract's order.
func (v Values) Numbers() iter.Seq2[string, Decimal] {
	return func(yield func(name string, n Decimal) bool) {
		for i := range v.slots {
			if s := &v.slots[i]; s.given && !yield(v.shape.fields[i].name, s.number) {
				return
			}
		}
	}
}

func (v Values) position(name string) int {
	if v.shape == nil {
		return -1
	}
	return v.shape.position(name)
}

// Position is where the values of the kind's data hold a field, or where the items of its list do; -1 if there is no
// such field. An empty list means the data themselves.
func (k Kind) Position(list, field string) int {
	o := k.shape
	if list != "" {
		f, known := o.field(list)
		if !known || f.items == nil {
			return -1
		}
		o = f.items
	}
	return o.position(field)
}

// position is found by looking at each: objects have few fields, and most names differ in their length.
func (o *object) position(name string) int {
	for i := range o.fields {
		if o.fields[i].name == name {
			return i
		}
	}
	return -1
}
