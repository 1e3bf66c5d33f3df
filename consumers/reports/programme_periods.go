package reports

import (
	"strings"

	"vitrine/schemas"
)

// periodStates is where each lab's report on the period stands.
func (w words) periodStates(p *portfolio) Section {
	t := w.listing("periods", Column{w.Must("column.lab"), false, 34}, Column{w.Must("column.state"), false, 22}, Column{w.Must("column.due"), false, 12},
		Column{w.Must("column.submitted"), false, 12}, Column{w.Must("column.ontime"), false, 8}, Column{w.Must("column.approvedat"), false, 12})
	for _, m := range p.labs {
		s := m.state
		if s == nil {
			continue
		}
		due, submitted, approved, onTime := text(none), text(none), text(none), text(none)
		if s.Due != nil {
			due = w.date(*s.Due)
		}
		if s.SubmittedAt != nil {
			submitted = w.dayOf(*s.SubmittedAt)
		}
		if s.ApprovedAt != nil {
			approved = w.dayOf(*s.ApprovedAt)
		}
		if s.OnTime != nil {
			onTime = text(w.Must(map[bool]string{true: "yes", false: "no"}[*s.OnTime]))
		}
		t.Rows = append(t.Rows, line(foreign(m.sheet.Name), w.stateCell(s.State), due, submitted, onTime, approved))
	}
	return Section{ID: "periods", Title: w.Must("periods"), Sheet: w.Must("periods"), NewPage: true, Blocks: []Block{t}}
}

// programmeAdjustments are the whole figures of the period that are others since they were approved, lab by lab.
func (w words) programmeAdjustments(p *portfolio) Section {
	t := w.listing("adjustments", Column{w.Must("column.code"), false, 8}, Column{w.Must("column.indicator"), false, 46}, Column{w.Must("column.approved"), true, 15},
		Column{w.Must("column.now"), true, 15}, Column{w.Must("column.difference"), true, 15})
	for _, m := range p.labs {
		begun := false
		for _, a := range m.adjustments {
			if a.Segment != "" {
				continue
			}
			if !begun {
				begun = true
				t.Rows = append(t.Rows, group(foreign(m.sheet.Name), t))
			}
			i := m.indicator(a.Indicator)
			approved, now, difference := w.compared(a, i.Unit)
			t.Rows = append(t.Rows, line(text(a.Indicator), text(w.say(i.Name)), approved, now, difference))
		}
	}
	if len(t.Rows) > 0 {
		t.Remark = w.Must("adjustments.programme")
	}
	return Section{ID: "adjustments", Title: w.Must("adjustments"), Sheet: w.Must("adjustments"), Blocks: []Block{t}}
}

// group is the row that names those that follow.
func group(name Cell, t *Table) Row {
	cells := make([]Cell, len(t.Columns))
	cells[0] = name
	return Row{Cells: cells, Level: Group}
}

// call is each phrase of the call with its indicators' values.
func (w words) call(p *portfolio) Section {
	t := w.listing("call", Column{w.Must("column.number"), false, 6}, Column{w.Must("column.phrase"), false, 44}, Column{w.Must("column.values"), false, 50})
	for _, phrase := range schemas.Phrases() {
		var values []string
		for _, code := range phrase.Indicators {
			i := (&material{catalogue: p.catalogue}).indicator(code)
			v := none
			if f, ok := p.figures[code]; ok && f.Value != nil {
				v = w.value(exactly(*f.Value), i.Unit)
			}
			values = append(values, w.Must("call.value", "code", code, "name", w.say(i.Name), "value", v))
		}
		if len(values) == 0 {
			values = append(values, w.Must("call.none"))
		}
		said := w.Must("call.quoted", "phrase", w.say(phrase.Text))
		t.Rows = append(t.Rows, line(text(phrase.ID), text(said), text(strings.Join(values, w.Must("semicolon")))))
	}
	t.Wide = true
	return Section{ID: "call", Title: w.Must("call"), Sheet: w.Must("call.sheet"), NewPage: true, Blocks: []Block{t}}
}
