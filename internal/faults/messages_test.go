package faults

import (
	"encoding/json"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"strings"
	"time"

	"vitrine/producers/simulator"
	"vitrine/schemas"
)

// message is what the publisher sends.
type message struct {
	subject string
	raw     []byte
	// valid goes through the publisher's door; the rest is published past it, as anybody with credentials may.
	valid bool
	// duplicate says that the very bytes were sent before.
	duplicate bool
	// tooLarge is what the stream itself refuses.
	tooLarge bool
}

// recent is how many of the last events may be sent again or corrected.
const recent = 20_000

// messages are those of the simulated programmes of seed, seed + 1, …, without end, and among them far more
// duplicates, corrections and nonsense than real labs send. The same seed gives the same messages.
func messages(seed uint64) iter.Seq[message] {
	return func(yield func(message) bool) {
		g := &generator{rng: rand.New(rand.NewPCG(seed, 3)), seen: map[uint64]bool{}}
		for ; ; seed++ {
			p, err := simulator.New(simulator.Config{Seed: seed, Until: time.Date(2026, 5, 13, 0, 0, 0, 0, time.UTC), Months: 6, Scale: 3})
			if err != nil {
				panic(err) // a mistake in these lines
			}
			for m := range p.History() {
				if !g.around(m, yield) {
					return
				}
			}
		}
	}
}

type generator struct {
	rng  *rand.Rand
	past []*schemas.Event
	seen map[uint64]bool // hashes of what was sent
}

// around yields a message of the simulator's and, now and then, something of its own after it.
func (g *generator) around(m simulator.Message, yield func(message) bool) bool {
	if !yield(g.mark(message{subject: m.Subject, raw: m.Raw, valid: m.Valid})) {
		return false
	}
	if m.Valid && m.Event.Kind() != "lab.registered" && m.Event.Kind() != "agreement.signed" {
		if len(g.past) < recent {
			g.past = append(g.past, m.Event)
		} else {
			g.past[g.rng.IntN(recent)] = m.Event
		}
	}
	switch dice := g.rng.IntN(1000); {
	case len(g.past) == 0:
		return true
	case dice < 30:
		return yield(g.again(*g.past[g.rng.IntN(len(g.past))]))
	case dice < 70:
		return yield(g.corrected(g.rng.IntN(len(g.past))))
	case dice < 80:
		return yield(g.mark(g.poison()))
	}
	return true
}

func (g *generator) mark(m message) message {
	h := fnv.New64a()
	_, _ = h.Write(m.raw)
	m.duplicate = g.seen[h.Sum64()]
	g.seen[h.Sum64()] = true
	return m
}

func (g *generator) again(e schemas.Event) message {
	raw, err := json.Marshal(&e)
	if err != nil {
		panic(err) // it came from the simulator
	}
	return g.mark(message{subject: schemas.Subject(e.Lab(), e.Kind()), raw: raw, valid: true})
}

// corrected moves an event to another day, retracts it, or sends another version: higher, equal or older.
func (g *generator) corrected(i int) message {
	e := *g.past[i]
	switch g.rng.IntN(5) {
	case 0:
		e.Revision++
		e.Retracted, e.Reason = true, "saisie en double"
	case 1: // the same revision with other content: the later in the stream wins
		e.Time = e.Time.AddDate(0, 0, -1-g.rng.IntN(3))
	case 2:
		e.Revision = max(0, e.Revision-1)
	default:
		e.Revision += int64(1 + g.rng.IntN(3))
		e.Time = e.Time.AddDate(0, 0, -g.rng.IntN(40))
		e.Retracted, e.Reason = false, "date corrigée"
	}
	m := g.again(e)
	if _, err := schemas.Decode(m.raw, time.Date(2026, 5, 13, 0, 0, 0, 0, time.UTC)); err != nil {
		m.valid = false // an event with an end can't just begin another day: it is for the consumer to refuse
	} else {
		g.past[i] = &e
	}
	return m
}

// poison is what must be rejected and must not stop anything.
func (g *generator) poison() message {
	const subject = "vitrine.events.atelier-nord.training.held"
	deep := strings.Repeat(`{"a":[`, 20_000)
	all := []message{
		{subject: subject, raw: nil},
		{subject: subject, raw: []byte("{")},
		{subject: subject, raw: []byte("null")},
		{subject: subject, raw: []byte(deep)},
		{subject: subject, raw: []byte("\xff\xfe{\"specversion\":\"1.0\"}")},
		{subject: subject, raw: []byte(`{"specversion":"1.0","id":1e400}`)},
		{subject: subject, raw: []byte(`{"specversion":"1.0","id":"0190f3a0-0000-7000-8000-000000000001","revision":99999999999999999999}`)},
		{subject: "vitrine.events.x", raw: []byte("{}")},
		{subject: "vitrine.events.nobody.nothing", raw: []byte("{}")},
		{subject: subject, raw: make([]byte, schemas.MaxEventBytes)},
		{subject: subject, raw: make([]byte, 1<<20), tooLarge: true},
	}
	return all[g.rng.IntN(len(all))]
}
