package reports

import (
	"strings"

	"github.com/shopspring/decimal"

	"vitrine/schemas"
)

// mostNamed is how many commitments a summary names; the table has them all.
const mostNamed = 8

// labSummary says the period in sentences.
func (w words) labSummary(m *material) Section {
	s := Section{ID: "summary", Title: w.Must("summary"), Sheet: w.Must("summary")}
	if m.empty() {
		s.Blocks = append(s.Blocks, Paragraph{w.Must("summary.empty"), Warning})
	} else {
		s.Blocks = append(s.Blocks, Paragraph{w.did(m), Plain})
	}
	s.Blocks = append(s.Blocks, Paragraph{w.standing(m.promises), Plain})
	if names := w.named(m.promises, m); names != "" {
		s.Blocks = append(s.Blocks, Paragraph{names, Plain})
	}
	if money := w.money(m); money != "" {
		s.Blocks = append(s.Blocks, Paragraph{money, Plain})
	}
	return s
}

// did is what the lab did in the period, in a sentence.
func (w words) did(m *material) string {
	number := func(indicator string) string { return w.number(m.figureOrZero(indicator, ""), 0) }
	count := func(key, indicator string) string {
		return w.Count(key, int(m.figureOrZero(indicator, "").IntPart()))
	}
	return w.Must("summary.did", "activities", w.list([]string{
		count("summary.events", "D01") + w.bracketed(count("summary.visitors", "D02")),
		count("summary.trainings", "T01") + w.bracketed(w.Must("summary.hours", "hours", number("T02"))),
		count("summary.companies", "C01"),
		count("summary.services", "C04"),
		w.Must("summary.machines", "hours", number("U01")),
		count("summary.mentions", "V01"),
	}))
}

// standing counts commitments by status, in a sentence.
func (w words) standing(promises []promise) string {
	if len(promises) == 0 {
		return w.Must("summary.nocommitments")
	}
	n := tally(promises)
	var parts []string
	for _, status := range statuses() {
		if n[status] > 0 {
			parts = append(parts, w.Count("count."+status, int(n[status])))
		}
	}
	return w.Count("summary.commitments", len(promises), "statuses", w.list(parts))
}

// named are the commitments that want attention, the worst first.
func (w words) named(promises []promise, m *material) string {
	var names []string
	for _, failing := range []bool{true, false} {
		for _, p := range promises {
			if p.urgent() && p.failing() == failing {
				names = append(names, w.promiseName(p, m)+w.bracketed(strings.ToLower(w.status(p.status))))
			}
		}
	}
	switch more := len(names) - mostNamed; {
	case len(names) == 0:
		return ""
	case more > 1:
		names = append(names[:mostNamed], w.Count("summary.more", more))
	}
	return w.Must("summary.attention", "names", w.list(names))
}

// money is how far the budget is spent, and the aid rate.
func (w words) money(m *material) string {
	rate := m.figures[slice{"I02", ""}]
	if rate.Value == nil || rate.Denominator == nil {
		return ""
	}
	scale := func(v decimal.Decimal) string { return w.value(v, "EUR") }
	out := w.Must("summary.money", "paid", scale(rate.Numerator), "planned", scale(*rate.Denominator), "rate", w.value(*rate.Value, "%"))
	if aid := m.figure("I03", ""); aid != nil {
		out += " " + w.Must("summary.aid", "rate", w.value(*aid, "%"))
		if ceiling := m.ceiling(); ceiling != nil {
			out += w.bracketed(w.Must("summary.cap", "cap", w.value(*ceiling, "%")))
		}
		out += "."
	}
	return out
}

// promiseName is a commitment's indicator, and the part of it that it is about.
func (w words) promiseName(p promise, m *material) string {
	return w.figureName(m.indicator(p.indicator), p.segment)
}

func (w words) figureName(i *schemas.Indicator, segment string) string {
	name := w.say(i.Name)
	if segment != "" {
		name += " – " + w.segment(segment)
	}
	return name
}

// segment names a segment by its code's label.
func (w words) segment(segment string) string { return w.say(schemas.SegmentLabel(segment)) }
