package verify

import (
	"math/big"
	"slices"

	"vitrine/schemas"
)

// commitment is what a lab promised for one indicator, or one segment of it.
type commitment struct {
	agreement          string
	number             int // from 1, in the agreement's order
	indicator, segment string
	target             *big.Rat
	baseline           *big.Rat // nil: none
	from, due          Day
	mode, every        string
	steps              []point
}

// point is what should be reached by the end of a day.
type point struct {
	day   Day
	value *big.Rat
}

// commitments are a lab's, of all its agreements.
func (o *Oracle) commitments(lab string) []commitment {
	var out []commitment
	for _, a := range o.agreements(lab) {
		for i, c := range a.Commitments {
			next := commitment{
				agreement: a.Agreement, number: i + 1, indicator: c.Indicator, segment: c.Segment, target: exactly(c.Target),
				from: dayIn(c.From), due: dayIn(c.Due), mode: c.Mode, every: c.Every,
			}
			if c.Baseline != nil {
				next.baseline = exactly(*c.Baseline)
			}
			for _, s := range c.Steps {
				next.steps = append(next.steps, point{dayIn(s.By), exactly(s.Value)})
			}
			out = append(out, next)
		}
	}
	return out
}

func exactly(d schemas.Decimal) *big.Rat { return fraction(micros(d.Micros())) }

// dayIn reads a day that the door has checked.
func dayIn(s string) Day {
	day, _ := parseDay(s)
	return day
}

// window is the days that a commitment is measured over, as of a day: start and stop count. finish is
// the last day of it all.
type window struct{ start, stop, finish Day }

func (c commitment) window(asOf Day) window {
	stop := min(asOf, c.due)
	looked := min(max(asOf, c.from), c.due) // before its first day, the first period is what counts
	if c.mode == "cumulative" {
		return window{c.from, stop, c.due}
	}
	var first, last Day
	switch c.every {
	case "month":
		first, last = Monthly.start(Monthly.of(looked)), Monthly.end(Monthly.of(looked))
	case "quarter":
		first, last = Quarterly.start(Quarterly.of(looked)), Quarterly.end(Quarterly.of(looked))
	default:
		year := looked.Time().Year()
		first, last = date(year, 1, 1), date(year, 12, 31)
	}
	return window{max(c.from, first), stop, min(c.due, last)}
}

// left is how many of its days are still to come.
func (w window) left() int64 { return int64(w.finish - max(w.stop, w.start-1)) }

// passed is how many days have passed; 0 or less before the first.
func (w window) passed() int64 { return int64(w.stop-w.start) + 1 }

// expected is where a commitment should stand at the end of its window, before it is rounded: on the
// line from where it began, on the eve of its first day, through its steps, to its target.
func (c commitment) expected(indicator *schemas.Indicator, w window) *big.Rat {
	if indicator != nil {
		level := indicator.Aggregation == schemas.AggRatio || indicator.Direction == "down"
		if indicator.Direction == "cap" || level && c.baseline == nil {
			return c.target
		}
	}
	before := point{w.start - 1, new(big.Rat)}
	if !flows(indicator) && c.baseline != nil {
		before.value = c.baseline
	}
	for _, next := range append(slices.Clip(c.steps), point{w.finish, c.target}) {
		if w.stop < next.day {
			share := big.NewRat(int64(w.stop-before.day), int64(next.day-before.day))
			rise := plus(next.value, new(big.Rat).Neg(before.value))
			return plus(before.value, times(rise, share))
		}
		before = next
	}
	return c.target
}

// flows says whether an indicator's figure begins at 0 with each window and goes on at its rate.
func flows(i *schemas.Indicator) bool {
	return i != nil && (i.Aggregation == schemas.AggSum || i.Aggregation == schemas.AggDistinct)
}
