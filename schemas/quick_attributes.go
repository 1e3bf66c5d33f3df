package schemas

import (
	"bytes"
	"time"

	"github.com/google/uuid"
)

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
	_, ok = plainText(s, defaultMaxLen) // a subject, which nobody reads
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
