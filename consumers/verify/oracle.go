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

// Oracle computes every figure from a list of messages, in memory. It takes about 300 bytes an event
// and 24 per contribution; a programme of a thousand labs fits a laptop.
// It isn't safe for concurrent use.
type Oracle struct {
	catalogue *schemas.Catalogue
	zone      *time.Location // the programme's
	labs      map[string]*lab
	rejected  map[uint64]string // code by sequence
	accepted  int

	// Contributions repeat the same few names and references; they are kept once.
	slots   table[slot]
	refs    table[string]
	kinds   table[string]
	lastSeq uint64
}

// lab is what is known of one lab.
type lab struct {
	zone     *time.Location // fixed by the first registration; nil before
	events   map[uuid.UUID]*event
	charters map[uint64]charter // events of the programme's kinds by sequence
}

// event is every accepted version of an event, and what the latest contributes.
type event struct {
	versions []version
	latest   int // index in versions
	adds     []addition
}

// version is one accepted message.
type version struct {
	seq       uint64
	at        int64 // milliseconds
	revision  uint32
	kind      uint32 // in Oracle.kinds
	day       Day
	retracted bool
}

func (v version) newer(o version) bool {
	return v.revision > o.revision || v.revision == o.revision && v.seq > o.seq
}

// addition is a contribution, compactly.
type addition struct {
	slot, ref uint32 // in Oracle.slots and refs
	day       Day
	micros    int64
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
	return &Oracle{catalogue: catalogue, zone: zone, labs: map[string]*lab{}, rejected: map[uint64]string{}}
}

// Add takes the stream's next message. It is accepted or rejected, never neither; the error is for
// messages out of order alone, which no verdict may rest on.
func (o *Oracle) Add(m Message) error {
	if m.Seq <= o.lastSeq {
		return fmt.Errorf("oracle: message %d after %d: expected the stream's order", m.Seq, o.lastSeq)
	}
	o.lastSeq = m.Seq
	if err := o.accept(m); err != nil {
		var invalid *schemas.Invalid
		if !errors.As(err, &invalid) {
			return fmt.Errorf("oracle: message %d: %w", m.Seq, err)
		}
		o.rejected[m.Seq] = invalid.Problems[0].Code
		return nil
	}
	o.accepted++
	return nil
}

const kindRegistered = "lab.registered"

func (o *Oracle) accept(m Message) error {
	e, err := schemas.Decode(m.Data, m.Stored)
	if err != nil {
		return err
	}
	if m.Subject != schemas.Subject(e.Lab(), e.Kind()) {
		return refused(schemas.CodeWrongSubject)
	}
	l := o.labs[e.Lab()]
	if l == nil {
		l = &lab{events: map[uuid.UUID]*event{}, charters: map[uint64]charter{}}
	}
	zone := cmp.Or(l.zone, o.zone)
	registers := e.Kind() == kindRegistered && !e.Retracted // a retraction names no zone
	if registers {
		if zone, err = o.zoneOf(e); err != nil {
			return err
		}
		if l.zone != nil && l.zone.String() != zone.String() {
			return refused(schemas.CodeOrder)
		}
	}
	now := occurrenceOf(e, zone)
	var adds []addition
	if !e.Retracted {
		all, err := contributions(o.catalogue, now)
		if err != nil {
			return refused(schemas.CodeRange)
		}
		adds = o.compact(all)
	}
	if registers {
		l.zone = zone
	}
	o.labs[e.Lab()] = l
	l.add(e.ID, version{
		seq: m.Seq, at: now.start, revision: uint32(e.Revision), kind: o.kinds.number(now.kind), day: now.day, retracted: e.Retracted,
	}, adds)
	if kind, _ := schemas.KindByName(now.kind); kind.Programme && !e.Retracted {
		l.charters[m.Seq] = charter{
			lab: now.lab, kind: now.kind, id: e.ID, day: now.day, revision: uint32(e.Revision), seq: m.Seq,
			received: m.Stored.UnixMilli(), data: e.Data,
		}
	}
	return nil
}

func refused(code string) error {
	return &schemas.Invalid{Problems: []schemas.Problem{{Code: code}}}
}

// zoneOf is the zone that a registration asks for.
func (o *Oracle) zoneOf(e *schemas.Event) (*time.Location, error) {
	name, given := e.Values.Codes["zone"]
	if !given {
		return o.zone, nil
	}
	return time.LoadLocation(name)
}

func (l *lab) add(id uuid.UUID, v version, adds []addition) {
	e := l.events[id]
	if e == nil {
		l.events[id] = &event{versions: []version{v}, adds: adds}
		return
	}
	e.versions = append(e.versions, v)
	if v.newer(e.versions[e.latest]) {
		e.latest, e.adds = len(e.versions)-1, adds
	}
}

func (o *Oracle) compact(all []contribution) []addition {
	adds := make([]addition, len(all))
	for i, c := range all {
		adds[i] = addition{
			slot: o.slots.number(slot{c.indicator, c.part, c.fn, c.segment}),
			ref:  o.refs.number(c.ref), day: c.day, micros: c.amount.Micros(),
		}
	}
	return adds
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
		for id, e := range l.events {
			v := e.versions[e.latest]
			if !v.retracted && !yield(Live{lab, id, o.kinds.values[v.kind], v.day, v.revision, v.seq}) {
				return
			}
		}
	}
}

// live gives the versions that hold, in no order.
func (l *lab) live() iter.Seq[version] {
	return func(yield func(version) bool) {
		for _, e := range l.events {
			if v := e.versions[e.latest]; !v.retracted && !yield(v) {
				return
			}
		}
	}
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

// versionsOf gives every accepted version of a lab's events, in no order, and whether it retracts.
func (o *Oracle) versionsOf(lab string) iter.Seq2[Live, bool] {
	return func(yield func(Live, bool) bool) {
		for id, e := range o.labs[lab].events {
			for _, v := range e.versions {
				if !yield(Live{lab, id, o.kinds.values[v.kind], v.day, v.revision, v.seq}, v.retracted) {
					return
				}
			}
		}
	}
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
