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

// contributions are what an event adds to the indicators of a catalogue. It fails if an amount is no
// Decimal: such an event can't be counted exactly, so it must not be accepted.
func contributions(c *schemas.Catalogue, o occurrence) ([]contribution, error) {
	var out []contribution
	for i := range c.Indicators {
		indicator := &c.Indicators[i]
		for part, sources := range [][]schemas.Source{indicator.Numerator, indicator.Denominator} {
			for _, s := range sources {
				added, err := reading{o, indicator, s, Part(part)}.contributions()
				if err != nil {
					return nil, fmt.Errorf("indicator %s: %w", indicator.Code, err)
				}
				out = append(out, added...)
			}
		}
	}
	return out, nil
}

// reading is one source of an indicator, applied to one event.
type reading struct {
	occurrence
	indicator *schemas.Indicator
	source    schemas.Source
	part      Part
}

func (r reading) contributions() ([]contribution, error) {
	if !r.ofKind() || r.source.Having != "" && len(r.Values.Lists[r.source.Having]) == 0 {
		return nil, nil
	}
	if r.source.List == "" {
		return r.item(schemas.Values{})
	}
	var out []contribution
	for _, item := range r.Values.Lists[r.source.List] {
		added, err := r.item(item)
		if err != nil {
			return nil, err
		}
		out = append(out, added...)
	}
	return out, nil
}

func (r reading) ofKind() bool {
	kind, known := schemas.KindByName(r.kind)
	return slices.Contains(r.source.Kinds, r.kind) || known && !kind.Programme && slices.Contains(r.source.Kinds, "*")
}

// item is what one item of the source's list adds; an empty one stands for the event itself.
func (r reading) item(item schemas.Values) ([]contribution, error) {
	if !r.applies(item) {
		return nil, nil
	}
	product := big.NewInt(r.source.Weight) // of numbers given in millionths
	decimals := 0                          // how many factors of a million it is too large by
	timed := false
	for _, name := range r.source.Value {
		if name == "seconds" {
			timed = true
			continue
		}
		n, given := r.number(item, name)
		if !given {
			return nil, nil
		}
		product.Mul(product, big.NewInt(n.Micros()))
		decimals++
	}
	switch fn := r.fn(); { // what is only counted or switched has no amount of its own
	case fn == State && r.source.State == "ended":
		product, decimals = new(big.Int), 0
	case fn == State, fn == Distinct:
		product, decimals = big.NewInt(1), 0
	}
	days := []span{{day: r.day}}
	switch {
	case timed:
		days = r.spans
	case r.source.Day != "":
		day, given := parseDay(r.code(item, r.source.Day))
		if !given {
			return nil, nil
		}
		days[0].day = day
	}
	var out []contribution
	for _, d := range days {
		n, factors := product, decimals
		if timed && r.fn() != State && r.fn() != Distinct {
			n, factors = new(big.Int).Mul(product, big.NewInt(d.millis*1000)), decimals+1
		}
		amount, err := exact(n, factors)
		if err != nil {
			return nil, err
		}
		for _, segment := range r.segments(item) {
			out = append(out, contribution{
				indicator: r.indicator.Code, part: r.part, fn: r.fn(), day: d.day,
				segment: segment, ref: r.ref(item), amount: amount,
			})
		}
	}
	return out, nil
}

// exact is n ÷ 10⁶ᶠ, if that is a Decimal.
func exact(n *big.Int, factors int) (schemas.Decimal, error) {
	unit := new(big.Int).Exp(big.NewInt(million), big.NewInt(int64(factors)), nil)
	n, rest := new(big.Int).QuoRem(new(big.Int).Mul(n, big.NewInt(million)), unit, new(big.Int))
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
		due, given := parseDay(r.Values.Codes["due"])
		if !given {
			return unknown
		}
		if r.day <= due {
			return "true"
		}
		return "false"
	}
	if code, given := item.Codes[name]; given {
		return code
	}
	if code, given := r.Values.Codes[name]; given {
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
		start, given := parseDay(r.Values.Codes["agreement_start"])
		return schemas.Int(int64(r.day - start)), given
	}
	if n, given := item.Numbers[name]; given {
		return n, true
	}
	n, given := r.Values.Numbers[name]
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
	if siren, given := company.Codes["siren"]; given {
		return siren
	}
	if siret := company.Codes["siret"]; len(siret) >= 9 {
		return siret[:9]
	}
	return lab + ":" + company.Codes["ref"]
}

// segments are what the contribution counts in: the whole, and one per dimension, or one per code
// where the dimension stands in a list.
func (r reading) segments(item schemas.Values) []string {
	var out []string
	if r.source.Whole == nil || *r.source.Whole {
		out = append(out, "")
	}
	dimensions := r.indicator.Segments
	if r.source.Segments != nil {
		dimensions = *r.source.Segments
	}
	for _, d := range dimensions {
		if d.List == "" {
			out = append(out, d.Name+"="+r.code(item, d.Field))
			continue
		}
		for _, other := range r.Values.Lists[d.List] {
			code, given := other.Codes[d.Field]
			if !given {
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
