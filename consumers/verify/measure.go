package verify

import (
	"math/big"
	"slices"
	"strings"

	"vitrine/schemas"
)

// measured is what was done towards a commitment.
type measured struct {
	actual *big.Rat // cut at the sixth decimal; nil: it can't be told
	ever   bool     // something was said about it by then, in the window or before
	toCome *big.Rat // what the days left bring at the rate of the last 90
	// The same at the rate of the slowest and of the fastest third of those days; nil: too few have passed, or it doesn't flow.
	atLeast, atMost *big.Rat
}

// trailingDays is how far back the rate of a projection looks.
const trailingDays = 90

// fewestDays is how many days a range needs: thirds of fewer say nothing.
const fewestDays = 30

// measure works out what a lab did towards a commitment. facts are the indicator's, of all segments.
func (c commitment) measure(indicator *schemas.Indicator, facts []fact, w window) measured {
	known := calendar{Daily, w.stop}.known(facts)
	states := takeOut(&known, func(f fact) bool { return f.fn == State })
	own := only(known, func(f fact) bool { return f.segment == c.segment })
	m := measured{ever: len(own) > 0, toCome: new(big.Rat)}
	month := Monthly.start(Monthly.of(w.stop))
	switch {
	case indicator.Aggregation == schemas.AggLast, indicator.Aggregation == schemas.AggStock:
		switch level, said := c.level(indicator, states, own, w.stop); {
		case said:
			m.actual, m.ever = cut(over(fraction(level), number(indicator.Scale))), true
		default:
			m.ever = false
		}
	case indicator.Repeat:
		m.actual = share(indicator, repeats(own, month.addMonths(1-indicator.Months)))
	case indicator.Window == schemas.WindowRolling:
		m.actual = share(indicator, total(from(own, month.addMonths(1-indicator.Months))))
	case indicator.Window == schemas.WindowCumulative:
		m.actual = share(indicator, total(own))
	case indicator.Aggregation == schemas.AggRatio:
		m.actual = share(indicator, total(from(own, w.start)))
	case indicator.Aggregation == schemas.AggMax:
		if within := from(own, w.start); len(within) > 0 {
			m.actual = cut(over(fraction(total(within).numerator), number(indicator.Scale)))
		}
	default:
		if indicator.First {
			own = firsts(own)
		}
		within := from(own, w.start)
		done := total(within).numerator
		m.actual = cut(over(fraction(done), number(indicator.Scale)))
		m.toCome, m.atLeast, m.atMost = toCome(within, w, indicator.Scale)
	}
	return m
}

// toCome is what the days left bring: at the rate of the last 90 (or of the window's, if they are fewer), and at those
// of the slowest and the fastest third of them.
func toCome(within []fact, w window, scale int64) (all, least, most *big.Rat) {
	if w.left() == 0 {
		return new(big.Rat), new(big.Rat), new(big.Rat)
	}
	days := min(trailingDays, w.passed())
	if days <= 0 {
		return new(big.Rat), nil, nil
	}
	brought := func(newest, oldest int64) *big.Rat { // days back from the last; newest counts, oldest doesn't
		if oldest == newest {
			return new(big.Rat)
		}
		done := total(until(within, w.stop-Day(newest))).numerator.minus(total(until(within, w.stop-Day(oldest))).numerator)
		return cut(over(times(fraction(done), number(w.left())), number(scale*(oldest-newest))))
	}
	all = brought(0, days)
	if days < fewestDays {
		return all, nil, nil
	}
	for third := range int64(3) {
		rate := brought(days*third/3, days*(third+1)/3)
		if least == nil || less(rate, least) {
			least = rate
		}
		if most == nil || less(most, rate) {
			most = rate
		}
	}
	return all, least, most
}

// level is a last value or a stock at the end of a day; said is false if nothing was.
func (c commitment) level(indicator *schemas.Indicator, states, said []fact, stop Day) (level Amount, any bool) {
	if len(states) == 0 {
		if len(said) == 0 {
			return Amount{}, false
		}
		level = newest(said)
		if indicator.Age {
			level = whole(int64(stop)).minus(level)
		}
		return level, true
	}
	active, different := 0, map[string]bool{}
	for _, facts := range groupBy(states, func(f fact) uint32 { return f.ref }) {
		r := referenceOf(facts)
		if c.segment != "" && (indicator.Counts != "" || !slices.Contains(r.segments, c.segment)) {
			continue
		}
		any = true
		now := r.activeAt(stop)
		if slices.Contains(now, c.segment) {
			active++
		}
		for _, segment := range now {
			if strings.HasPrefix(segment, indicator.Counts+"=") {
				different[segment] = true
			}
		}
	}
	if indicator.Counts != "" {
		active = len(different)
	}
	return whole(int64(active)), any
}

// repeats is the references seen in two or more quarters that begin on a day or later, and those seen at all.
func repeats(facts []fact, since Day) figure {
	quarters := map[uint32]map[period]bool{}
	for _, f := range facts {
		quarter := Quarterly.of(f.day)
		if f.part != Denominator || Quarterly.start(quarter) < since {
			continue
		}
		if quarters[f.ref] == nil {
			quarters[f.ref] = map[period]bool{}
		}
		quarters[f.ref][quarter] = true
	}
	again := int64(0)
	for _, seen := range quarters {
		if len(seen) >= 2 {
			again++
		}
	}
	return figure{whole(again), whole(int64(len(quarters)))}
}

// share is a ratio's value, nil where there is nothing to divide by.
func share(indicator *schemas.Indicator, f figure) *big.Rat {
	if f.denominator.isZero() {
		return nil
	}
	value := over(fraction(f.numerator), fraction(f.denominator))
	if indicator.Percent() {
		value = times(value, number(100))
	}
	return cut(value)
}

func total(facts []fact) figure {
	var t tally
	for _, f := range facts {
		t.add(f)
	}
	return t.figure()
}

// firsts are the facts of each reference's first day.
func firsts(facts []fact) []fact {
	first := map[uint32]fact{}
	for _, f := range facts {
		if before, seen := first[f.ref]; !seen || f.day < before.day {
			first[f.ref] = f
		}
	}
	var out []fact
	for _, f := range first {
		out = append(out, f)
	}
	return out
}

func from(facts []fact, day Day) []fact {
	return only(facts, func(f fact) bool { return f.day >= day })
}

func until(facts []fact, day Day) []fact {
	return only(facts, func(f fact) bool { return f.day <= day })
}

func only(facts []fact, match func(fact) bool) []fact {
	var out []fact
	for _, f := range facts {
		if match(f) {
			out = append(out, f)
		}
	}
	return out
}
