package reports

// quality is how far the data can be relied on.
func (w words) quality(m *material) Section {
	f := Facts{}
	for _, code := range []string{"Q01", "Q02", "Q03"} {
		i := m.indicator(code)
		f = append(f, Fact{w.say(i.Name), w.opt(m.figure(code, ""), i.Unit)})
	}
	f = append(f,
		Fact{w.Must("quality.events"), w.count(m.conduct.Events)},
		Fact{w.Must("quality.corrected"), w.count(m.conduct.Corrected)},
		Fact{w.Must("quality.retracted"), w.count(m.conduct.Retracted)},
		Fact{w.Must("quality.rejected"), w.count(m.rejected)})
	f = append(f, Fact{w.Must("quality.overdue"), w.count(m.overdue)})
	silent := m.silent()
	if silent != nil {
		f = append(f, Fact{w.Must("quality.last"), w.date(m.asOf.AddDate(0, 0, -int(*silent)))})
	}
	s := Section{ID: "quality", Title: w.Must("quality"), Sheet: w.Must("quality.sheet"), Blocks: []Block{f}}
	if m.rejected > 0 {
		s.Blocks = append(s.Blocks, Paragraph{w.Count("quality.waiting", int(m.rejected), "lab", m.sheet.Lab), Warning})
	}
	if silent != nil && *silent >= silentDays {
		s.Blocks = append(s.Blocks, Paragraph{w.Count("quality.silent", int(*silent)), Warning})
	}
	return s
}

// silentDays is from when on a lab's silence is worth a sentence.
const silentDays = 30
