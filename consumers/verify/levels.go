package verify

import (
	"slices"
	"strings"

	"vitrine/schemas"
)

// last figures are the last amount said in the period, else the period's before, up to now's.
func (c calendar) last(indicator *schemas.Indicator, facts []fact) series {
	byPeriod := c.byPeriod(facts)
	if len(byPeriod) == 0 {
		return nil
	}
	out := series{}
	var level Amount
	for p := earliest(byPeriod); p <= c.now(); p++ {
		if said := byPeriod[p]; len(said) > 0 {
			level = newest(said)
		}
		out[p] = figure{numerator: level}
		if indicator.Age {
			out[p] = figure{numerator: whole(int64(min(c.end(p), c.asOf))).minus(level)}
		}
	}
	return out
}

// newest is the amount said last; where one event says it twice, the higher.
func newest(said []fact) Amount {
	last := slices.MaxFunc(said, compareFacts)
	level := last.amount
	for _, f := range said {
		if compareFacts(f, last) == 0 {
			level = highest(level, f.amount)
		}
	}
	return level
}

// states counts what is active at the end of each period, by segment.
func (c calendar) states(indicator *schemas.Indicator, facts []fact) map[string]series {
	out := map[string]series{}
	different := map[period]map[string]bool{} // segments of the dimension counted
	for _, facts := range groupBy(c.known(facts), func(f fact) uint32 { return f.ref }) {
		r := referenceOf(facts)
		for p := c.of(r.begun); p <= c.now(); p++ {
			active := r.activeAt(c.end(p))
			if indicator.Counts != "" {
				if different[p] == nil {
					different[p] = map[string]bool{}
				}
				for _, segment := range active {
					if strings.HasPrefix(segment, indicator.Counts+"=") {
						different[p][segment] = true
					}
				}
				continue
			}
			for _, segment := range r.segments {
				if out[segment] == nil {
					out[segment] = series{}
				}
				n := out[segment][p].numerator
				if slices.Contains(active, segment) {
					n = n.plus(whole(1))
				}
				out[segment][p] = figure{numerator: n}
			}
		}
	}
	if len(different) > 0 {
		out[""] = series{}
	}
	for p, segments := range different {
		out[""][p] = figure{numerator: whole(int64(len(segments)))}
	}
	return out
}

// reference is one thing that is active or not, e.g. a partnership.
type reference struct {
	turns    []turn // in order
	begun    Day    // when it was first spoken of
	segments []string
}

// turn is an event about a reference: from then on it is active in these segments.
type turn struct {
	at     int64
	seq    uint64
	day    Day
	active []string
}

// referenceOf makes a reference of the facts about it; there must be one at least.
func referenceOf(facts []fact) reference {
	slices.SortStableFunc(facts, compareFacts)
	r := reference{begun: facts[0].day, segments: []string{""}} // and wherever it was ever active
	for _, f := range facts {
		r.begun = min(r.begun, f.day)
		if n := len(r.turns); n == 0 || r.turns[n-1].seq != f.seq {
			r.turns = append(r.turns, turn{at: f.at, seq: f.seq, day: f.day})
		}
		if f.amount == whole(1) {
			t := &r.turns[len(r.turns)-1]
			t.active = append(t.active, f.segment)
			r.segments = append(r.segments, f.segment)
		}
	}
	slices.Sort(r.segments)
	r.segments = slices.Compact(r.segments)
	return r
}

// activeAt are the segments that the last event up to a day left it active in.
func (r reference) activeAt(day Day) []string {
	var active []string
	for _, t := range r.turns {
		if t.day <= day {
			active = t.active
		}
	}
	return active
}
