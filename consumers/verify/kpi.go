package verify

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"vitrine/schemas"
)

// KPI is an indicator's figure over a period.
type KPI struct {
	Lab       string
	Indicator string
	Segment   string
	Grain     Grain
	Start     Day // the period's first day
	Numerator Amount
	// Denominator and Value are decimals as ClickHouse writes them; nil where there is none.
	Denominator, Value *string
}

// KPIs gives every figure by periods of a grain as it stood on a day, lab by lab.
func (o *Oracle) KPIs(grain Grain, asOf Day) iter.Seq[KPI] {
	return func(yield func(KPI) bool) {
		for _, lab := range o.Labs() {
			for key, series := range o.seriesOf(lab, grain, asOf) {
				indicator, _ := o.catalogue.Lookup(key.indicator)
				for _, p := range slices.Sorted(maps.Keys(series)) {
					if !yield(kpiOf(lab, key, indicator, grain, p, series[p])) {
						return
					}
				}
			}
		}
	}
}

func kpiOf(lab string, key seriesKey, indicator *schemas.Indicator, grain Grain, p period, f figure) KPI {
	k := KPI{Lab: lab, Indicator: key.indicator, Segment: key.segment, Grain: grain, Start: grain.start(p), Numerator: f.numerator}
	if indicator.Aggregation != schemas.AggRatio {
		value := quotient(f.numerator, 1, whole(indicator.Scale))
		k.Value = &value
		return k
	}
	denominator := f.denominator.String()
	k.Denominator = &denominator
	if !f.denominator.isZero() {
		times := int64(1)
		if indicator.Percent() {
			times = 100
		}
		value := quotient(f.numerator, times, f.denominator)
		k.Value = &value
	}
	return k
}

// figure is what a figure is worked out from.
type figure struct{ numerator, denominator Amount }

// series is an indicator's figures for one segment.
type series map[period]figure

type seriesKey struct{ indicator, segment string }

// fact is what the live events contribute to one thing on one day; at and seq are those of the latest.
type fact struct {
	slot
	ref    uint32
	day    Day
	amount Amount
	at     int64
	seq    uint64
}

// calendar is what periods are counted by, and the day beyond which nothing is known.
type calendar struct {
	Grain
	asOf Day
}

// now is the period of asOf.
func (c calendar) now() period { return c.of(c.asOf) }

// seriesOf are all the figures of a lab, one series for each indicator and segment.
func (o *Oracle) seriesOf(lab string, grain Grain, asOf Day) map[seriesKey]series {
	c := calendar{grain, asOf}
	out := map[seriesKey]series{}
	for code, facts := range o.factsOf(lab) {
		indicator, _ := o.catalogue.Lookup(code)
		states := takeOut(&facts, func(f fact) bool { return f.fn == State })
		for segment, facts := range groupBy(facts, func(f fact) string { return f.segment }) {
			if s := c.seriesOfSegment(indicator, facts); len(s) > 0 {
				out[seriesKey{code, segment}] = s
			}
		}
		for segment, s := range c.states(indicator, states) {
			out[seriesKey{code, segment}] = s
		}
	}
	return out
}

// factsKept is how many facts are kept for the next who asks, at about 100 bytes each.
const factsKept = 4_000_000

// factsOf are what a lab's live events contribute, by indicator: one fact for each slot, reference and day.
// They must not be changed.
func (o *Oracle) factsOf(lab string) map[string][]fact {
	if facts, kept := o.facts[lab]; kept {
		return facts
	}
	items := map[itemKey]*Item{}
	l := o.labs[lab]
	for v := range l.live() {
		for a := range l.additions(v) {
			o.put(items, a, v)
		}
	}
	byIndicator := map[string][]fact{}
	for k, item := range items {
		byIndicator[item.Indicator] = append(byIndicator[item.Indicator],
			fact{o.slots.values[k.slot], k.ref, k.day, item.Amount, item.At, item.Seq})
	}
	if o.factsHeld += len(items); o.factsHeld <= factsKept {
		o.facts[lab] = byIndicator
	}
	return byIndicator
}

func (c calendar) seriesOfSegment(indicator *schemas.Indicator, facts []fact) series {
	switch {
	case indicator.First:
		return c.first(facts)
	case indicator.Aggregation == schemas.AggLast, indicator.Aggregation == schemas.AggStock:
		return c.last(indicator, c.known(facts))
	case indicator.Window == schemas.WindowCumulative:
		return c.cumulative(c.known(facts))
	case indicator.Window == schemas.WindowRolling && c.Grain == Daily:
		return nil // a day has no such figure
	case indicator.Repeat:
		return c.repeat(indicator.Months, c.known(facts))
	case indicator.Window == schemas.WindowRolling:
		return c.rolling(indicator.Months, c.known(facts))
	default:
		return c.periodic(facts)
	}
}

// known are the facts of days up to asOf.
func (c calendar) known(facts []fact) []fact {
	return slices.Collect(func(yield func(fact) bool) {
		for _, f := range facts {
			if f.day <= c.asOf && !yield(f) {
				return
			}
		}
	})
}

func (c calendar) byPeriod(facts []fact) map[period][]fact {
	return groupBy(facts, func(f fact) period { return c.of(f.day) })
}

// groupBy keeps the order within each group.
func groupBy[K comparable](facts []fact, key func(fact) K) map[K][]fact {
	out := map[K][]fact{}
	for _, f := range facts {
		out[key(f)] = append(out[key(f)], f)
	}
	return out
}

// takeOut gives what matches, and leaves the rest in facts. What facts was made of stays as it is.
func takeOut(facts *[]fact, match func(fact) bool) []fact {
	out := only(*facts, match)
	if len(out) > 0 {
		*facts = only(*facts, func(f fact) bool { return !match(f) })
	}
	return out
}

// compareFacts orders facts by time, then by place in the stream.
func compareFacts(a, b fact) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq)) }
