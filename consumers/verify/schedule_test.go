package verify

import (
	"fmt"
	"strings"
)

// schedule is what happens to a few labs: the events in the order in which the stream gets them, and
// what the consumers do meanwhile. It ends with everything counted by whoever is still alive.
type schedule struct {
	events []sent
	steps  []step
	// free is the most messages in a batch when the consumers run freely in the end; 0 is 3.
	free int
}

// step is one thing that happens. Consumers 0 to 2 work on the same messages; one that doesn't exist,
// or that died, is made (anew) when it is named.
type step struct {
	who int
	do  string
	n   int
}

// What a step does. A consumer that is told to do something with a batch and has none takes two
// messages first; one that is told to fetch finishes its batch first.
const (
	stepSend    = "send"   // n events get into the stream
	stepFetch   = "fetch"  // the consumer takes up to n messages; events are sent if none are there
	stepGoOn    = "go on"  // it does the next n protocol steps of its batch, or finishes it
	stepDie     = "die"    // it does n protocol steps and dies before the next
	stepVanish  = "vanish" // it does n protocol steps, and dies when the next is done, without knowing that it is
	stepTear    = "tear"   // it does n protocol steps, and dies with half of the next one's rows or acknowledgements through
	stepRead    = "read"   // it goes on to settle (n is 0) or recompute (1), reads, and waits before it writes
	stepExpire  = "expire" // AckWait passes for what it has in hand, dead or alive: that is delivered again
	stepReplay  = "replay" // everything in the stream goes through a replay, n messages at a time
	consumers   = 3        // at most
	protocolMax = 9        // steps of the protocol after fetch
)

// schedules are tried together: their labs are different ones.
type schedules []schedule

// GoString writes them as they stand in TestKnownSchedules.
func (all schedules) GoString() string {
	var b strings.Builder
	for _, s := range all {
		b.WriteString(s.GoString())
	}
	return b.String()
}

func (s schedule) GoString() string {
	var b strings.Builder
	b.WriteString("\n{\"NAME\", schedule{")
	if s.free != 0 {
		fmt.Fprintf(&b, "free: %d, ", s.free)
	}
	b.WriteString("events: []sent{\n")
	for _, e := range s.events {
		fmt.Fprintf(&b, "\t%#v,\n", e)
	}
	b.WriteString("}, steps: []step{\n")
	for _, st := range s.steps {
		fmt.Fprintf(&b, "\t{%d, %q, %d},\n", st.who, st.do, st.n)
	}
	b.WriteString("}}},\n")
	return b.String()
}

// GoString leaves out what isn't given.
func (s sent) GoString() string {
	var parts []string
	add := func(given bool, format string, v any) {
		if given {
			parts = append(parts, fmt.Sprintf(format, v))
		}
	}
	add(s.lab != "", "lab: %q", s.lab)
	add(s.id != 0, "id: %d", s.id)
	add(s.kind != "", "kind: %q", s.kind)
	add(s.time != "", "time: %q", s.time)
	add(s.data != "", "data: `%s`", s.data)
	add(s.revision != 0, "revision: %d", s.revision)
	add(s.retracted, "retracted: %t", s.retracted)
	add(s.subject != "", "subject: %q", s.subject)
	add(s.astray, "astray: %t", s.astray)
	return "{" + strings.Join(parts, ", ") + "}"
}
