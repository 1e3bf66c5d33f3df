// Package rollup works out what an event contributes to which indicator, as the catalogue says.
package rollup

import (
	"fmt"
	"slices"
	"strconv"
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

// Rules are a catalogue's sources by kind. They may be used by several goroutines.
type Rules struct {
	byKind map[string][]rule
}

type rule struct {
	indicator  *schemas.Indicator
	source     schemas.Source
	dimensions []schemas.Dimension
	part       Part
	fn         Fn
	timed      bool // the value holds "seconds", which fall on several days
}

// NewRules sorts a catalogue's sources by kind.
func NewRules(c *schemas.Catalogue) *Rules {
	r := &Rules{byKind: map[string][]rule{}}
	for i := range c.Indicators {
		ind := &c.Indicators[i]
		for _, s := range ind.Numerator {
			r.add(ind, s, Numerator)
		}
		for _, s := range ind.Denominator {
			r.add(ind, s, Denominator)
		}
	}
	return r
}

func (r *Rules) add(ind *schemas.Indicator, s schemas.Source, part Part) {
	ru := rule{indicator: ind, source: s, dimensions: ind.DimensionsOf(s), part: part, fn: fnOf(ind, s), timed: slices.Contains(s.Value, "seconds")}
	for _, kind := range schemas.Kinds() {
		// "*" is whatever a lab does: what the programme says about it is no activity.
		if slices.Contains(s.Kinds, kind.Name) || slices.Contains(s.Kinds, "*") && !kind.Programme {
			r.byKind[kind.Name] = append(r.byKind[kind.Name], ru)
		}
	}
}

func fnOf(ind *schemas.Indicator, s schemas.Source) Fn {
	switch {
	case s.State != "":
		return State
	case ind.Aggregation == schemas.AggLast, ind.Aggregation == schemas.AggStock:
		return Last
	case ind.Aggregation == schemas.AggMax:
		return Max
	case s.Ref != "":
		return Distinct
	}
	return Sum
}

// Facts are what an event contributes; none for a retracted one. It fails if an amount is beyond
// what can be counted (about 9 × 10¹²): the event must be rejected.
func (r *Rules) Facts(e *schemas.Event, p Place) ([]Fact, error) {
	if e.Retracted {
		return nil, nil
	}
	var facts []Fact
	for _, ru := range r.byKind[e.Kind()] {
		items := []schemas.Values{{}}
		if ru.source.List != "" {
			items = e.Values.List(ru.source.List)
		}
		for _, item := range items {
			var err error
			if facts, err = ru.contribute(facts, view{event: e, item: item, place: p}); err != nil {
				return nil, fmt.Errorf("indicator %s: %w", ru.indicator.Code, err)
			}
		}
	}
	return facts, nil
}

func (ru *rule) contribute(facts []Fact, v view) ([]Fact, error) {
	s := ru.source
	for field, codes := range s.When {
		if !slices.Contains(codes, v.code(field)) {
			return facts, nil
		}
	}
	for field, codes := range s.Unless {
		if slices.Contains(codes, v.code(field)) {
			return facts, nil
		}
	}
	for _, field := range s.Has {
		if _, given := v.number(field); !given {
			return facts, nil
		}
	}
	if s.Having != "" && len(v.event.Values.List(s.Having)) == 0 {
		return facts, nil
	}
	amount := schemas.Int(s.Weight)
	switch s.State {
	case "active":
		amount = schemas.Int(1)
	case "ended":
		amount = schemas.Decimal{}
	}
	for _, field := range s.Value {
		if field == "seconds" {
			continue // multiplied below, by day
		}
		n, given := v.number(field)
		if !given {
			return facts, nil
		}
		var ok bool
		if amount, ok = amount.Mul(n); !ok {
			return nil, fmt.Errorf("the product of %v is beyond range", s.Value)
		}
	}
	days := []DayPart{{Day: v.place.LocalDay}}
	switch {
	case ru.timed:
		days = v.place.Parts
	case s.Day != "":
		day, err := time.Parse(time.DateOnly, v.code(s.Day))
		if err != nil {
			return facts, nil // an optional date that wasn't given
		}
		days[0].Day = day
	}
	segments, ref := ru.segments(v), v.ref(s.Ref)
	for _, d := range days {
		share := amount
		if ru.timed {
			var ok bool
			if share, ok = amount.Mul(d.Seconds); !ok {
				return nil, fmt.Errorf("the product of %v is beyond range", s.Value)
			}
		}
		for _, segment := range segments {
			facts = append(facts, Fact{Indicator: ru.indicator.Code, Part: ru.part, Fn: ru.fn, Day: d.Day, Segment: segment, Ref: ref, Amount: share})
		}
	}
	return facts, nil
}

// segments are the whole ("") and one per dimension; a dimension found in a list gives one for
// each different code there.
func (ru *rule) segments(v view) []string {
	var out []string
	if ru.source.Whole == nil || *ru.source.Whole {
		out = append(out, "")
	}
	for _, d := range ru.dimensions {
		if d.List == "" {
			out = append(out, d.Name+"="+v.code(d.Field))
			continue
		}
		for _, item := range v.event.Values.List(d.List) {
			segment := d.Name + "=" + orUnknown(item.Code(d.Field))
			if !slices.Contains(out, segment) {
				out = append(out, segment)
			}
		}
	}
	return out
}

// view is an event, or an item of one of its lists, as a rule sees it: the item's fields hide the event's.
type view struct {
	event *schemas.Event
	item  schemas.Values
	place Place
}

func (v view) number(field string) (schemas.Decimal, bool) {
	switch field {
	case "day_number":
		return schemas.Int(v.place.LocalDay.Unix() / 86400), true
	case "days_since_start":
		start, err := time.Parse(time.DateOnly, v.event.Values.Code("agreement_start"))
		return schemas.Int(int64(v.place.LocalDay.Sub(start) / (24 * time.Hour))), err == nil
	}
	if n, given := v.item.Number(field); given {
		return n, true
	}
	n, given := v.event.Values.Number(field)
	return n, given
}

func (v view) code(field string) string {
	switch field {
	case "kind":
		return v.event.Kind()
	case "on_time":
		if due := v.event.Values.Code("due"); due != "" {
			return strconv.FormatBool(v.place.LocalDay.Format(time.DateOnly) <= due)
		}
		return "unknown"
	case "due_or_later":
		return max(v.place.LocalDay.Format(time.DateOnly), v.event.Values.Code("due")) // both are YYYY-MM-DD, or there is none
	}
	if c := v.item.Code(field); c != "" {
		return c
	}
	return orUnknown(v.event.Values.Code(field))
}

func (v view) ref(name string) string {
	switch name {
	case "":
		return ""
	case "company":
		return schemas.CompanyRef(v.event.Lab(), v.item)
	case "lab":
		return v.event.Lab()
	}
	return v.code(name)
}

func orUnknown(code string) string {
	if code == "" {
		return "unknown"
	}
	return code
}
