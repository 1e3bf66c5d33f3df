package reports

import (
	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// activity is what was done in the period: with the public, at the machines, and for the lab to be seen.
func (w words) activity(m *material) Section {
	s := Section{ID: "activity", Title: w.Must("activity"), Sheet: w.Must("activity"), NewPage: true}
	col := func(key string) string { return w.Must("column." + key) }
	add := func(heading string, blocks ...Block) {
		s.Blocks = append(append(s.Blocks, Heading(w.Must(heading))), blocks...)
	}
	add("activity.discovery",
		w.breakdown(m, "discovery-types", "type", col("type"), measure{"D01", col("events"), ""}, measure{"D02", col("attendances"), ""}),
		w.breakdown(m, "discovery-audiences", "audience", col("audience"), measure{"D01", col("events"), ""}, measure{"D02", col("attendances"), ""}),
		w.discoveryEvents(m))
	add("activity.trainings",
		w.breakdown(m, "training-topics", "topic", col("topic"), measure{"T01", col("sessions"), ""}, measure{"T03", col("attendances"), ""},
			measure{"T05", col("staff"), ""}, measure{"T02", col("traineehours"), "hour"}, measure{"T04", col("fill"), "%"}),
		w.breakdown(m, "training-audiences", "audience", col("audience"), measure{"T01", col("sessions"), ""}, measure{"T03", col("attendances"), ""},
			measure{"T02", col("traineehours"), "hour"}))
	add("activity.machines",
		w.breakdown(m, "machines", "machine_category", col("machine"), measure{"U01", col("hours"), "hour"}, measure{"U02", col("utilisation"), "%"}))
	add("activity.visibility", w.mentions(m), w.projects(m),
		w.breakdown(m, "visits", "visitor_type", col("visitor"), measure{"V03", col("visits"), ""}))
	return s
}

// partners are the partnerships and joint actions by type of partner.
func (w words) partners(m *material) Section {
	return Section{ID: "partners", Title: w.Must("partners"), Sheet: w.Must("partners"), Blocks: []Block{
		w.breakdown(m, "partnerships", "partner_type", w.Must("column.partnertype"), measure{"K01", w.Must("column.active"), ""}, measure{"K03", w.Must("column.actions"), ""}),
	}}
}

// companies are the companies served, as counts, and what was done for them.
func (w words) companies(m *material) Section {
	col := func(key string) string { return w.Must("column." + key) }
	return Section{ID: "companies", Title: w.Must("companies"), Sheet: w.Must("companies"), Blocks: []Block{
		Paragraph{w.Must("companies.remark"), Remark},
		w.breakdown(m, "companies-sizes", "size_class", col("size"), measure{"C01", col("users"), ""}, measure{"C02", col("newusers"), ""}, measure{"D03", col("discovered"), ""}),
		w.breakdown(m, "companies-sections", "naf_section", col("section"), measure{"C01", col("users"), ""}),
		w.breakdown(m, "services", "service_type", col("service"), measure{"C04", col("delivered"), ""}, measure{"O05", col("launched"), ""}),
	}}
}

// itemsOf are the named events of a kind.
func (m *material) itemsOf(kind string) []clickhouse.Item {
	var out []clickhouse.Item
	for _, i := range m.items {
		if i.Kind == kind {
			out = append(out, i)
		}
	}
	return out
}

func (w words) listing(id string, columns ...Column) *Table {
	return &Table{ID: id, Caption: w.Must("caption." + id), Empty: w.Must("empty." + id), Columns: columns}
}

// listed is a listing of events one by one; beside figures that were approved it says that it isn't.
func (w words) listed(m *material, id string, columns ...Column) *Table {
	t := w.listing(id, columns...)
	if m.frozen {
		t.Remark = w.Must("listed.today")
	}
	return t
}

func (w words) discoveryEvents(m *material) *Table {
	t := w.listed(m, "discovery-events", Column{w.Must("column.date"), false, 12}, Column{w.Must("column.title"), false, 42},
		Column{w.Must("column.type"), false, 22}, Column{w.Must("column.audience"), false, 14}, Column{w.Must("column.attendances"), true, 10})
	for _, i := range m.itemsOf("discovery.held") {
		people := text(none)
		if i.Attendance != nil {
			people = w.count(uint64(max(0, *i.Attendance)))
		}
		t.Rows = append(t.Rows, line(w.date(i.Day), foreign(i.Title), text(w.segment("type="+i.Type)), text(w.segment("audience="+i.Audience)), people))
	}
	return t
}

func (w words) mentions(m *material) *Table {
	t := w.listed(m, "mentions", Column{w.Must("column.date"), false, 12}, Column{w.Must("column.title"), false, 40},
		Column{w.Must("column.outlet"), false, 24}, Column{w.Must("column.medium"), false, 12}, Column{w.Must("column.scope"), false, 12})
	for _, i := range m.itemsOf("visibility.item.published") {
		t.Rows = append(t.Rows, line(w.date(i.Day), linked(i), foreign(i.Outlet), text(w.segment("medium="+i.Medium)), text(w.segment("scope="+i.Scope))))
	}
	return t
}

func (w words) projects(m *material) *Table {
	t := w.listed(m, "projects", Column{w.Must("column.date"), false, 12}, Column{w.Must("column.title"), false, 64}, Column{w.Must("column.licence"), false, 24})
	for _, i := range m.itemsOf("project.published") {
		t.Rows = append(t.Rows, line(w.date(i.Day), linked(i), text(w.segment("licence="+i.Licence))))
	}
	return t
}

// linked is an item's title, leading to its address.
func linked(i clickhouse.Item) Cell {
	c := foreign(i.Title)
	if i.URL != "" {
		c.Link = i.URL
		if i.Title == "" {
			c = Cell{Text: i.URL, Link: i.URL, Foreign: true}
		}
	}
	return c
}

// title is a kind's name for people.
func (w words) title(kind string) string {
	if k, ok := schemas.KindByName(kind); ok {
		return w.say(k.Title)
	}
	return kind
}
