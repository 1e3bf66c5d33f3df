package reports

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/pages"
	"vitrine/schemas"
)

// portfolio is what is known of all labs for the programme's report.
type portfolio struct {
	labs []*material // by name
	// figures are the programme's since its start, period those of the report's period.
	figures, period map[string]clickhouse.ProgrammeFigure // by indicator
	catalogue       *schemas.Catalogue
}

// programmeReport makes the report over all labs.
func (e *edition) programmeReport(q Question, p *portfolio) *Report {
	w := e.words
	r := e.newReport(q)
	r.Title = w.Must("title.programme." + e.grain)
	r.Subject = w.Must("programme")
	planned, granted := decimal.Zero, decimal.Zero
	for _, m := range p.labs {
		planned, granted = planned.Add(orZero(m.planned())), granted.Add(orZero(m.granted()))
	}
	r.Head = Facts{
		{w.Must("head.period"), text(w.Must("fromto", "from", w.Date(e.starts), "to", w.Date(e.ends)))},
		{w.Must("head.labs"), w.count(uint64(len(p.labs)))},
		{w.Must("head.grants"), w.num(granted, "EUR")},
		{w.Must("head.budgets"), w.num(planned, "EUR")},
	}
	e.sayProgrammeState(r, p)
	r.Sections = []Section{
		w.programmeSummary(p),
		w.portfolioTable(p),
		w.attention(p),
		w.programmeFigures(p),
		w.overLabs(p),
		w.programmeExpenditure(p),
		w.periodStates(p),
		w.programmeAdjustments(p),
		w.programmeQuality(p),
		w.call(p),
		w.programmeMethod(p),
	}
	return r
}

// sayProgrammeState says of how many labs the figures are the approved ones.
func (e *edition) sayProgrammeState(r *Report, p *portfolio) {
	frozen := 0
	for _, m := range p.labs {
		if m.frozen {
			frozen++
		}
	}
	r.Notice = e.Must("notice.programme")
	r.Provisional = frozen < len(p.labs) || frozen == 0
	r.State = e.Must("approved.programme")
	switch {
	case len(p.labs) == 0:
		r.State = e.Must("provisional.nobody", "date", e.Date(e.asOf))
	case r.Provisional:
		r.State = e.Count("provisional.programme", frozen, "date", e.Date(e.asOf), "all", strconv.Itoa(len(p.labs)))
	}
}

func orZero(v *decimal.Decimal) decimal.Decimal {
	if v == nil {
		return decimal.Zero
	}
	return *v
}

// all are the commitments of all labs.
func (p *portfolio) all() []promise {
	var all []promise
	for _, m := range p.labs {
		all = append(all, m.promises...)
	}
	return all
}

func (w words) programmeSummary(p *portfolio) Section {
	s := Section{ID: "summary", Title: w.Must("summary"), Sheet: w.Must("summary")}
	silent, active := 0, 0
	for _, m := range p.labs {
		if m.conduct.Events > 0 {
			active++
		} else {
			silent++
		}
	}
	if active == 0 {
		s.Blocks = append(s.Blocks, Paragraph{w.Must("programme.empty"), Warning})
	} else {
		s.Blocks = append(s.Blocks, Paragraph{w.Count("programme.active", active, "did", w.programmeDid(p)), Plain})
	}
	if silent > 0 && active > 0 {
		s.Blocks = append(s.Blocks, Paragraph{w.Count("programme.silent", silent), Warning})
	}
	s.Blocks = append(s.Blocks, Paragraph{w.standing(p.all()), Plain})
	return s
}

// programmeDid is what the labs did together in the period.
func (w words) programmeDid(p *portfolio) string {
	v := func(code string) decimal.Decimal {
		if f, ok := p.period[code]; ok && f.Value != nil {
			return exactly(*f.Value)
		}
		return decimal.Zero
	}
	count := func(key, code string) string { return w.Count(key, int(v(code).IntPart())) }
	return w.list([]string{
		count("summary.events", "D01") + w.bracketed(count("summary.visitors", "D02")),
		count("summary.trainings", "T01") + w.bracketed(w.Must("summary.hours", "hours", w.number(v("T02"), 0))),
		count("summary.companies", "C01"), count("summary.services", "C04"),
		w.Must("summary.machines", "hours", w.number(v("U01"), 0)), count("summary.mentions", "V01"),
	})
}

