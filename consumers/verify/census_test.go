package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"vitrine/schemas"
)

// Features are what a schedule must have for its comparison to prove something: figures that several
// events make together, and commitments that are judged. A status is one by its name.
const (
	hasCell      = "two events in a cell"
	hasUnion     = "a union of references"
	hasParts     = "both parts of a ratio"
	hasFall      = "a stock that fell"
	hasRepeat    = "a company in two quarters"
	hasPromise   = "a commitment with events of its slice"
	hasAmendment = "an amended agreement"
	hasFrozen    = "an approved period with figures"
	hasAdjusted  = "an approved period with adjustments"
	hasReversal  = "an approval that isn't in force any more"
)

// several begins the features that a figure has to which two events or more contribute: how it adds up follows.
const several = "two events in a figure: "

// nameOf is how an indicator adds up, more closely than its aggregation says.
func nameOf(i *schemas.Indicator) string {
	switch {
	case i.First:
		return "first"
	case i.Repeat:
		return "repeat"
	case i.Window != schemas.WindowPeriod:
		return string(i.Window)
	case i.Age:
		return "age"
	}
	return string(i.Aggregation)
}

// behind is what stands behind a figure.
type behind struct {
	events map[uint64]bool
	refs   map[uint32]map[uint64]bool // the events that have it
	parts  map[Part]bool
}

// features are those of some labs as of a day.
func (o *Oracle) features(labs []string, asOf Day, rules Rules) map[string]bool {
	has := map[string]bool{}
	for _, lab := range labs {
		o.featuresOfCells(has, lab)
		o.featuresOfFigures(has, lab, asOf)
		o.featuresOfPeriods(has, lab)
		facts := o.factsOf(lab)
		for _, s := range o.standings(lab, facts, asOf, rules) {
			has[s.status] = true
			if slices.ContainsFunc(facts[s.indicator], func(f fact) bool { return f.segment == s.segment && f.day <= asOf }) {
				has[hasPromise] = true
			}
		}
		for _, head := range o.labs[lab].ids {
			v := o.labs[lab].version(head)
			if o.kinds.values[v.kind] == kindAgreement && v.before != 0 {
				has[hasAmendment] = true
			}
		}
	}
	return has
}

func (o *Oracle) featuresOfPeriods(has map[string]bool, lab string) {
	forever := date(2100, 1, 1)
	inForce := o.inForce(lab, forever)
	for _, a := range inForce {
		_, ends := (&story{period: a.period}).days()
		has[hasFrozen] = has[hasFrozen] || len(o.snapshotRows(a)) > 0
		has[hasAdjusted] = has[hasAdjusted] || len(o.adjustmentRows(a, ends)) > 0
	}
	has[hasReversal] = has[hasReversal] || len(o.approvals(lab)) > len(inForce)
}

func (o *Oracle) featuresOfCells(has map[string]bool, lab string) {
	events := map[cellKey]int{}
	for v := range o.labs[lab].live() {
		k := cellKey{o.kinds.values[v.kind], v.day}
		if events[k]++; events[k] == 2 {
			has[hasCell] = true
		}
	}
}

func (o *Oracle) featuresOfFigures(has map[string]bool, lab string, asOf Day) {
	type key struct {
		seriesKey
		period
	}
	figures := map[key]behind{}
	l := o.labs[lab]
	for v := range l.live() {
		for a := range l.additions(v) {
			s := o.slots.values[a.slot]
			indicator, _ := o.catalogue.Lookup(s.indicator)
			if a.day > asOf {
				continue
			}
			k := key{seriesKey{s.indicator, s.segment}, Quarterly.of(a.day)}
			if nameOf(indicator) != string(indicator.Aggregation) || s.fn == State || s.fn == Last {
				k.period = 0 // it looks back
			}
			b, seen := figures[k]
			if !seen {
				b = behind{map[uint64]bool{}, map[uint32]map[uint64]bool{}, map[Part]bool{}}
				figures[k] = b
			}
			if b.refs[a.ref] == nil {
				b.refs[a.ref] = map[uint64]bool{}
			}
			b.events[v.seq], b.refs[a.ref][v.seq], b.parts[s.part] = true, true, true
		}
	}
	for k, b := range figures {
		indicator, _ := o.catalogue.Lookup(k.indicator)
		if len(b.events) < 2 {
			continue
		}
		has[several+nameOf(indicator)] = true
		shared := slices.ContainsFunc(slices.Collect(maps.Values(b.refs)), func(events map[uint64]bool) bool { return len(events) > 1 })
		switch {
		case indicator.Aggregation == schemas.AggDistinct && len(b.refs) > 1 && shared:
			has[hasUnion] = true
		case indicator.Aggregation == schemas.AggRatio && len(b.parts) == 2:
			has[hasParts] = true
		}
	}
	for k, series := range o.seriesOf(o.factsOf(lab), Daily, asOf) {
		if indicator, _ := o.catalogue.Lookup(k.indicator); indicator.Aggregation == schemas.AggStock && falls(series) {
			has[hasFall] = true
		}
	}
	for k, series := range o.seriesOf(o.factsOf(lab), Quarterly, asOf) {
		if indicator, _ := o.catalogue.Lookup(k.indicator); indicator.Repeat {
			for _, f := range series {
				has[hasRepeat] = has[hasRepeat] || !f.numerator.isZero()
			}
		}
	}
}

func falls(s series) bool {
	for p, f := range s {
		if before, known := s[p-1]; known && f.numerator.less(before.numerator) {
			return true
		}
	}
	return false
}

// census counts the schedules that have a feature.
type census struct {
	mu  sync.Mutex
	has map[string]int
}

func (c *census) add(features map[string]bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.has == nil {
		c.has = map[string]int{}
	}
	for f, has := range features {
		if has {
			c.has[f]++
		}
	}
}

func (c *census) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, f := range slices.Sorted(maps.Keys(c.has)) {
		out = append(out, fmt.Sprintf("%s %d", f, c.has[f]))
	}
	return strings.Join(out, ", ")
}
