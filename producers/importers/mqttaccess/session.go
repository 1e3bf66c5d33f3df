package mqttaccess

import (
	"slices"
	"time"
)

const (
	// again is within which a message that says the same is taken for one delivered again (MQTT QoS 1).
	again = 2 * time.Minute
	// slack is how much a start and the same start computed from a stop may differ: the network's
	// delay, and clocks of controllers.
	slack = 3 * time.Minute
	// replayAgain is within which a replayed stop that is as long, to the second, as one that came
	// through is taken for that one.
	replayAgain = 24 * time.Hour
	// keepClosed and keepOpen are how long sessions are remembered, maxKept how many of a machine.
	keepClosed = 8 * 24 * time.Hour
	keepOpen   = 30 * 24 * time.Hour
	maxKept    = 64
)

// memory is what is known of one machine: times, and nothing of persons.
type memory struct {
	// Open are the sessions whose stop hasn't come, by start.
	Open []running `json:"open,omitempty"`
	// Closed are the usages told lately, so that a message delivered again gives the same one.
	Closed []usage `json:"closed,omitempty"`
}

type running struct {
	Start time.Time `json:"start"`
	// Seen is the last sign of it.
	Seen time.Time `json:"seen"`
	// Missed says that somebody was told that its stop is missing.
	Missed bool `json:"missed,omitempty"`
}

type usage struct {
	// At is when its stop came: with the length, what the event's id is made of.
	At     time.Time     `json:"at"`
	Length time.Duration `json:"length"`
	Start  time.Time     `json:"start"`
	End    time.Time     `json:"end"`
	// Adrift says that only its length is known: it ended at some time before At.
	Adrift bool `json:"adrift,omitempty"`
	Replay bool `json:"replay,omitempty"`
}

// hear takes in a message received at a time, and says the usage that it gives or changes, if any.
// The order of the messages may be off, and each may come again. ok is false if a stop has no length.
func (m *memory) hear(at time.Time, s said) (told *usage, ok bool) {
	m.forget(at)
	switch {
	case s.action == stopUse:
		return m.stop(at, s)
	case s.replay:
		// When it was isn't known; the stop will tell how long it was.
		return nil, true
	case s.action == startUse:
		return m.begin(at, at, true), true
	case s.timed:
		return m.begin(at.Add(-s.ran), at, false), true
	}
	m.sign(at)
	return nil, true
}

// begin takes in that a session which started then, which its first message tells or a later sign,
// was going on at a time. Where its stop came before this message did, the usage may find its place now.
func (m *memory) begin(start, seen time.Time, first bool) *usage {
	for i := range m.Closed {
		u := &m.Closed[i]
		if !u.Adrift && !start.Before(u.Start.Add(-slack)) && !seen.After(u.End) {
			return nil // its own start, late
		}
		if u.Adrift && !seen.After(u.At) && !start.Add(u.Length).After(u.At.Add(slack)) {
			u.Start, u.End, u.Adrift = start, start.Add(u.Length), false
			return u
		}
	}
	for i := range m.Open {
		r := &m.Open[i]
		if start.Sub(r.Start).Abs() <= slack && !m.stopped(r.Start, start) {
			if start.Before(r.Start) {
				r.Start = start
			}
			if seen.After(r.Seen) {
				r.Seen = seen
			}
			return nil
		}
	}
	if !first && slices.ContainsFunc(m.Closed, func(u usage) bool {
		return !u.Adrift && start.Sub(u.Start).Abs() <= slack && seen.Sub(start) <= u.Length
	}) {
		return nil // a sign of a session that is over, which the network held up
	}
	m.Open = append(m.Open, running{Start: start, Seen: seen})
	slices.SortFunc(m.Open, func(a, b running) int { return a.Start.Compare(b.Start) })
	m.Open = m.Open[max(0, len(m.Open)-maxKept):]
	return nil
}

// stopped says whether a usage ended between two moments.
func (m *memory) stopped(a, b time.Time) bool {
	if b.Before(a) {
		a, b = b, a
	}
	return slices.ContainsFunc(m.Closed, func(u usage) bool { return !u.Adrift && u.End.After(a) && u.End.Before(b) })
}

// sign takes in a sign of the session that was going on at a time.
func (m *memory) sign(at time.Time) {
	for i := len(m.Open) - 1; i >= 0; i-- {
		if r := &m.Open[i]; !r.Start.After(at) {
			if at.After(r.Seen) {
				r.Seen = at
			}
			return
		}
	}
}

