package programme

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"vitrine/internal/pages"
)

// perPage is how many labs one page of the portfolio holds: a thousand on one would be 9 MB of table.
const perPage = 100

// silentFrom is after how many days without activity the pages say so: a month is longer than the summer closing of
// most labs.
const silentFrom = 31

type portfolioPage struct {
	page
	asOf
	Tiles    []tile
	Tally    []tally
	Filters  []filter
	Text     string
	Sort     string // for the form
	Narrowed bool
	Reset    string
	Sorts    []choice
	Families []familyHead
	Columns  []columnHead
	Rows     []labRow
	Legend   []pages.Badge
	Count    string
	None     bool // no lab at all
}

// asOf is the day that figures stand for, with a field to choose another.
type asOf struct {
	AsOf, AsOfDay string
	Other         string // that the day is past, or to come; empty: it is today
	Today         string // the address of today's
}

// tile is a figure that stands out.
type tile struct {
	Name, Value, Href string
	Bad               bool // wants attention
}

// tally is how many labs stand so.
type tally struct {
	pages.Badge
	N, Href string
	Current bool
}

// filter is a list to choose from.
type filter struct {
	Name, Label string
	Options     []option
}

type option struct {
	Value, Label string
	Selected     bool
}

type familyHead struct {
	Name string
	Span int
}

type columnHead struct {
	Code, Name, Segment string
	Href                string // sorts by it
	Sorted              bool
	First               bool // of its family
}

// labRow is a lab in the heat map.
type labRow struct {
	Href, Name, Place string
	Badge             pages.Badge
	Mean              string // empty: as Badge
	Last, LastDay     string
	Notes             []string
	Cells             []cell
}

// cell is a commitment in the heat map; without Href there is none.
type cell struct {
	Href, Status, Icon string
	Text               string // 45 %
	Words              string // Late: 12 of 30, 27 expected
	First              bool   // of its family
}

func (h *Handler) portfolio(v *visit) {
	q, ok := readQuery(v.r.URL.Query())
	if !ok {
		h.problem(v, http.StatusBadRequest, "day")
		return
	}
	p, err := h.readPortfolio(v, q.asOf)
	if err != nil {
		h.failed(v, err)
		return
	}
	h.show(v, http.StatusOK, "portfolio", h.portfolioPage(v, q, p))
}

func (h *Handler) readPortfolio(v *visit, day time.Time) (*Portfolio, error) {
	return read(h, v, "portfolio "+dayParameter(day), func(ctx context.Context) (*Portfolio, error) {
		return h.config.Labs.Portfolio(ctx, day)
	})
}

func (h *Handler) portfolioPage(v *visit, q query, p *Portfolio) portfolioPage {
	out := portfolioPage{page: h.newPage(v, "portfolio.title"), Text: q.text, Sort: q.sort, Narrowed: q.narrowed(), None: len(p.Labs) == 0}
	t := out.texts
	out.asOf = h.dayOf(&out.page, p.AsOf, root, q.parameters("as-of", ""))
	out.Reset = out.Link(root, "as-of", dayParameter(q.asOf), "sort", q.sort)
	var taken []*Lab
	for i := range p.Labs {
		if q.takes(&p.Labs[i]) {
			taken = append(taken, &p.Labs[i])
		}
	}
	taken = arranged(taken, q.sort)
	out.Tally, out.Tiles = out.tally(q, p.Labs), h.tiles(v, &out.page, p.Labs)
	out.Filters = out.filters(q, p.Labs)
	out.sorts(q)
	out.Count = t.Count("labs.count", len(taken))
	if out.Narrowed {
		out.Count = t.Count("labs.of", len(p.Labs), "taken", t.Lang.Number(float64(len(taken))))
	}
	columns := columnsOf(p.Labs)
	out.head(q, columns)
	from, to := out.paged(len(taken), perPage, q.page, root, q.parameters()...)
	for _, lab := range taken[from:to] {
		out.Rows = append(out.Rows, out.row(lab, columns, p.AsOf, q.asOf))
	}
	for _, s := range pages.BestFirst() {
		out.Legend = append(out.Legend, t.Badge(s))
	}
	return out
}