// portfolioTable is labs by statuses.
func (w words) portfolioTable(p *portfolio) Section {
	t := w.listing("portfolio", Column{w.Must("column.lab"), false, 30}, Column{w.Must("column.region"), false, 18})
	t.Wide = true
	shown := []string{"achieved", "on_track", "at_risk", "late", "missed", "no_data", "not_started"}
	for _, status := range shown {
		t.Columns = append(t.Columns, Column{w.status(status), true, 7})
	}
	t.Columns = append(t.Columns, Column{w.Must("column.worst"), false, 12})
	sum := map[string]uint64{}
	for _, m := range p.labs {
		n := tally(m.promises)
		n["achieved"], n["missed"] = n["achieved"]+n["within"], n["missed"]+n["exceeded"]
		row := line(foreign(m.sheet.Name), text(orNone(m.sheet.Region)))
		for _, status := range shown {
			row.Cells = append(row.Cells, w.some(n[status]))
			sum[status] += n[status]
		}
		t.Rows = append(t.Rows, Row{Cells: append(row.Cells, w.statusCell(m.worst()))})
	}
	if len(t.Rows) > 0 {
		total := Row{Level: Total, Cells: []Cell{text(w.Must("total")), text("")}}
		for _, status := range shown {
			total.Cells = append(total.Cells, w.some(sum[status]))
		}
		t.Rows = append(t.Rows, Row{Level: Total, Cells: append(total.Cells, text(""))})
	}
	t.Remark = w.Must("portfolio.remark")
	return Section{ID: "portfolio", Title: w.Must("portfolio"), Sheet: w.Must("portfolio"), NewPage: true, Blocks: []Block{t}}
}

// attention is the commitments that are behind, lab by lab.
func (w words) attention(p *portfolio) Section {
	t := w.listing("attention", Column{w.Must("column.commitment"), false, 34}, Column{w.Must("column.target"), true, 12}, Column{w.Must("column.actual"), true, 12},
		Column{w.Must("column.expected"), true, 12}, Column{w.Must("column.due"), false, 12}, Column{w.Must("column.status"), false, 14})
	for _, m := range p.labs {
		begun := false
		for _, c := range m.promises {
			if !c.failing() {
				continue
			}
			if !begun {
				begun = true
				t.Rows = append(t.Rows, group(foreign(m.sheet.Name), t))
			}
			t.Rows = append(t.Rows, line(text(w.promiseName(c, m)), w.target(c), w.opt(c.actual, c.unit), w.expected(c), w.date(c.due), w.statusCell(c.status)))
		}
	}
	return Section{ID: "attention", Title: w.Must("attention"), Sheet: w.Must("attention.sheet"), NewPage: true, Blocks: []Block{t}}
}

// programmeFigures are the indicators over all labs: in the period, and since the start.
func (w words) programmeFigures(p *portfolio) Section {
	t := w.listing("figures", Column{w.Must("column.code"), false, 6}, Column{w.Must("column.indicator"), false, 42}, Column{w.Must("column.inperiod"), true, 16},
		Column{w.Must("column.sincestart"), true, 16}, Column{w.Must("column.labs"), true, 8}, Column{w.Must("column.over"), false, 16})
	for _, i := range p.catalogue.Indicators {
		f, ok := p.figures[i.Code]
		if !ok {
			continue
		}
		in := text(none)
		if v, ok := p.period[i.Code]; ok {
			in = w.opt(exactlyOpt(v.Value), i.Unit)
		}
		t.Rows = append(t.Rows, line(text(i.Code), text(w.say(i.Name)), in, w.opt(exactlyOpt(f.Value), i.Unit), w.count(f.Labs), text(w.Must("over."+f.OverLabs))))
	}
	t.Remark = w.Must("figures.remark")
	return Section{ID: "figures", Title: w.Must("figures"), Sheet: w.Must("figures.sheet"), NewPage: true, Blocks: []Block{t}}
}

// overLabs is each commitment's status over the labs that made it.
func (w words) overLabs(p *portfolio) Section {
	t := w.listing("over-labs", Column{w.Must("column.commitment"), false, 40}, Column{w.Must("column.labs"), true, 8})
	shown := []string{"achieved", "on_track", "at_risk", "late", "missed", "no_data", "not_started"}
	for _, status := range shown {
		t.Columns = append(t.Columns, Column{w.status(status), true, 8})
	}
	byKey := map[slice][]promise{}
	var keys []slice
	for _, c := range p.all() {
		key := slice{c.indicator, c.segment}
		if byKey[key] == nil {
			keys = append(keys, key)
		}
		byKey[key] = append(byKey[key], c)
	}
	place := map[string]int{}
	for n, i := range p.catalogue.Indicators {
		place[i.Code] = n
	}
	slices.SortFunc(keys, func(a, b slice) int {
		return cmp.Or(cmp.Compare(place[a.indicator], place[b.indicator]), cmp.Compare(a.segment, b.segment))
	})
	for _, key := range keys {
		n := tally(byKey[key])
		n["achieved"], n["missed"] = n["achieved"]+n["within"], n["missed"]+n["exceeded"]
		i := (&material{catalogue: p.catalogue}).indicator(key.indicator)
		row := line(text(w.figureName(i, key.segment)), w.count(uint64(len(byKey[key]))))
		for _, status := range shown {
			row.Cells = append(row.Cells, w.some(n[status]))
		}
		t.Rows = append(t.Rows, row)
	}
	return Section{ID: "over-labs", Title: w.Must("overlabs"), Sheet: w.Must("overlabs.sheet"), Blocks: []Block{t}}
}

