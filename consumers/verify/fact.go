package verify

import (
	"fmt"
	"math/big"
	"slices"
	"time"

	"vitrine/schemas"
)

// Part says which half of a ratio something counts in; what isn't a ratio has a numerator only.
type Part uint8

// The parts; their order is that of the column's enumeration.
const (
	Numerator Part = iota
	Denominator
)

func (p Part) String() string {
	return [...]string{"numerator", "denominator"}[p]
}

// Fn is how contributions to the same thing come together.
type Fn uint8

// The functions; their order is that of the column's enumeration.
const (
	Sum Fn = iota
	Distinct
	Last
	State
	Max
)

func (f Fn) String() string {
	return [...]string{"sum", "distinct", "last", "state", "max"}[f]
}

// contribution is one thing that an event adds to one indicator.
type contribution struct {
	indicator string
	part      Part
	fn        Fn
	day       Day
	segment   string
	ref       string
	amount    schemas.Decimal
}

// occurrence is an event with what is worked out from when and where it happened.
type occurrence struct {
	*schemas.Event
	lab, kind  string
	start, end int64 // milliseconds; end = start for what doesn't last
	day        Day
	spans      []span
}

func occurrenceOf(e *schemas.Event, zone *time.Location) occurrence {
	o := occurrence{Event: e, lab: e.Lab(), kind: e.Kind(), start: e.Time.UnixMilli()}
	o.end = o.start
	if end, given := schemas.EndOf(e); given {
		o.end = end.UnixMilli()
	}
	o.day = localDay(o.start, zone)
	o.spans = spans(o.start, o.end, zone)
	return o
}

// rule is one source of an indicator.
type rule struct {
	indicator  *schemas.Indicator
	source     *schemas.Source
	part       Part
	dimensions []schemas.Dimension
}

// rulesOf are a catalogue's rules by the kinds that they count.
func rulesOf(c *schemas.Catalogue) map[string][]rule {
	out := map[string][]rule{}
	for i := range c.Indicators {
		indicator := &c.Indicators[i]
		for part, sources := range [][]schemas.Source{indicator.Numerator, indicator.Denominator} {
			for s := range sources {
				source := &sources[s]
				r := rule{indicator, source, Part(part), indicator.Segments}
				if source.Segments != nil {
					r.dimensions = *source.Segments
				}
				for _, kind := range schemas.Kinds() {
					if slices.Contains(source.Kinds, kind.Name) || !kind.Programme && slices.Contains(source.Kinds, "*") {
						out[kind.Name] = append(out[kind.Name], r)
					}
				}
			}
		}
	}
	return out
}

// contributions adds to out what an event adds to the indicators, by the rules of its kind. It fails if an
// amount is no Decimal: such an event can't be counted exactly, so it must not be accepted.
func contributions(out []contribution, rules []rule, o *occurrence) ([]contribution, error) {
	for i := range rules {
		var err error
		if out, err = (reading{o, &rules[i]}).contributions(out); err != nil {
			return nil, fmt.Errorf("indicator %s: %w", rules[i].indicator.Code, err)
		}
	}
	return out, nil
}

// reading is a rule, applied to one event.
type reading struct {
	*occurrence
	*rule
}