// dayOf says which day the figures stand for.
func (h *Handler) dayOf(p *page, day time.Time, path string, others []string) asOf {
	out := asOf{AsOf: p.texts.Must("asof", "date", p.texts.Date(day)), AsOfDay: day.Format(time.DateOnly), Today: p.Link(path, others...)}
	switch today := h.config.Clock().Format(time.DateOnly); {
	case out.AsOfDay < today:
		out.Other = p.texts.Must("asof.past")
	case out.AsOfDay > today:
		out.Other = p.texts.Must("asof.tocome")
	}
	return out
}

// tally counts the labs by their worst status, each with the address of those.
func (p page) tally(q query, labs []Lab) []tally {
	counts := map[Status]int{}
	for i := range labs {
		counts[labs[i].Worst]++
	}
	var all []tally
	for _, s := range pages.WorstFirst() {
		if n := counts[s]; n > 0 {
			current, to := q.status == string(s), string(s)
			if current {
				to = "" // a second click takes the filter away
			}
			all = append(all, tally{Badge: p.texts.Badge(s), N: p.texts.Lang.Number(float64(n)), Current: current, Href: p.Link(root, q.parameters("status", to)...)})
		}
	}
	return all
}

func (h *Handler) tiles(v *visit, p *page, labs []Lab) []tile {
	t := p.texts
	silent, overdue, commitments, behind := 0, 0, 0, 0
	for i := range labs {
		if labs[i].silence() >= silentFrom && labs[i].Worst != pages.StatusNotStarted {
			silent++
		}
		overdue += labs[i].OverduePeriods
		for _, c := range labs[i].Commitments {
			commitments++
			switch c.Status {
			case pages.StatusLate, pages.StatusMissed, pages.StatusExceeded:
				behind++
			}
		}
	}
	number := func(n int) string { return t.Lang.Number(float64(n)) }
	all := []tile{
		{Name: t.Must("tile.labs"), Value: number(len(labs))},
		{Name: t.Must("tile.commitments"), Value: number(commitments)},
		{Name: t.Must("tile.behind"), Value: number(behind), Bad: behind > 0},
		{Name: t.Must("tile.silent"), Value: number(silent), Bad: silent > 0, Href: p.Link(root, "sort", sortLast)},
		{Name: t.Must("tile.overdue"), Value: number(overdue), Bad: overdue > 0},
	}
	if h.config.Periods != nil {
		all[4].Href = p.Link(root+"/periods", "state", "overdue")
	}
	if h.config.Overview != nil {
		// The portfolio is shown without it too.
		if alerts, err := h.readAlerts(v); err == nil {
			all = append(all, tile{Name: t.Must("tile.alerts"), Value: number(len(alerts)), Bad: len(alerts) > 0, Href: p.Link(root + "/alerts")})
		}
	}
	return all
}

func (p page) filters(q query, labs []Lab) []filter {
	l := p.texts.Lang
	regions, archetypes := map[string]string{}, map[string]string{}
	for i := range labs {
		regions[labs[i].Region] = labs[i].Region
		archetypes[labs[i].Archetype] = labs[i].ArchetypeName.In(l)
	}
	list := func(name, chosen string, labels map[string]string) filter {
		f := filter{Name: name, Label: p.texts.Must("filter." + name), Options: []option{{Label: p.texts.Must("filter.all")}}}
		delete(labels, "")
		if chosen != "" && labels[chosen] == "" {
			labels[chosen] = chosen
		}
		for value, label := range labels {
			f.Options = append(f.Options, option{Value: value, Label: cmp.Or(label, value), Selected: value == chosen})
		}
		slices.SortFunc(f.Options[1:], func(a, b option) int { return cmp.Compare(pages.SortKey(a.Label), pages.SortKey(b.Label)) })
		return f
	}
	statuses := filter{Name: "status", Label: p.texts.Must("filter.status"), Options: []option{{Label: p.texts.Must("filter.all")}}}
	for _, s := range pages.WorstFirst() {
		statuses.Options = append(statuses.Options, option{Value: string(s), Label: p.texts.Badge(s).Text, Selected: string(s) == q.status})
	}
	return []filter{list("region", q.region, regions), list("archetype", q.archetype, archetypes), statuses}
}

