package rollup

import (
	"maps"
	"slices"

	"vitrine/schemas"
)

// Rules are a catalogue's sources by kind, each with the fields that it reads by their position in the kind's data.
// They may be used by several goroutines.
type Rules struct {
	byKind map[string][]rule
}

// rule is a source, for one of its kinds.
type rule struct {
	indicator  string
	part       Part
	fn         Fn
	list       string // whose items contribute; empty: the event itself
	having     string // a list that mustn't be empty; may be none
	conditions []condition
	has        []field
	weight     schemas.Decimal
	value      []string // the names of what is multiplied, for messages
	factors    []field  // the same but for "seconds"
	once       bool     // what is counted or switched has no amount of its own; its value must be given all the same
	timed      bool     // the value holds "seconds", which fall on several days
	dated      bool     // day says the day; else it is the event's
	day        field
	whole      bool
	dimensions []dimension
	ref        field
}

// condition holds if the field's code is one of some, or with unless, if it is none of them.
type condition struct {
	field  field
	codes  []string
	unless bool
}

// dimension gives a segment for a code.
type dimension struct {
	prefix string // "audience="
	list   string // whose items hold the code, other than the rule's; may be none
	field  field
	// The segments by the code's place in the closed list of the item's and of the event's field, so that none is made for each event.
	ofItem, ofEvent []string
	always          string // the segment whatever the event holds; may be none
	unknown         string
}

// NewRules sorts a catalogue's sources by kind.
func NewRules(c *schemas.Catalogue) *Rules {
	r := &Rules{byKind: map[string][]rule{}}
	for _, kind := range schemas.Kinds() {
		m := maker{kind: kind, fields: kind.Fields()}
		for i := range c.Indicators {
			ind := &c.Indicators[i]
			for _, s := range ind.Numerator {
				r.add(m, ind, s, Numerator)
			}
			for _, s := range ind.Denominator {
				r.add(m, ind, s, Denominator)
			}
		}
	}
	return r
}

func (r *Rules) add(m maker, ind *schemas.Indicator, s schemas.Source, part Part) {
	// "*" is whatever a lab does: what the programme says about it is no activity.
	if slices.Contains(s.Kinds, m.kind.Name) || slices.Contains(s.Kinds, "*") && !m.kind.Programme {
		r.byKind[m.kind.Name] = append(r.byKind[m.kind.Name], m.rule(ind, s, part))
	}
}

// maker makes the rules of a kind.
type maker struct {
	kind   schemas.Kind
	fields []schemas.Field
}

func (m maker) rule(ind *schemas.Indicator, s schemas.Source, part Part) rule {
	ru := rule{
		indicator: ind.Code, part: part, fn: fnOf(ind, s), list: s.List, having: s.Having, weight: schemas.Int(s.Weight),
		value: s.Value, once: fnOf(ind, s) == State || fnOf(ind, s) == Distinct, timed: slices.Contains(s.Value, "seconds"), dated: s.Day != "", day: m.field(s.List, s.Day),
		whole: s.Whole == nil || *s.Whole, ref: m.field(s.List, s.Ref),
	}
	switch s.State {
	case "active":
		ru.weight = schemas.Int(1)
	case "ended":
		ru.weight = schemas.Decimal{}
	}
	for _, name := range slices.Sorted(maps.Keys(s.When)) {
		ru.conditions = append(ru.conditions, condition{field: m.field(s.List, name), codes: s.When[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(s.Unless)) {
		ru.conditions = append(ru.conditions, condition{field: m.field(s.List, name), codes: s.Unless[name], unless: true})
	}
	for _, name := range s.Has {
		ru.has = append(ru.has, m.field(s.List, name))
	}
	for _, name := range s.Value {
		if name != "seconds" { // multiplied by day
			ru.factors = append(ru.factors, m.field(s.List, name))
		}
	}
	for _, d := range ind.DimensionsOf(s) {
		ru.dimensions = append(ru.dimensions, m.dimension(s, d))
	}
	return ru
}

func (m maker) dimension(s schemas.Source, d schemas.Dimension) dimension {
	out := dimension{prefix: d.Name + "=", list: d.List, unknown: d.Name + "=" + unknown}
	if d.List == "" {
		out.field = m.field(s.List, d.Field)
		out.ofItem, out.ofEvent = m.segments(out.prefix, s.List, d.Field), m.segments(out.prefix, "", d.Field)
	} else {
		out.field = field{item: m.kind.Position(d.List, d.Field), event: -1}
		out.ofItem = m.segments(out.prefix, d.List, d.Field)
	}
	if out.field.made == madeKind {
		out.always = out.prefix + m.kind.Name
	}
	return out
}

// segments are those of a field's closed list, in its order; none if it has no such list.
func (m maker) segments(prefix, list, name string) []string {
	fields := m.fields
	if list != "" {
		if fields = m.named(fields, list).Items; fields == nil {
			return nil
		}
	}
	var out []string
	for _, term := range m.named(fields, name).Terms {
		out = append(out, prefix+term.Code)
	}
	return out
}

func (maker) named(fields []schemas.Field, name string) schemas.Field {
	if i := slices.IndexFunc(fields, func(f schemas.Field) bool { return f.Name == name }); i >= 0 {
		return fields[i]
	}
	return schemas.Field{}
}

// field finds out where a rule reads a name.
func (m maker) field(list, name string) field {
	f := field{made: madeOf(name), item: -1, event: m.kind.Position("", name)}
	if list != "" {
		f.item = m.kind.Position(list, name)
	}
	return f
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