func (r reading) contributions(out []contribution) ([]contribution, error) {
	if r.source.Having != "" && len(r.Values.List(r.source.Having)) == 0 {
		return out, nil
	}
	if r.source.List == "" {
		return r.item(out, schemas.Values{})
	}
	for _, item := range r.Values.List(r.source.List) {
		var err error
		if out, err = r.item(out, item); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// item adds what one item of the source's list adds; an empty one stands for the event itself.
func (r reading) item(out []contribution, item schemas.Values) ([]contribution, error) {
	if !r.applies(item) {
		return out, nil
	}
	factors := make([]int64, 0, 4) // in millionths
	timed := false
	for _, name := range r.source.Value {
		if name == "seconds" {
			timed = true
			continue
		}
		n, given := r.number(item, name)
		if !given {
			return out, nil
		}
		factors = append(factors, n.Micros())
	}
	fn, weight := r.fn(), r.source.Weight
	switch { // what is only counted or switched has no amount of its own
	case fn == State && r.source.State == "ended":
		weight, factors = 0, nil
	case fn == State, fn == Distinct:
		weight, factors = 1, nil
	}
	days := []span{{day: r.day}}
	switch {
	case timed:
		days = r.spans
	case r.source.Day != "":
		day, given := parseDay(r.code(item, r.source.Day))
		if !given {
			return out, nil
		}
		days[0].day = day
	}
	ref, segments := r.ref(item), r.segments(item)
	for _, d := range days {
		all := factors
		if timed && fn != State && fn != Distinct {
			all = append(all, d.millis*1000)
		}
		amount, err := product(weight, all)
		if err != nil {
			return nil, err
		}
		for _, segment := range segments {
			out = append(out, contribution{
				indicator: r.indicator.Code, part: r.part, fn: fn, day: d.day, segment: segment, ref: ref, amount: amount,
			})
		}
	}
	return out, nil
}

// product is a weight times factors in millionths, if that is a Decimal.
func product(weight int64, factors []int64) (schemas.Decimal, error) {
	if len(factors) == 0 {
		factors = []int64{million}
	}
	if n := weight * factors[0]; len(factors) == 1 && (weight == 1 || factors[0] == million && n/million == weight) {
		return schemas.Micros(n), nil // as nearly all are
	}
	n, unit := big.NewInt(weight), big.NewInt(1)
	for i, f := range factors {
		if n.Mul(n, big.NewInt(f)); i > 0 {
			unit.Mul(unit, big.NewInt(million))
		}
	}
	n, rest := n.QuoRem(n, unit, new(big.Int))
	if rest.Sign() != 0 || !n.IsInt64() {
		return schemas.Decimal{}, fmt.Errorf("the product %s is beyond range or has more than six decimals", decimalText(n))
	}
	return schemas.Micros(n.Int64()), nil
}

// applies says whether the source's conditions hold.
func (r reading) applies(item schemas.Values) bool {
	for name, wanted := range r.source.When {
		if !slices.Contains(wanted, r.code(item, name)) {
			return false
		}
	}
	for name, refused := range r.source.Unless {
		if slices.Contains(refused, r.code(item, name)) {
			return false
		}
	}
	for _, name := range r.source.Has {
		if _, given := r.number(item, name); !given {
			return false
		}
	}
	return true
}

const unknown = "unknown"

// code is a code by name: worked out from the event, or the item's, or the event's, or "unknown".
func (r reading) code(item schemas.Values, name string) string {
	switch name {
	case "kind":
		return r.kind
	case "on_time":
		due, given := parseDay(r.Values.Code("due"))
		if !given {
			return unknown
		}
		if r.day <= due {
			return "true"
		}
		return "false"
	case "due_or_later":
		if due, given := parseDay(r.Values.Code("due")); given && due > r.day {
			return due.String()
		}
		return r.day.String()
	}
	if code := item.Code(name); code != "" {
		return code
	}
	if code := r.Values.Code(name); code != "" {
		return code
	}
	return unknown
}

// number is a number by name: worked out from the event, or the item's, or the event's.
func (r reading) number(item schemas.Values, name string) (schemas.Decimal, bool) {
	switch name {
	case "seconds":
		return schemas.Micros((r.end - r.start) * 1000), true
	case "day_number":
		return schemas.Int(int64(r.day)), true
	case "days_since_start":
		start, given := parseDay(r.Values.Code("agreement_start"))
		return schemas.Int(int64(r.day - start)), given
	}
	if n, given := item.Number(name); given {
		return n, true
	}
	n, given := r.Values.Number(name)
	return n, given
}

func (r reading) ref(item schemas.Values) string {
	switch r.source.Ref {
	case "":
		return ""
	case "lab":
		return r.lab
	case "company":
		return companyRef(r.lab, item)
	default:
		return r.code(item, r.source.Ref)
	}
}

// companyRef is a company's SIREN, else its SIRET's, else the lab's own code for it.
func companyRef(lab string, company schemas.Values) string {
	if siren := company.Code("siren"); siren != "" {
		return siren
	}
	if siret := company.Code("siret"); len(siret) >= 9 {
		return siret[:9]
	}
	return lab + ":" + company.Code("ref")
}

// segments are what the contribution counts in: the whole, and one per dimension, or one per code
// where the dimension stands in a list.
func (r reading) segments(item schemas.Values) []string {
	out := make([]string, 0, 1+len(r.dimensions))
	if r.source.Whole == nil || *r.source.Whole {
		out = append(out, "")
	}
	for _, d := range r.dimensions {
		if d.List == "" {
			out = append(out, d.Name+"="+r.code(item, d.Field))
			continue
		}
		for _, other := range r.Values.List(d.List) {
			code := other.Code(d.Field)
			if code == "" {
				code = unknown
			}
			if segment := d.Name + "=" + code; !slices.Contains(out, segment) {
				out = append(out, segment)
			}
		}
	}
	return out
}

func (r reading) fn() Fn {
	aggregation := r.indicator.Aggregation
	switch {
	case r.source.State != "":
		return State
	case aggregation == schemas.AggLast || aggregation == schemas.AggStock:
		return Last
	case aggregation == schemas.AggMax:
		return Max
	case r.source.Ref != "":
		return Distinct
	default:
		return Sum
	}
}
