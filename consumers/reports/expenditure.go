package reports

import (
	"cmp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// expenditure is what was spent by category, against the budget that the agreement plans and the highest aid rate.
func (w words) expenditure(m *material) Section {
	t := &Table{ID: "expenditure", Caption: w.Must("caption.expenditure", "date", w.Date(m.asOf)), Empty: w.Must("empty.expenditure"), Remark: w.Must("expenditure.remark"),
		Columns: []Column{{w.Must("column.category"), false, 40}, {w.Must("column.inperiod"), true, 20}, {w.Must("column.tilldate"), true, 20}, {w.Must("column.share"), true, 20}}}
	segments := m.parts("I01", "category") // as approved: today's may be other ones
	for key := range m.months {
		if key.indicator == "I01" && dimensionOf(key.segment) == "category" && !slices.Contains(segments, key.segment) {
			segments = append(segments, key.segment)
		}
	}
	all := m.sinceStart("I01", "")
	slices.SortFunc(segments, func(a, b string) int {
		return cmp.Or(m.sinceStart("I01", b).Cmp(m.sinceStart("I01", a)), cmp.Compare(a, b))
	})
	for _, segment := range segments {
		sum := m.sinceStart("I01", segment)
		t.Rows = append(t.Rows, line(text(w.segment(segment)), w.num(m.figureOrZero("I01", segment), "EUR"), w.num(sum, "EUR"), w.opt(percent(sum, all), "%")))
	}
	if len(t.Rows) > 0 {
		t.Rows = append(t.Rows, Row{Level: Total, Cells: []Cell{text(w.Must("total")), w.num(m.figureOrZero("I01", ""), "EUR"), w.num(all, "EUR"), w.opt(percent(all, all), "%")}})
	}
	return Section{ID: "expenditure", Title: w.Must("expenditure"), Sheet: w.Must("expenditure"), NewPage: true, Blocks: []Block{w.budget(m), t}}
}

// budget is the money in short: planned, paid, what is left, and the aid rate against its cap.
func (w words) budget(m *material) Facts {
	var f Facts
	paid := m.paid()
	if planned := m.planned(); planned != nil {
		f = append(f, Fact{w.Must("budget.planned"), w.num(*planned, "EUR")},
			Fact{w.Must("budget.paid"), w.num(paid, "EUR")},
			Fact{w.Must("budget.left"), w.num(planned.Sub(paid), "EUR")},
			Fact{w.Must("budget.rate"), w.opt(percent(paid, *planned), "%")})
	} else {
		f = append(f, Fact{w.Must("budget.paid"), w.num(paid, "EUR")})
	}
	aid := w.opt(m.figure("I03", ""), "%")
	if ceiling := m.ceiling(); ceiling != nil && aid.Number != nil {
		aid.Status = "within"
		if aid.Number.GreaterThan(*ceiling) {
			aid.Status = "exceeded"
		}
		aid.Text += w.Must("budget.cap", "cap", w.value(*ceiling, "%"), "status", strings.ToLower(w.status(aid.Status)))
	}
	return append(f, Fact{w.Must("budget.aid"), aid})
}

// percent is 100 × a ÷ b, to a tenth; nil where b is 0.
func percent(a, b decimal.Decimal) *decimal.Decimal {
	if b.IsZero() {
		return nil
	}
	p := a.Mul(decimal.NewFromInt(100)).DivRound(b, 1)
	return &p
}
