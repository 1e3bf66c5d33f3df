package schemas

import (
	"bytes"
	"time"

	"github.com/google/uuid"
)

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

// attributes are an event's as far as they were read. What depends on its kind is looked at when all are.
type attributes struct {
	seen         attribute
	id           uuid.UUID
	source       sourceOf
	kind         *quickKind
	time         time.Time
	schema       []byte
	revision     int64
	retracted    bool
	reason       string
	dataAt, ends int // where the data begin and end, if they are to be read again
	data         []byte
	values       Values
}

// attribute is one of those that the quick way knows; traceparent and tracestate are rare.
type attribute uint16

// In the order of quickDoor's names, which is the one that [Event] is written in.
const (
	hasSpecVersion attribute = 1 << iota
	hasID
	hasSource
	hasType
	hasTime
	hasSchema
	hasContentType
	hasSubject
	hasRevision
	hasRetracted
	hasReason
	hasData

	mustHave = hasSpecVersion | hasID | hasSource | hasType | hasTime
)

// decode gives an event, or nil.
func (q *quickDoor) decode(raw []byte, now time.Time) *Event {
	if len(raw) > MaxEventBytes {
		return nil
	}
	q.scanner, q.now = scanner{raw: raw}, now
	q.end = time.Time{}
	q.members, q.written, q.items, q.given = q.members[:0], q.written[:0], q.items[:0], q.given[:0]
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
	*e = Event{SpecVersion: "1.0", ID: a.id, Source: a.source.source, source: a.source.source, lab: a.source.lab, Type: a.kind.typ, Time: a.time, Revision: a.revision,
		Retracted: a.retracted, Reason: a.reason, Data: a.data, Values: a.values}
	if a.seen&hasSchema != 0 {
		e.DataSchema = a.kind.schema
	}
	if a.data != nil && !q.consistent(e, a.kind.name) {
		return nil
	}
	return e
}

func (q *quickDoor) consistent(e *Event, kind string) bool {
	e.end = q.end
	q.check.event, q.check.now, q.check.problems = e, q.now, q.check.problems[:0]
	q.check.consistent(kind, nil)
	q.check.event = nil
	return len(q.check.problems) == 0
}

func (q *quickDoor) attributesOf(a *attributes) bool {
	if !q.skip('{') {
		return false
	}
	likely := 0
	for first := true; ; first = false {
		if more, ok := q.more(first, '}'); !more {
			return ok
		}
		i := q.name(q.names, likely)
		if i < 0 || a.seen&(1<<i) != 0 || !q.attribute(a, 1<<i) {
			return false
		}
		a.seen, likely = a.seen|1<<i, i+1
	}
}

func (q *quickDoor) attribute(a *attributes, has attribute) bool {
	switch has {
	case hasRevision:
		n, text, ok := q.number()
		a.revision = n.micros / 1e6
		return ok && digits(string(text)) && a.revision <= MaxRevision
	case hasRetracted:
		var ok bool
		a.retracted, ok = q.boolean()
		return ok
	case hasData:
		if a.kind == nil {
			q.next()
			a.dataAt = q.at
			ok := q.object()
			a.ends = q.at
			return ok
		}
		return q.dataOf(a)
	}
	s, ok := q.string()
	if !ok {
		return false
	}
	switch has {
	case hasSpecVersion:
		return string(s) == "1.0"
	case hasID:
		var err error
		a.id, err = uuid.ParseBytes(s)
		return err == nil && len(s) == 36 && a.id != uuid.Nil
	case hasSource:
		a.source, ok = q.source(s)
		return ok
	case hasType:
		a.kind = q.kinds[string(s)]
		return a.kind != nil
	case hasTime:
		a.time, ok = plainInstant(s)
		return ok && !a.time.After(q.now.Add(MaxAhead))
	case hasSchema:
		a.schema = s
		return true
	case hasContentType:
		return string(s) == "application/json"
	case hasReason:
		if bytes.IndexByte(s, '\\') >= 0 {
			if s, ok = q.unescaped(s); !ok {
				return false
			}
		}
		_, ok = plainText(s, defaultMaxLen)
		a.reason = q.texts.copy(s)
		return ok
	}
	_, ok = plainText(s, len(s)) // a subject, which nobody reads
	return ok
}

// source is that of many events: it is looked at once.
func (q *quickDoor) source(s []byte) (sourceOf, bool) {
	if known, ok := q.sources[string(s)]; ok {
		return known, true
	}
	source := string(s)
	lab, _, ok := splitSource(source)
	if !ok || mayHoldNumber(source) {
		return sourceOf{}, false
	}
	if len(q.sources) >= maxSources {
		clear(q.sources)
	}
	q.sources[source] = sourceOf{source, lab}
	return q.sources[source], true
}

func (q *quickDoor) dataOf(a *attributes) bool {
	written, ok := q.objectOf(a.kind.shape, &a.values)
	if !ok {
		return false
	}
	a.data = q.bytes.take(written.to - written.from)
	copy(a.data, q.written[written.from:written.to])
	return true
}
