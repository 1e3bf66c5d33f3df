package showcase

import (
	"cmp"
	"math"
	"slices"
	"time"

	"vitrine/internal/pages"
)

type labPage struct {
	page
	Name, Place string
	Archetype   string
	Facts       []fact
	Map         mapView
	Street      string // address of a street map; empty: not known where it is
	Services    []serviceRow
	Machines    []figure
	Sessions    []sessionRow
	Feed        string
	Figures     []figure
	Commitments []commitmentCard
	Mentions    []itemRow
	Projects    []itemRow
}

// fact is a line of a definition list.
type fact struct {
	Name, Value string
	Day         string // for machines, where Value is a date
	Href        string
}

type serviceRow struct{ Name, Title, Href, Since string }

// commitmentCard is a commitment as shown.
type commitmentCard struct {
	Name, Segment string
	Badge         pages.Badge
	Actual        string
	Target        string // "of 12,000 h"
	Percent       string // empty: not known
	Masked        string // why it is masked; empty: it isn't
	Gauge         gauge
	Period        string
}

// gauge is the bar of a commitment, in shares of its width.
type gauge struct {
	Status Status
	Fill   string
	Target string // where the target stands; empty: at the right end
}

// labItems is how many mentions and projects a lab's page shows.
const labItems = 12

func (h *Handler) labPage(v visitor, programme *Programme, lab *Lab) labPage {
	p := labPage{
		page: h.newPage(v, address{path: labPath(lab.Slug)}, lab.title()),
		Name: lab.title(), Place: lab.place(), Archetype: lab.ArchetypeName.in(v.lang),
		Feed: address{path: labPath(lab.Slug) + "/agenda.ics", lang: v.explicit()}.String(),
	}
	t := p.texts
	p.Description = p.Name + ", " + p.Place
	p.stamp(programme)
	if !lab.Opened.IsZero() {
		p.Facts = append(p.Facts, fact{Name: t.Must("lab.opened"), Value: t.Date(lab.Opened), Day: lab.Opened.Format(time.DateOnly)})
	}
	if site := outside(lab.Website); site != "" {
		p.Facts = append(p.Facts, fact{Name: t.Must("lab.site"), Value: bare(site), Href: site})
	}
	p.Map = h.drawLab(t, lab)
	p.Street = streetMap(lab)
	for _, s := range lab.Services {
		row := serviceRow{Name: s.Name.in(v.lang), Title: s.Title, Href: outside(s.URL)}
		if !s.Since.IsZero() {
			row.Since = t.Must("lab.since", "date", t.Date(s.Since))
		}
		p.Services = append(p.Services, row)
	}
	for _, m := range lab.Machines {
		p.Machines = append(p.Machines, figure{Name: m.Category.in(v.lang), Value: t.Lang.Number(float64(m.Count))})
	}
	for _, s := range lab.Sessions {
		p.Sessions = append(p.Sessions, t.session(s))
	}
	for _, f := range lab.Figures {
		p.Figures = append(p.Figures, t.figure(f))
	}
	all := slices.Clone(lab.Commitments)
	slices.SortStableFunc(all, func(a, b Commitment) int { return cmp.Compare(a.Code, b.Code) })
	for _, c := range all {
		p.Commitments = append(p.Commitments, t.commitment(c))
	}
	for _, i := range lab.Mentions[:min(len(lab.Mentions), labItems)] {
		p.Mentions = append(p.Mentions, t.item(i))
	}
	for _, i := range lab.Projects[:min(len(lab.Projects), labItems)] {
		p.Projects = append(p.Projects, t.item(i))
	}
	return p
}

func (t texts) commitment(c Commitment) commitmentCard {
	isCap := c.Status == pages.StatusWithin || c.Status == pages.StatusExceeded
	target := "commitment.target"
	if isCap {
		target = "commitment.cap"
	}
	card := commitmentCard{
		Name:    cmp.Or(c.Name.in(t.Lang), c.Code),
		Segment: c.Segment.in(t.Lang),
		Badge:   t.Badge(c.Status),
		Actual:  t.Must("commitment.nodata"),
		Target:  t.Must(target, "target", t.Value(c.Target, c.Unit)),
		Gauge:   newGauge(c),
		Period:  t.period(c.From, c.Due),
	}
	switch {
	case c.Masked:
		card.Actual, card.Masked = t.Must("masked.word"), t.why(c.Measure)
	case c.Actual != nil:
		card.Actual = t.Value(*c.Actual, c.Unit)
		if c.Percent != nil && !isCap {
			card.Percent = t.Must("commitment.percent", "percent", t.Percent(*c.Percent))
		}
	}
	return card
}

func (t texts) period(from, due time.Time) string {
	switch {
	case from.IsZero() && due.IsZero():
		return ""
	case from.IsZero():
		return t.Must("commitment.until", "due", t.Date(due))
	case due.IsZero():
		return t.Must("commitment.from", "from", t.Date(from))
	}
	return t.Must("commitment.fromto", "from", t.Date(from), "due", t.Date(due))
}

// newGauge scales a commitment to its bar: the target is the right end, unless it has been passed.
func newGauge(c Commitment) gauge {
	actual := 0.0
	if c.Actual != nil && !c.Masked {
		actual = finite(*c.Actual)
	}
	target := finite(c.Target)
	full := max(target, actual)
	g := gauge{Status: c.Status, Fill: svgPercent(0)}
	if !c.Status.Known() {
		g.Status = "other"
	}
	if full == 0 {
		return g
	}
	g.Fill = svgPercent(100 * actual / full)
	if target < full {
		g.Target = svgPercent(100 * target / full)
	}
	return g
}

// finite makes of v something that can be drawn.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return 0
	}
	return v
}
