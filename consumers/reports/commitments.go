package reports

import "github.com/shopspring/decimal"

// commitments is the table of commitments with their status.
func (w words) commitments(promises []promise, m *material) Section {
	t := &Table{
		ID: "commitments", Caption: w.Must("commitments.caption", "date", w.Date(m.asOf)), Empty: w.Must("summary.nocommitments"), Wide: true,
		Columns: []Column{
			{w.Must("column.code"), false, 5}, {w.Must("column.commitment"), false, 24}, {w.Must("column.target"), true, 9},
			{w.Must("column.actual"), true, 9}, {w.Must("column.percent"), true, 7}, {w.Must("column.expected"), true, 9},
			{w.Must("column.projected"), true, 14}, {w.Must("column.needed"), true, 9}, {w.Must("column.due"), false, 10}, {w.Must("column.status"), false, 12},
		},
		Remark: w.Must("commitments.remark"),
	}
	for _, p := range promises {
		t.Rows = append(t.Rows, line(
			text(p.indicator), text(w.promiseName(p, m)), w.target(p), w.opt(p.actual, p.unit), w.opt(p.percent, "%"),
			w.expected(p), w.projection(p), w.opt(p.needed, p.unit), w.date(p.due), w.statusCell(p.status)))
	}
	return Section{ID: "commitments", Title: w.Must("commitments"), Sheet: w.Must("commitments"), Blocks: []Block{t}}
}

// target is what was promised; a cap and a target for each period say so.
func (w words) target(p promise) Cell {
	c := w.num(p.target, p.unit)
	switch {
	case p.direction == "cap" || p.status == "within" || p.status == "exceeded":
		c.Text = "≤ " + c.Text
	case p.mode == "periodic" && p.every != "":
		c.Text += " " + w.Must("every."+p.every)
	}
	return c
}

// expected is where the commitment should stand; a cap has no such line.
func (w words) expected(p promise) Cell {
	if p.status == "not_started" || p.direction == "cap" || p.status == "within" || p.status == "exceeded" {
		return text(none)
	}
	return w.num(p.expected, p.unit)
}

// projection is what is to be expected at the end, with its range.
func (w words) projection(p promise) Cell {
	c := w.opt(p.projected, p.unit)
	if p.low != nil && p.high != nil && p.projected != nil && !p.low.Equal(*p.high) {
		c.Low, c.High = p.low, p.high
		places := rangePlaces(*p.low, *p.high)
		c.Text += " (" + w.number(*p.low, places) + " – " + w.number(*p.high, places) + ")"
	}
	return c
}

func rangePlaces(low, high decimal.Decimal) int32 {
	if high.Abs().LessThan(decimal.NewFromInt(10)) && (!low.IsInteger() || !high.IsInteger()) {
		return 1
	}
	return 0
}
