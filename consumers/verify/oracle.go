package verify

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"vitrine/schemas"
)

// Message is a message of the stream of events.
type Message struct {
	Seq     uint64
	Subject string
	// Stored is when JetStream stored it.
	Stored time.Time
	Data   []byte
}

// Oracle computes every figure from a list of messages, in memory: some 150 bytes an event, of processor time 25 µs a message, 20 of
// which for the door, which [Verify] asks on all cores at once. It isn't safe for concurrent use.
type Oracle struct {
	catalogue *schemas.Catalogue
	rules     map[string][]rule
	zone      *time.Location // the programme's
	labs      map[string]*lab
	rejected  map[uint64]string // code by sequence
	accepted  int

	// Contributions repeat the same few names and references; they are kept once.
	slots   table[slot]
	refs    table[string]
	kinds   table[string]
	lastSeq uint64

	latest labFacts // of the lab that was asked for last, until the next message

	// Of the event at hand, to be used again for the next.
	contributed []contribution
	packing     []byte
}

// slot is what contributions are told apart by besides day and reference.
type slot struct {
	indicator string
	part      Part
	fn        Fn
	segment   string
}

// NewOracle computes by a catalogue. zone is the programme's, for labs that aren't registered.
func NewOracle(catalogue *schemas.Catalogue, zone *time.Location) *Oracle {
	o := &Oracle{catalogue: catalogue, rules: rulesOf(catalogue), zone: zone, labs: map[string]*lab{}, rejected: map[uint64]string{}}
	o.refs.number("") // most contributions have none: it is 0
	return o
}

// Add takes the stream's next message. It is accepted or rejected, never neither; the error is for
// messages out of order alone, which no verdict may rest on.
func (o *Oracle) Add(m Message) error { return o.take(judge(m)) }

// judged is a message with the door's verdict.
type judged struct {
	Message
	event *schemas.Event
	err   error
	sums
}

// judge reads a message. It depends on nothing else, so that several may be read at once.
func judge(m Message) judged {
	j := judged{Message: m}
	if j.event, j.err = schemas.Decode(m.Data, m.Stored); j.err != nil {
		return j
	}
	if m.Subject != schemas.Subject(j.event.Lab(), j.event.Kind()) {
		j.err = refused(schemas.CodeWrongSubject)
		return j
	}
	j.sums = sumsOf(j.event, m.Stored)
	return j
}

// take enters the stream's next message.
func (o *Oracle) take(j judged) error {
	if j.Seq <= o.lastSeq {
		return fmt.Errorf("oracle: message %d after %d: expected the stream's order", j.Seq, o.lastSeq)
	}
	o.lastSeq, o.latest = j.Seq, labFacts{}
	if j.err == nil {
		j.err = o.accept(j)
	}
	if j.err != nil {
		var invalid *schemas.Invalid
		if !errors.As(j.err, &invalid) {
			return fmt.Errorf("oracle: message %d: %w", j.Seq, j.err)
		}
		o.rejected[j.Seq] = invalid.Problems[0].Code
		return nil
	}
	o.accepted++
	return nil
}

const kindRegistered = "lab.registered"

func (o *Oracle) accept(j judged) error {
	e := j.event
	l := o.labs[e.Lab()]
	if l == nil {
		l = newLab()
	}
	zone := cmp.Or(l.zone, o.zone)
	registers := e.Kind() == kindRegistered && !e.Retracted // a retraction names no zone
	if registers {
		var err error
		if zone, err = o.zoneOf(e); err != nil {
			return err
		}
		if l.zone != nil && l.zone.String() != zone.String() {
			return refused(schemas.CodeOrder)
		}
	}
	now := occurrenceOf(e, zone)
	o.contributed = o.contributed[:0]
	if !e.Retracted {
		all, err := contributions(o.contributed, o.rules[now.kind], &now)
		if err != nil {
			return refused(schemas.CodeRange)
		}
		o.contributed = all
	}
	if registers {
		l.zone = zone
	}
	o.labs[e.Lab()] = l
	v := version{
		seq: j.Seq, at: now.start, revision: uint32(e.Revision), kind: uint16(o.kinds.number(now.kind)), day: now.day,
		retracted: e.Retracted, content: j.content, derived: j.derived,
	}
	if err := l.add(e.ID, v, o.pack(v.day, o.contributed)); err != nil {
		return fmt.Errorf("lab %s: %w", e.Lab(), err)
	}
	if kind, _ := schemas.KindByName(now.kind); kind.Programme && !e.Retracted {
		l.charters[j.Seq] = charter{
			lab: now.lab, kind: now.kind, id: e.ID, day: now.day, revision: uint32(e.Revision), seq: j.Seq,
			received: j.Stored.UnixMilli(), data: e.Data,
		}
	}
	return nil
}

func refused(code string) error {
	return &schemas.Invalid{Problems: []schemas.Problem{{Code: code}}}
}

// zoneOf is the zone that a registration asks for.
func (o *Oracle) zoneOf(e *schemas.Event) (*time.Location, error) {
	name := e.Values.Code("zone")
	if name == "" {
		return o.zone, nil
	}
	return time.LoadLocation(name)
}

// Accepted is how many messages were accepted.
func (o *Oracle) Accepted() int { return o.accepted }

// Rejected gives the code of each rejected message by its sequence.
func (o *Oracle) Rejected() map[uint64]string { return maps.Clone(o.rejected) }

// Labs are the labs that events were accepted of, sorted.
func (o *Oracle) Labs() []string { return slices.Sorted(maps.Keys(o.labs)) }

// Live gives the latest version of each event of a lab that isn't retracted, in no order.
func (o *Oracle) Live(lab string) iter.Seq[Live] {
	return func(yield func(Live) bool) {
		l := o.labs[lab]
		if l == nil {
			return
		}
		for id, head := range l.ids {
			if v := l.version(l.latest(head)); !v.retracted && !yield(o.liveOf(lab, id, v)) {
				return
			}
		}
	}
}

func (o *Oracle) liveOf(lab string, id uuid.UUID, v *version) Live {
	return Live{lab, id, o.kinds.values[v.kind], v.day, v.revision, v.seq}
}

// Live is a version of an event: the latest where it stands in the live events.
type Live struct {
	Lab      string
	ID       uuid.UUID
	Kind     string
	Day      Day
	Revision uint32
	Seq      uint64
}

// table numbers different values as they come.
type table[T comparable] struct {
	numbers map[T]uint32
	values  []T
}

func (t *table[T]) number(v T) uint32 {
	if n, known := t.numbers[v]; known {
		return n
	}
	if t.numbers == nil {
		t.numbers = map[T]uint32{}
	}
	n := uint32(len(t.values))
	t.numbers[v], t.values = n, append(t.values, v)
	return n
}