// programmeExpenditure is the money lab by lab.
func (w words) programmeExpenditure(p *portfolio) Section {
	t := w.listing("expenditure-labs", Column{w.Must("column.lab"), false, 30}, Column{w.Must("column.planned"), true, 14}, Column{w.Must("column.inperiod"), true, 14},
		Column{w.Must("column.tilldate"), true, 14}, Column{w.Must("column.execution"), true, 9}, Column{w.Must("column.aid"), true, 9}, Column{w.Must("column.captitle"), false, 14})
	t.Wide = true
	var planned, inPeriod, sinceStart decimal.Decimal
	for _, m := range p.labs {
		paid := m.paid()
		budget, ceiling := text(none), text(none)
		var rate *decimal.Decimal
		if of := m.planned(); of != nil {
			budget, rate = w.num(*of, "EUR"), percent(paid, *of)
			planned = planned.Add(*of)
		}
		aid := m.figure("I03", "")
		if most := m.ceiling(); most != nil && aid != nil {
			status := "within"
			if aid.GreaterThan(*most) {
				status = "exceeded"
			}
			ceiling = w.statusCell(status)
		}
		now := m.figureOrZero("I01", "")
		inPeriod, sinceStart = inPeriod.Add(now), sinceStart.Add(paid)
		t.Rows = append(t.Rows, line(foreign(m.sheet.Name), budget, w.num(now, "EUR"), w.num(paid, "EUR"), w.opt(rate, "%"), w.opt(aid, "%"), ceiling))
	}
	if len(t.Rows) > 0 {
		aid := text(none)
		if f, ok := p.figures["I03"]; ok {
			aid = w.opt(exactlyOpt(f.Value), "%")
		}
		t.Rows = append(t.Rows, Row{Level: Total, Cells: []Cell{text(w.Must("total")), w.num(planned, "EUR"), w.num(inPeriod, "EUR"), w.num(sinceStart, "EUR"),
			w.opt(percent(sinceStart, planned), "%"), aid, text("")}})
	}
	return Section{ID: "expenditure", Title: w.Must("expenditure"), Sheet: w.Must("expenditure"), NewPage: true, Blocks: []Block{t}}
}

// programmeQuality is how far each lab's data can be relied on.
func (w words) programmeQuality(p *portfolio) Section {
	t := w.listing("quality-labs", Column{w.Must("column.lab"), false, 30}, Column{w.Must("quality.events"), true, 10}, Column{w.Must("quality.corrected"), true, 10},
		Column{w.Must("quality.retracted"), true, 10}, Column{w.Must("quality.rejected"), true, 10}, Column{w.Must("column.silent"), true, 10},
		Column{w.Must("column.completeness"), true, 10}, Column{w.Must("column.timeliness"), true, 10})
	t.Wide = true
	for _, m := range p.labs {
		silent := text(none)
		if days := m.silent(); days != nil {
			silent = w.num(decimal.NewFromInt(*days), "day")
		}
		t.Rows = append(t.Rows, line(foreign(m.sheet.Name), w.count(m.conduct.Events), w.count(m.conduct.Corrected), w.count(m.conduct.Retracted),
			w.count(m.rejected), silent, w.opt(m.figure("Q02", ""), "%"), w.opt(m.figure("Q03", ""), "%")))
	}
	return Section{ID: "quality", Title: w.Must("quality"), Sheet: w.Must("quality.sheet"), NewPage: true, Blocks: []Block{t}}
}

// programmeMethod says how each figure is made.
func (w words) programmeMethod(p *portfolio) Section {
	t := w.listing("method", Column{w.Must("column.code"), false, 6}, Column{w.Must("column.indicator"), false, 22}, Column{w.Must("column.definition"), false, 32},
		Column{w.Must("column.formula"), false, 40})
	t.Wide, t.Remark = true, w.Must("programme.method")
	for _, i := range p.catalogue.Indicators {
		if _, ok := p.figures[i.Code]; ok {
			t.Rows = append(t.Rows, line(text(i.Code), text(w.say(i.Name)), text(w.say(i.Definition)), text(w.formula(&i))))
		}
	}
	return Section{ID: "method", Title: w.Must("method"), Sheet: w.Must("method.sheet"), NewPage: true, Blocks: []Block{t}}
}

// byName puts labs in the alphabet's order.
func byName(labs []*material) {
	slices.SortFunc(labs, func(a, b *material) int {
		return cmp.Compare(pages.SortKey(a.sheet.Name), pages.SortKey(b.sheet.Name))
	})
}
