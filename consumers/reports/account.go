package reports

import (
	"strings"

	"github.com/shopspring/decimal"

	"vitrine/internal/pages"
)

// account is the table that French grant offices know as "compte rendu": planned, actual and difference.
func (w words) account(m *material) Section {
	t := &Table{ID: "account", Caption: w.Must("caption.account"), Empty: w.Must("empty.account"), Wide: true, Remark: w.Must("account.remark"),
		Columns: []Column{{w.Must("column.post"), false, 28}, {w.Must("column.planned"), true, 12}, {w.Must("column.plannedtodate"), true, 12},
			{w.Must("column.actual"), true, 12}, {w.Must("column.difference"), true, 12}, {w.Must("column.differencepercent"), true, 9}, {w.Must("column.comment"), false, 26}}}
	headed := func(key string) { t.Rows = append(t.Rows, group(text(w.Must(key)), t)) }
	if planned := m.planned(); planned != nil {
		headed("account.money")
		t.Rows = append(t.Rows, w.moneyOf("account.budget", *planned, m.paid()))
		if granted := m.granted(); granted != nil {
			if f, ok := m.figures[slice{"I03", ""}]; ok {
				t.Rows = append(t.Rows, w.moneyOf("account.grant", *granted, f.Numerator))
			}
		}
	}
	if len(m.promises) > 0 {
		headed("account.commitments")
	}
	for _, p := range m.promises {
		against, hasLine := p.expected, w.expected(p).Number != nil
		if !hasLine {
			against = p.target
		}
		difference, share := text(none), text(none)
		if p.actual != nil {
			difference, share = w.diff(p.actual.Sub(against), pages.UnitOfDifference(p.unit)), w.differencePercent(*p.actual, against)
		}
		t.Rows = append(t.Rows, line(text(w.promiseName(p, m)), w.target(p), w.expected(p), w.opt(p.actual, p.unit), difference, share, text(w.comment(p))))
	}
	return Section{ID: "account", Title: w.Must("account"), Sheet: w.Must("account.sheet"), NewPage: true, Blocks: []Block{t}}
}

// moneyOf is a row of money since the start against what is agreed in all.
func (w words) moneyOf(key string, agreed, actual decimal.Decimal) Row {
	return line(text(w.Must(key)), w.num(agreed, "EUR"), text(none), w.num(actual, "EUR"),
		w.diff(actual.Sub(agreed), "EUR"), w.differencePercent(actual, agreed), text(w.Must("account.spent", "rate", w.rate(actual, agreed))))
}

// comment says what there is to say of a commitment.
func (w words) comment(p promise) string {
	out := w.status(p.status)
	if p.needed != nil && p.needed.IsPositive() {
		out += w.Must("account.needed", "needed", w.value(*p.needed, p.unit))
	}
	return strings.TrimSuffix(out, ".")
}

// differencePercent is how far a lies from b, per hundred of b.
func (w words) differencePercent(a, b decimal.Decimal) Cell {
	if p := percent(a.Sub(b), b); p != nil {
		return w.diff(*p, "%")
	}
	return text(none)
}

func (w words) rate(a, b decimal.Decimal) string {
	if p := percent(a, b); p != nil {
		return w.value(*p, "%")
	}
	return none
}
