// Package simulator makes up two years of a grant programme: fourteen fictional fab labs in real
// French communes, their agreements and everything that they report, mistakes included. Nothing
// in it touches a clock, a network or a file: the same [Config] gives the same bytes.
package simulator

import (
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"vitrine/schemas"
)

// programmeZone is where the programme's own days are cut.
const programmeZone = "Europe/Paris"

// Config says what to simulate.
type Config struct {
	// Seed chooses one of the possible histories.
	Seed uint64
	// Until is the day (in Europe/Paris) at whose beginning the history ends. Required.
	Until time.Time
	// Months is how long the history and an agreement last; 0 means 24, at least 3, at most 120.
	// The storylines are stretched over it.
	Months int
	// Scale multiplies machines, sessions and services, and the targets with them; 0 means 1,
	// which gives what real labs do. At most 1000.
	Scale float64
}

// Programme is a simulated programme. It is immutable, so that any number of goroutines may walk it.
type Programme struct {
	seed   uint64
	scale  float64
	months int
	first  day       // of the history
	until  day       // the day after the history's last
	end    time.Time // the instant at which the history ends
	labs   []Lab
	zones  []*time.Location // by lab
	count  func() Counts
}

// Message is one publication on NATS.
type Message struct {
	// Subject is where it is published; deliberately another lab's in a few invalid messages.
	Subject string
	// Event is what Raw holds; nil if the message is deliberately invalid.
	Event *schemas.Event
	// Raw are the bytes to publish.
	Raw []byte
	// Valid says that the pipeline must accept it.
	Valid bool
	// Published is when the lab publishes it; never before Event.Time, never decreasing but for
	// the registrations and agreements, which come first of all.
	Published time.Time
}

// Counts say what a history holds, and what must remain of it.
type Counts struct {
	Messages    int // all publications
	Events      int // different events (lab and id) among the valid messages
	Corrections int // publications with a higher revision, retractions left out
	Retractions int
	Duplicates  int // publications of the same bytes again
	Invalid     int // publications that must be rejected
	Live        int // events left when the highest revision of each has won
}

// New makes the programme of a configuration. Its errors are mistakes in the configuration, or a
// machine without time-zone data.
func New(c Config) (*Programme, error) {
	if c.Months == 0 {
		c.Months = 24
	}
	if c.Scale == 0 {
		c.Scale = 1
	}
	switch {
	case c.Until.IsZero():
		return nil, fmt.Errorf("simulator: Until: expected a day")
	case c.Months < 3 || c.Months > 120:
		return nil, fmt.Errorf("simulator: Months %d: expected 3 to 120", c.Months)
	case !(c.Scale > 0 && c.Scale <= 1000):
		return nil, fmt.Errorf("simulator: Scale %v: expected above 0, at most 1000", c.Scale)
	}
	paris, err := time.LoadLocation(programmeZone)
	if err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	p := &Programme{seed: c.Seed, scale: c.Scale, months: c.Months, until: dayOf(c.Until.In(paris))}
	p.first = p.until.firstOfMonth().addMonths(-c.Months)
	p.end = p.until.at(paris, 0, 0)
	// The contract takes no event from before 2000, and the oldest registration is half a year older.
	if y, _, _ := p.first.civil(); y < 2001 || p.end.Year() > 2140 {
		return nil, fmt.Errorf("simulator: Until %s: expected a history between 2001 and 2140", p.until)
	}
	p.labs = fictionalLabs()
	for i := range p.labs {
		l := &p.labs[i]
		zone, err := time.LoadLocation(l.Zone)
		if err != nil {
			return nil, fmt.Errorf("simulator: lab %s: %w", l.Slug, err)
		}
		p.zones = append(p.zones, zone)
		p.date(l, zone)
	}
	p.count = sync.OnceValue(p.walkCounts)
	return p, nil
}

// Name tells this programme from those of other configurations; it has no spaces.
func (p *Programme) Name() string {
	return fmt.Sprintf("seed-%d/until-%s/months-%d/scale-%v", p.seed, p.until, p.months, p.scale)
}

// Labs are the programme's labs, in the order of their registration.
func (p *Programme) Labs() []Lab { return slices.Clone(p.labs) }

// Count says what History holds, by walking it once.
func (p *Programme) Count() Counts { return p.count() }

// History is everything published up to the beginning of Config.Until, in order of publication.
func (p *Programme) History() iter.Seq[Message] {
	return func(yield func(Message) bool) {
		for d := range p.drafts() {
			if !yield(d.message()) {
				return
			}
		}
	}
}

// date lays a lab's agreement and turning points into the history.
func (p *Programme) date(l *Lab, zone *time.Location) {
	// The table's months are those of a 24-month programme.
	stretch := func(months int) int { return (months*p.months + 12) / 24 }
	month := p.until.firstOfMonth()
	l.start = month.addMonths(-max(1, stretch(l.monthsAgo)))
	l.end = l.start.addMonths(p.months) - 1
	l.opens, l.stops = l.start, p.until
	switch l.Storyline {
	case StoryNew:
		l.opens = l.start.addMonths(max(1, stretch(4))) + 10
	case StoryUnopened:
		l.opens = month.addMonths(max(1, stretch(3))) + 14
	case StorySilent:
		l.stops = p.until - day(min(94, 94*p.months/24))
		l.SilentSince = l.stops.at(zone, 0, 0)
	}
	l.AgreementStart, l.AgreementEnd = l.start.at(zone, 0, 0), l.end.at(zone, 0, 0)
}
