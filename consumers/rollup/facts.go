// Package rollup works out what an event contributes to which indicator, as the catalogue says.
package rollup

import (
	"fmt"
	"slices"
	"time"

	"vitrine/schemas"
)

// Part says whether a contribution belongs to an indicator's numerator or denominator.
type Part uint8

// The parts, with the numbers that ClickHouse's enum has.
const (
	Numerator Part = iota
	Denominator
)

// Fn is how contributions of the same key become one.
type Fn uint8

// The functions, with the numbers that ClickHouse's enum has.
const (
	Sum Fn = iota
	Distinct
	Last
	State
	Max
)

// String is the part as ClickHouse's enum names it.
func (p Part) String() string { return [...]string{"numerator", "denominator"}[p] }

// String is the function as ClickHouse's enum names it.
func (f Fn) String() string { return [...]string{"sum", "distinct", "last", "state", "max"}[f] }

// Fact is one contribution of one event: Amount to an indicator's part on a day, in a segment
// ("" is the whole). Ref is what a Distinct or State counts once.
type Fact struct {
	Indicator string
	Part      Part
	Fn        Fn
	Day       time.Time // midnight UTC of the local day
	Segment   string
	Ref       string
	Amount    schemas.Decimal
}

// Facts are what an event contributes; none for a retracted one. It fails if an amount is beyond
// what can be counted (about 9 × 10¹²): the event must be rejected.
func (r *Rules) Facts(e *schemas.Event, p Place) ([]Fact, error) { return r.AppendFacts(nil, e, p) }

// AppendFacts is [Rules.Facts], added to dst, which it gives back as it was when it fails. It allocates where dst has no
// room, and for the segments of a dimension that has no closed list.
func (r *Rules) AppendFacts(dst []Fact, e *schemas.Event, p Place) ([]Fact, error) {
	return r.appendFacts(dst, view{event: e, place: &p})
}

// Check is the error of [Rules.Facts], without making any.
func (r *Rules) Check(e *schemas.Event, p Place) error {
	_, err := r.appendFacts(nil, view{event: e, place: &p, amountsOnly: true})
	return err
}

func (r *Rules) appendFacts(dst []Fact, v view) ([]Fact, error) {
	e := v.event
	if e.Retracted {
		return dst, nil
	}
	rules, before := r.byKind[e.Kind()], len(dst)
	var itself [1]schemas.Values // a rule that looks at the event itself has no items to hide its fields
	for i := range rules {
		ru := &rules[i]
		items := itself[:]
		if ru.list != "" {
			items = e.Values.List(ru.list)
		}
		for j := range items {
			var err error
			v.item = &items[j]
			if dst, err = ru.contribute(dst, &v); err != nil {
				return dst[:before], fmt.Errorf("indicator %s: %w", ru.indicator, err)
			}
		}
	}
	return dst, nil
}

func (ru *rule) contribute(facts []Fact, v *view) ([]Fact, error) {
	if !ru.applies(v) {
		return facts, nil
	}
	amount := ru.weight
	for i := range ru.factors {
		n, given := v.number(&ru.factors[i])
		if !given {
			return facts, nil
		}
		if ru.once {
			continue
		}
		var ok bool
		if amount, ok = amount.Mul(n); !ok {
			return facts, fmt.Errorf("the product of %v is beyond range", ru.value)
		}
	}
	if v.amountsOnly && !ru.timed {
		return facts, nil
	}
	fact := Fact{Indicator: ru.indicator, Part: ru.part, Fn: ru.fn, Day: v.place.LocalDay, Ref: v.ref(&ru.ref), Amount: amount}
	var room [16]string
	segments := room[:0]
	if !v.amountsOnly {
		segments = ru.segments(segments, v)
	}
	switch {
	case ru.timed:
		for i := range v.place.Days() {
			day := v.place.Day(i)
			if !ru.once {
				var ok bool
				if fact.Amount, ok = amount.Mul(day.Seconds); !ok {
					return facts, fmt.Errorf("the product of %v is beyond range", ru.value)
				}
			}
			fact.Day = day.Day
			facts = fact.each(facts, segments)
		}
		return facts, nil
	case ru.dated:
		day, err := time.Parse(time.DateOnly, v.code(&ru.day))
		if err != nil {
			return facts, nil // an optional date that wasn't given
		}
		fact.Day = day
	}
	return fact.each(facts, segments), nil
}

// each adds the fact for each segment.
func (f Fact) each(facts []Fact, segments []string) []Fact {
	for _, f.Segment = range segments {
		facts = append(facts, f)
	}
	return facts
}

func (ru *rule) applies(v *view) bool {
	if ru.having != "" && len(v.event.Values.List(ru.having)) == 0 {
		return false
	}
	for i := range ru.conditions {
		c := &ru.conditions[i]
		if slices.Contains(c.codes, v.code(&c.field)) == c.unless {
			return false
		}
	}
	for i := range ru.has {
		if _, given := v.number(&ru.has[i]); !given {
			return false
		}
	}
	return true
}

// segments are the whole ("") and one per dimension; a dimension found in a list gives one for
// each different code there.
func (ru *rule) segments(out []string, v *view) []string {
	if ru.whole {
		out = append(out, "")
	}
	for i := range ru.dimensions {
		d := &ru.dimensions[i]
		if d.list == "" {
			out = append(out, d.segment(v))
			continue
		}
		items := v.event.Values.List(d.list)
		for j := range items {
			if segment := d.segment(&view{event: v.event, item: &items[j], place: v.place}); !slices.Contains(out, segment) {
				out = append(out, segment)
			}
		}
	}
	return out
}
