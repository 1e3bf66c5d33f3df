// Package load makes the events that Vitrine's benchmarks run on: many labs, a plausible mix of kinds, in an
// order like that of a real stream. It is a pure function of its [Config]: the same configuration gives the same
// bytes, and message i can be made without those before it.
package load

import (
	"fmt"
	"iter"
	"time"

	"vitrine/schemas"
)

// Shape is the order in which events arrive.
type Shape string

// The shapes.
const (
	// Recent is a programme's ordinary stream: most events are hours old when they are sent, 3 % up to two years.
	Recent Shape = "recent"
	// Backfill is a history of two years, shuffled: the worst order for whatever is kept by lab and day.
	Backfill Shape = "backfill"
)

// What is mixed into the labs' events, in parts of 10,000.
const (
	duplicates  = 100 // the same bytes as another message
	corrections = 50  // a higher revision of an event sent before: 6 in 10 change figures, 3 the month, 1 retracts it
	imported    = 3000
	late        = 300 // sent up to two years after they happened (Recent)
)

// sendingTime is over how long a Recent load was sent by default.
const sendingTime = 72 * time.Hour

// Config says which load.
type Config struct {
	// Labs is how many labs send, from 1 to 9,999. They are named lab-0001 and so on; larger ones send more.
	Labs int
	// Events is how many messages the labs send, at least 1. Each lab's registration and agreement come before these.
	Events int
	// Seed tells loads of the same size apart.
	Seed uint64
	// Shape is Recent by default.
	Shape Shape
	// Until is when the last event is sent; nothing happens later.
	Until time.Time
	// Over is how long the labs have sent when the last event of a Recent load is, evenly: 1 hour to 3 years; 72 hours by default.
	Over time.Duration
}

// Load is a sequence of messages. It is immutable: goroutines may share it.
type Load struct {
	Config
	until      int64 // Unix seconds
	days       calendar
	labs       []lab
	companies  []string // SIRENs
	dispatcher [1000]*kind
}

// Message is one event as it stands on the stream.
type Message struct {
	Subject string
	Data    []byte // CloudEvents' structured JSON
}

// New checks the configuration and prepares what messages are made of.
func New(c Config) (*Load, error) {
	if c.Shape == "" {
		c.Shape = Recent
	}
	if c.Over == 0 {
		c.Over = sendingTime
	}
	switch {
	case c.Labs < 1 || c.Labs > 9999:
		return nil, fmt.Errorf("load: %d labs, expected 1 to 9,999", c.Labs)
	case c.Events < 1:
		return nil, fmt.Errorf("load: %d events, expected at least 1", c.Events)
	case c.Shape != Recent && c.Shape != Backfill:
		return nil, fmt.Errorf("load: shape %q, expected recent or backfill", c.Shape)
	case c.Over < time.Hour || c.Over > 3*366*24*time.Hour:
		return nil, fmt.Errorf("load: over %s, expected an hour to three years", c.Over)
	case c.Until.Year() < 2010 || c.Until.Year() > 2100:
		return nil, fmt.Errorf("load: until %s, expected a time from 2010 to 2100", c.Until.Format(time.RFC3339))
	}
	l := &Load{Config: c, until: c.Until.Unix()}
	var err error
	if l.days, err = newCalendar(c.Until, c.Over); err != nil {
		return nil, err
	}
	l.labs = newLabs(c.Labs)
	l.companies = newCompanies(4000)
	n := 0
	for i := range kinds() {
		k := kinds()[i]
		k.subject = schemas.Subject("*", k.name)
		for range k.perMille {
			l.dispatcher[n] = &k
			n++
		}
	}
	return l, nil
}

// Len is how many messages there are: two of each lab, then Config.Events.
func (l *Load) Len() int { return 2*len(l.labs) + l.Events }

// Distinct is how many different events there are among the messages, by lab and id.
func (l *Load) Distinct() int {
	n := 2 * len(l.labs)
	for i := range l.Events {
		if !l.isRepeat(i) {
			n++
		}
	}
	return n
}

// All gives the messages in the order in which they are sent. A message's Data hold until the next one is asked for.
func (l *Load) All() iter.Seq[Message] {
	return func(yield func(Message) bool) {
		var buffer []byte
		for i := range l.Len() {
			var m Message
			m.Subject, buffer = l.Append(buffer[:0], i)
			m.Data = buffer
			if !yield(m) {
				return
			}
		}
	}
}

// Append appends message i, from 0 to Len()-1, to a buffer; it gives the message's subject and the longer buffer.
func (l *Load) Append(b []byte, i int) (subject string, _ []byte) {
	if i < 2*len(l.labs) {
		return l.programme(b, i)
	}
	return l.sent(b, i-2*len(l.labs))
}

// sent is the n-th message of the labs: mostly an event of its own, else one sent before, again or corrected.
func (l *Load) sent(b []byte, n int) (string, []byte) {
	r := l.random(n, forOrder)
	switch p := r.below(10_000); {
	case p < duplicates && n > 0: // again soon, as after a lost acknowledgement, or much later
		return l.sent(b, l.earlier(&r, n, 500))
	case p < duplicates+corrections && n > 0:
		first := l.earlier(&r, n, 50_000)
		for l.isRepeat(first) {
			first--
		}
		return l.event(b, first, n-first)
	}
	return l.event(b, n, 0)
}

// isRepeat says that the n-th message isn't an event of its own; the first one is.
func (l *Load) isRepeat(n int) bool {
	r := l.random(n, forOrder)
	return n > 0 && r.below(10_000) < duplicates+corrections
}

// earlier is a message before the n-th: nine times in ten one of the last so many.
func (l *Load) earlier(r *random, n, last int) int {
	if r.below(10) == 0 {
		return r.below(n)
	}
	return n - 1 - r.below(min(n, last))
}