func (m *memory) stop(at time.Time, s said) (told *usage, ok bool) {
	if !s.timed {
		// The start tells how long it was; the stop may have come before.
		if j := slices.IndexFunc(m.Closed, func(u usage) bool { return at.Sub(u.At).Abs() <= again && !m.startedBetween(at, u.At) }); j >= 0 {
			return &m.Closed[j], true
		}
		i := m.last(at)
		if s.replay || i < 0 {
			return nil, false
		}
		s.ran = at.Sub(m.Open[i].Start).Truncate(time.Second)
	}
	if u := m.same(at, s); u != nil {
		return u, true
	}
	u := usage{At: at, Length: s.ran, Start: at.Add(-s.ran), End: at, Replay: s.replay}
	if s.replay {
		if i := m.match(at, s.ran); i >= 0 {
			u.Start, u.End = m.Open[i].Start, m.Open[i].Start.Add(s.ran)
			m.Open = slices.Delete(m.Open, i, i+1)
		} else {
			u.Adrift = true
		}
	} else {
		// A stop ends what ran on the machine: the session that began when it says, and if its clock
		// goes wrong, the last one that began. One that began long before has a stop still to come.
		if i := m.last(at); i >= 0 && at.Sub(m.Open[i].Start) <= 2*s.ran+slack {
			m.Open = slices.Delete(m.Open, i, i+1)
		}
		m.Open = slices.DeleteFunc(m.Open, func(r running) bool { return !r.Start.Before(u.Start.Add(-slack)) && !r.Start.After(at) })
	}
	m.Closed = append(m.Closed, u)
	m.Closed = m.Closed[max(0, len(m.Closed)-maxKept):]
	return &m.Closed[len(m.Closed)-1], true
}

// last is the open session that began last before a time; -1 if there is none.
func (m *memory) last(at time.Time) int {
	for i := len(m.Open) - 1; i >= 0; i-- {
		if !m.Open[i].Start.After(at) {
			return i
		}
	}
	return -1
}

// match is the open session that a replayed stop belongs to: the first one that can have lasted
// that long, since controllers send what they kept in its order; -1 if there is none.
func (m *memory) match(at time.Time, ran time.Duration) int {
	for i, r := range m.Open {
		end := r.Start.Add(ran)
		if end.After(at.Add(slack)) || r.Seen.After(end.Add(slack)) {
			continue
		}
		if i+1 < len(m.Open) && end.After(m.Open[i+1].Start.Add(slack)) {
			continue // the machine was started again before that
		}
		return i
	}
	return -1
}

// same is the usage that a stop has told before; nil if it is another.
func (m *memory) same(at time.Time, s said) *usage {
	for i := range m.Closed {
		u := &m.Closed[i]
		if u.Length != s.ran {
			continue
		}
		apart := at.Sub(u.At).Abs()
		switch {
		case apart == 0:
			return u
		case s.replay != u.Replay && s.replay != at.After(u.At):
			// What came through before it was sent again came earlier.
		case s.replay || u.Replay:
			if apart <= replayAgain && (!s.replay || m.match(at, s.ran) < 0) {
				return u
			}
		case apart < s.ran, apart <= again && !m.startedBetween(at, u.At):
			// Two sessions on one machine can't overlap, so that is the same one.
			return u
		}
	}
	return nil
}

func (m *memory) startedBetween(a, b time.Time) bool {
	if b.Before(a) {
		a, b = b, a
	}
	return slices.ContainsFunc(m.Open, func(r running) bool { return r.Start.After(a) && r.Start.Before(b) })
}

// forget drops what is too old to matter.
func (m *memory) forget(now time.Time) {
	m.Closed = slices.DeleteFunc(m.Closed, func(u usage) bool { return now.Sub(u.At) > keepClosed })
	m.Open = slices.DeleteFunc(m.Open, func(r running) bool { return now.Sub(r.Seen) > keepOpen })
}

// missing are the sessions silent for long that nobody was told of yet; they are marked as told.
func (m *memory) missing(now time.Time) (sessions []running) {
	for i := range m.Open {
		if r := &m.Open[i]; !r.Missed && now.Sub(r.Seen) > StaleAfter {
			r.Missed = true
			sessions = append(sessions, *r)
		}
	}
	return sessions
}
