package schemas

import "time"

// quickDoor reads an event in one walk over its bytes. It says yes where it is sure that [Decode] would, and then gives the
// same event; otherwise nothing. FuzzDecoder holds it to that.
type quickDoor struct {
	scanner
	now     time.Time
	names   [][]byte              // of the attributes, in their order
	kinds   map[string]*quickKind // by type
	sources map[string]sourceOf   // those that were found good
	end     time.Time             // the data's, if they have one
	check   decoder               // for what one field says about another

	// What events are made of.
	events slab[Event]
	slots  slab[slot]
	lists  slab[list]
	values slab[Values]
	bytes  slab[byte]
	texts  textSlab

	// What is needed while one is read.
	members []member // of the objects that aren't read to their end
	written []byte   // canonical JSON
	text    []byte   // one without its escapes
	items   []Values // of the lists that aren't read to their end
	given   []list   // of the objects that aren't read to their end
}

// quickKind is a kind with its names as events have them.
type quickKind struct {
	name, typ, schema string
	shape             *object
}

// sourceOf is a source with its lab.
type sourceOf struct{ source, lab string }

// maxSources bounds what is remembered, at some 2 MB; a programme of 10,000 labs has not many more.
const maxSources = 1 << 14

func newQuickDoor() quickDoor {
	q := quickDoor{
		kinds: map[string]*quickKind{}, sources: map[string]sourceOf{}, events: slab[Event]{size: 32}, slots: slab[slot]{size: 512},
		lists: slab[list]{size: 64}, values: slab[Values]{size: 64}, bytes: slab[byte]{size: 16 << 10},
	}
	for _, name := range []string{"specversion", "id", "source", "type", "time", "dataschema", "datacontenttype", "subject", "revision", "retracted", "reason", "data"} {
		q.names = append(q.names, keyOf(name))
	}
	for _, k := range kinds().list {
		q.kinds[TypePrefix+k.Name] = &quickKind{name: k.Name, typ: TypePrefix + k.Name, schema: SchemaID(k.Name), shape: k.shape}
	}
	return q
}

func (q *quickDoor) reset() {
	q.events.reset()
	q.slots.reset()
	q.lists.reset()
	q.values.reset()
	q.bytes.reset()
}

// decode gives an event, or nil.
func (q *quickDoor) decode(raw []byte, now time.Time) *Event {
	if len(raw) > MaxEventBytes {
		return nil
	}
	q.now = now
	q.begin(raw)
	var a attributes
	defer func() { q.raw = nil }()
	ok := q.attributesOf(&a)
	ok = ok && q.next() == 0 && q.at == len(raw) // a byte 0 isn't the end
	ok = ok && a.seen&mustHave == mustHave && (a.seen&hasSchema == 0 || string(a.schema) == a.kind.schema) && (a.seen&hasData != 0 || a.retracted)
	if ok && a.ends > 0 { // the data stood before the type
		q.at = a.dataAt
		ok = q.dataOf(&a) && q.at == a.ends
	}
	if !ok {
		return nil
	}
	e := &q.events.take(1)[0]
	*e = Event{SpecVersion: "1.0", ID: a.id, Source: a.source.source, source: a.source.source, lab: a.source.lab, Type: a.kind.typ, Time: a.time,
		Revision: a.revision, Retracted: a.retracted, Reason: a.reason, Data: a.data, Values: a.values}
	if a.seen&hasSchema != 0 {
		e.DataSchema = a.kind.schema
	}
	if a.data != nil && !q.consistent(e, a.kind.name) {
		return nil
	}
	return e
}

// begin makes it ready to walk over some bytes.
func (q *quickDoor) begin(raw []byte) {
	q.scanner, q.end = scanner{raw: raw}, time.Time{}
	q.members, q.written, q.items, q.given = q.members[:0], q.written[:0], q.items[:0], q.given[:0]
}

func (q *quickDoor) consistent(e *Event, kind string) bool {
	e.end = q.end
	q.check.event, q.check.now, q.check.problems = e, q.now, q.check.problems[:0]
	q.check.consistent(kind, nil)
	q.check.event = nil
	return len(q.check.problems) == 0
}
