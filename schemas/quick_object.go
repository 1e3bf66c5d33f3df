package schemas

import (
	"bytes"
	"slices"
	"strconv"
)

// member is what stands for a field in an object that is being read: its value, as canonical JSON.
type member struct {
	part
	inWritten bool // else it is the sender's own bytes
	escape    bool // it holds signs that json.Marshal escapes
}

// part is where something stands.
type part struct{ from, to int }

// objectOf reads an object by its shape, fills its values, and writes it canonically behind what is written.
func (q *quickDoor) objectOf(shape *object, out *Values) (written part, ok bool) {
	if !q.skip('{') {
		return part{}, false
	}
	n, base, given := len(shape.fields), len(q.members), len(q.given)
	*out = Values{shape: shape, slots: q.slots.take(n)}
	clear(out.slots)
	q.members = slices.Grow(q.members, n)[:base+n] // whatever they hold: only those that are seen are written
	seen, likely := uint64(0), 0
	for first := true; ; first = false {
		more, ok := q.more(first, '}')
		if !ok {
			return part{}, false
		}
		if !more {
			break
		}
		i := q.name(shape.keys, likely)
		if i < 0 || seen&(1<<i) != 0 {
			return part{}, false
		}
		seen, likely = seen|1<<i, i+1
		m, ok := q.member(&shape.fields[i], i, &out.slots[i])
		if !ok {
			return part{}, false
		}
		q.members[base+i] = m
	}
	if seen&shape.must != shape.must {
		return part{}, false
	}
	out.lists = q.listsOf(given)
	written = q.write(shape, base, seen)
	q.members = q.members[:base]
	return written, true
}

// listsOf are the lists of an object that was read, in the shape's order.
func (q *quickDoor) listsOf(from int) []list {
	given := q.given[from:]
	if len(given) == 0 {
		return nil
	}
	for i := 1; i < len(given); i++ { // two or three at most
		for j := i; j > 0 && given[j].field < given[j-1].field; j-- {
			given[j], given[j-1] = given[j-1], given[j]
		}
	}
	lists := q.lists.take(len(given))
	copy(lists, given)
	q.given = q.given[:from]
	return lists
}

// write puts the members that were seen in the order of their names.
func (q *quickDoor) write(shape *object, base int, seen uint64) part {
	from, out := len(q.written), append(q.written, '{')
	for _, i := range shape.sorted {
		if seen&(1<<i) == 0 {
			continue
		}
		if len(out) > from+1 {
			out = append(out, ',')
		}
		out = append(out, shape.keys[i]...)
		switch m := &q.members[base+i]; {
		case m.inWritten:
			out = append(out, q.written[m.from:m.to]...)
		case m.escape:
			out = appendEscaped(out, q.raw[m.from:m.to])
		default:
			out = append(out, q.raw[m.from:m.to]...)
		}
	}
	q.written = append(out, '}')
	return part{from, len(q.written)}
}

// member reads a field's value.
func (q *quickDoor) member(f *field, position int, to *slot) (member, bool) {
	if f.typ == typeList {
		written, ok := q.listOf(f, position)
		return member{part: written, inWritten: true}, ok
	}
	q.next()
	m, ok := member{part: part{from: q.at}}, false
	switch f.typ {
	case typeInt, typeDecimal:
		var text []byte
		if to.number, text, ok = q.number(); ok {
			n := to.number
			ok = (f.typ == typeDecimal || n.IsInt()) && (f.min == nil || !n.Less(*f.min)) && (f.max == nil || !f.max.Less(n))
		}
		if to.given = ok; ok && f.typ == typeInt && (text[0] == '-' || bytes.IndexByte(text, '.') >= 0) {
			return q.integer(to.number), true
		}
	case typeBool:
		var value bool
		value, ok = q.boolean()
		to.code = strconv.FormatBool(value)
	default:
		var s []byte
		s, ok = q.string()
		if ok && f.free() && bytes.IndexByte(s, '\\') >= 0 {
			return q.escaped(f, s)
		}
		if ok {
			to.code, to.term, m.escape, ok = q.code(f, s)
		}
	}
	m.to = q.at
	return m, ok
}

// integer writes one plainly behind what is written.
func (q *quickDoor) integer(n Decimal) member {
	from := len(q.written)
	q.written = strconv.AppendInt(q.written, n.micros/1e6, 10)
	return member{part: part{from, len(q.written)}, inWritten: true}
}

// escaped reads a free text with escapes and writes it canonically behind what is written.
func (q *quickDoor) escaped(f *field, s []byte) (member, bool) {
	text, ok := q.unescaped(s)
	if ok {
		_, ok = plainFree(f, text)
	}
	if !ok {
		return member{}, false
	}
	from := len(q.written)
	q.written = append(appendEscaped(append(q.written, '"'), text), '"')
	return member{part: part{from, len(q.written)}, inWritten: true}, true
}

// listOf reads a list and writes it canonically behind what is written.
func (q *quickDoor) listOf(f *field, position int) (written part, ok bool) {
	if !q.skip('[') {
		return part{}, false
	}
	base, parts := len(q.items), 0
	var room [8]part
	wrote := room[:0]
	for {
		more, ok := q.more(parts == 0, ']')
		if !ok {
			return part{}, false
		}
		if !more {
			break
		}
		if parts++; parts > maxItems {
			return part{}, false
		}
		var item Values
		one, ok := q.objectOf(f.items, &item)
		if !ok {
			return part{}, false
		}
		q.items, wrote = append(q.items, item), append(wrote, one)
	}
	if parts < f.minItems {
		return part{}, false
	}
	if parts > 0 {
		items := q.values.take(parts)
		copy(items, q.items[base:])
		q.items, q.given = q.items[:base], append(q.given, list{position, items})
	}
	from, out := len(q.written), append(q.written, '[')
	for i, one := range wrote {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, q.written[one.from:one.to]...)
	}
	q.written = append(out, ']')
	return part{from, len(q.written)}, true
}