func (p *portfolioPage) sorts(q query) {
	for _, by := range []string{"", sortMean, sortName, sortRegion, sortLast} {
		p.Sorts = append(p.Sorts, choice{Label: p.texts.Must("sort." + cmp.Or(by, "worst")), Href: p.Link(root, q.parameters("sort", by)...), Current: by == q.sort})
	}
}

func (p *portfolioPage) head(q query, columns []column) {
	l := p.Lang
	for i, c := range columns {
		first := i == 0 || columns[i-1].family != c.family
		if first {
			p.Families = append(p.Families, familyHead{Name: p.texts.Must("family." + cmp.Or(c.family, "other"))})
		}
		p.Families[len(p.Families)-1].Span++
		p.Columns = append(p.Columns, columnHead{Code: c.Code, Name: c.Name.In(l), Segment: c.Segment.In(l), First: first,
			Href: p.Link(root, q.parameters("sort", c.Key)...), Sorted: q.sort == c.Key})
	}
}

func (p *portfolioPage) row(lab *Lab, columns []column, today, asked time.Time) labRow {
	t := p.texts
	href := p.Link(labPath(lab.Slug), "as-of", dayParameter(asked))
	row := labRow{Href: href, Name: lab.title(), Place: lab.place(), Badge: t.Badge(lab.Worst), Last: t.Must("labs.noevent")}
	if lab.Mean != lab.Worst && lab.Mean != "" {
		row.Mean = t.Must("labs.mean", "status", t.Badge(lab.Mean).Text)
	}
	if at := lab.LastEvent; at != nil {
		row.Last, row.LastDay = t.Ago(*at, today), at.Format(time.DateOnly)
	}
	row.Notes = t.notes(lab)
	promises := lab.byKey()
	for i, c := range columns {
		first := i > 0 && columns[i-1].family != c.family
		promise := promises[c.Key]
		if promise == nil {
			row.Cells = append(row.Cells, cell{First: first})
			continue
		}
		badge := t.Badge(promise.Status)
		row.Cells = append(row.Cells, cell{Href: href + "#" + promise.anchor(), Status: string(badge.Status), Icon: badge.Icon, First: first,
			Text: t.share(promise), Words: badge.Text + t.Must("colon") + t.outOf(promise)})
	}
	return row
}

// notes are what should be looked at in a lab beyond its commitments.
func (t texts) notes(lab *Lab) []string {
	var notes []string
	if d := lab.SilentDays; d != nil && *d >= silentFrom {
		notes = append(notes, t.Count("labs.silent", *d))
	}
	if lab.OverduePeriods > 0 {
		notes = append(notes, t.Count("labs.overdue", lab.OverduePeriods))
	}
	return notes
}

// share is how much of its target a commitment has reached; of a cap, what is used.
func (t texts) share(c *Commitment) string {
	switch {
	case c.Actual == nil:
		return "–"
	case c.Direction == "cap" || c.Percent == nil:
		return t.Value(*c.Actual, c.Unit)
	}
	return t.Percent(*c.Percent)
}

// outOf is the actual of the target, in words.
func (t texts) outOf(c *Commitment) string {
	if c.Actual == nil {
		return t.Must("commitment.nodata", "target", t.Value(c.Target, c.Unit))
	}
	key := "commitment.of"
	if c.Direction == "cap" {
		key = "commitment.cap"
	}
	return t.Must(key, "actual", t.Value(*c.Actual, c.Unit), "target", t.Value(c.Target, c.Unit))
}
