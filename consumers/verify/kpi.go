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
			for key, series := range o.seriesOf(o.factsOf(lab), grain, asOf) {
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
	if denominator := f.appendDenominator(nil, indicator); denominator != nil {
		text := string(denominator)
		k.Denominator = &text
	}
	if value := f.appendValue(nil, indicator); value != nil {
		text := string(value)
		k.Value = &text
	}
	return k
}

// figure is what a figure is worked out from.
type figure struct{ numerator, denominator Amount }

// appendDenominator writes the denominator; only ratios have one.
func (f figure) appendDenominator(out []byte, i *schemas.Indicator) []byte {
	if i.Aggregation != schemas.AggRatio {
		return out
	}
	return f.denominator.append(out)
}

// appendValue writes the value; a ratio without anything to divide by has none.
func (f figure) appendValue(out []byte, i *schemas.Indicator) []byte {
	switch {
	case i.Aggregation != schemas.AggRatio:
		return appendQuotient(out, f.numerator, 1, whole(i.Scale))
	case f.denominator.isZero():
		return out
	case i.Percent():
		return appendQuotient(out, f.numerator, 100, f.denominator)
	default:
		return appendQuotient(out, f.numerator, 1, f.denominator)
	}
}

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

// seriesOf are all the figures that a lab's facts give, one series for each indicator and segment.
func (o *Oracle) seriesOf(facts map[string][]fact, grain Grain, asOf Day) map[seriesKey]series {
	c := calendar{grain, asOf}
	out := map[seriesKey]series{}
	for code, facts := range facts {
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

// labFacts are a lab's facts by indicator.
type labFacts struct {
	lab   string
	facts map[string][]fact
}

// factsOf are what a lab's live events contribute, by indicator: one fact for each slot, reference and day.
// They must not be changed.
func (o *Oracle) factsOf(lab string) map[string][]fact {
	if o.latest.lab != lab {
		o.latest = labFacts{lab, o.addedUp(lab)}
	}
	return o.latest.facts
}

func (o *Oracle) addedUp(lab string) map[string][]fact {
	l, known := o.labs[lab]
	if !known {
		return nil
	}
	items := newItems(o)
	for v := range l.live() {
		for a := range l.additions(v) {
			items.put(a, v)
		}
	}
	byIndicator := map[string][]fact{}
	for k, place := range items.places {
		item := &items.added[place]
		byIndicator[item.Indicator] = append(byIndicator[item.Indicator],
			fact{o.slots.values[k.slot], k.ref, k.day, item.Amount, item.At, item.Seq})
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
		k := key(f)
		out[k] = append(out[k], f)
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
