package reports

// business is the business model: its stage, its tests, and the figures that it shows in.
func (w words) business(m *material) Section {
	s := Section{ID: "business", Title: w.Must("business"), Sheet: w.Must("business.sheet")}
	stage := text(none)
	if v := m.figure("B03", ""); v != nil {
		stage = w.num(*v, "")
		stage.Text = w.Must("stage." + v.Truncate(0).String())
	}
	facts := Facts{{w.Must("business.stage"), stage}}
	for _, code := range []string{"B01", "B02", "E01", "E02", "E03", "E04", "C03"} {
		i := m.indicator(code)
		facts = append(facts, Fact{w.say(i.Name), w.opt(m.figure(code, ""), i.Unit)})
	}
	t := w.listed(m, "tests", Column{w.Must("column.date"), false, 20}, Column{w.Must("column.hypothesis"), false, 50}, Column{w.Must("column.decision"), false, 30})
	for _, i := range m.itemsOf("business_model.test.concluded") {
		t.Rows = append(t.Rows, line(w.date(i.Day), text(w.segment("hypothesis_type="+i.Hypothesis)), text(w.segment("decision="+i.Decision))))
	}
	s.Blocks = []Block{facts, t}
	return s
}
