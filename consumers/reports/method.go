package reports

import (
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"vitrine/schemas"
)

// method says how each figure of the report is made.
func (w words) method(m *material) Section {
	t := &Table{ID: "method", Caption: w.Must("caption.method"), Empty: w.Must("empty.method"), Wide: true,
		Remark: w.Must("method.remark", "command", "vitrine explain --lab "+m.sheet.Lab+" --indicator CODE --period "+m.name),
		Columns: []Column{{w.Must("column.code"), false, 6}, {w.Must("column.indicator"), false, 20}, {w.Must("column.definition"), false, 28},
			{w.Must("column.formula"), false, 28}, {w.Must("column.counted"), true, 9}, {w.Must("column.countedtodate"), true, 9}}}
	used := m.used()
	for _, i := range m.catalogue.Indicators {
		if used[i.Code] {
			n := m.counted[i.Code]
			t.Rows = append(t.Rows, line(text(i.Code), text(w.say(i.Name)), text(w.say(i.Definition)), text(w.formula(&i)), w.count(n.InPeriod), w.count(n.ToDate)))
		}
	}
	return Section{ID: "method", Title: w.Must("method"), Sheet: w.Must("method.sheet"), NewPage: true, Blocks: []Block{t}}
}

// used are the indicators that the report speaks of.
func (m *material) used() map[string]bool {
	used := map[string]bool{}
	for key := range m.figures {
		used[key.indicator] = true
	}
	for _, p := range m.promises {
		used[p.indicator] = true
	}
	return used
}

// secondsOfHour is the scale of what is counted in seconds and shown in hours.
const secondsOfHour = 3600

// formula says how an indicator adds up, over which time, and from which events.
func (w words) formula(i *schemas.Indicator) string {
	out := w.Must("formula." + string(i.Aggregation))
	switch {
	case i.Age:
		out = w.Must("formula.age")
	case i.First:
		out = w.Must("formula.first")
	case i.Repeat:
		out = w.Must("formula.repeat")
	}
	switch i.Window {
	case schemas.WindowCumulative:
		out += w.Must("window.cumulative")
	case schemas.WindowRolling:
		out += w.Must("window.rolling", "months", strconv.Itoa(i.Months))
	}
	switch {
	case i.Scale == secondsOfHour && strings.HasSuffix(i.Unit, "hour"):
		out += w.Must("formula.hours")
	case i.Scale > 1:
		out += w.Must("formula.scale", "scale", w.number(decimal.NewFromInt(i.Scale), 0))
	}
	return out + w.Must("formula.from", "kinds", strings.Join(w.sources(i), ", "))
}

// sources are the kinds of events that an indicator counts, each once.
func (w words) sources(i *schemas.Indicator) []string {
	var names []string
	for _, s := range slices.Concat(i.Numerator, i.Denominator) {
		for _, kind := range s.Kinds {
			name := w.title(kind)
			if kind == "*" {
				name = w.Must("formula.all")
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
