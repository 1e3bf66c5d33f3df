package showcase

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"vitrine/internal/pages"
)

type labPage struct {
	page
	Name, Place string
	Badge       pages.Badge
	Mean        string // empty: as Badge
	Facts       []fact
	Map         string // address; empty: not known where it is
	Legend      string
	Commitments []commitmentCard
}

// fact is a line of a definition list.
type fact struct {
	Name, Value string
	Day         string // for machines, where Value is a date
}

// commitmentCard is a commitment as shown.
type commitmentCard struct {
	Name, Segment string
	Badge         pages.Badge
	Actual        string
	Target        string // "of 12,000 h"
	Percent       string // empty: not known
	Gauge         gauge
	Facts         []fact
}

// gauge is the bar of a commitment, in shares of its width.
type gauge struct {
	Status   Status
	Fill     string
	Target   string // where the target stands; empty: at the right end
	Expected string // empty: nothing is expected
}

func (h *Handler) labPage(v visitor, programme *Programme, lab *Lab) labPage {
	p := labPage{
		page:  h.newPage(v, address{path: labPath(lab.Slug)}, lab.title()),
		Name:  lab.title(),
		Place: lab.place(),
		Badge: h.texts[v.lang].Badge(lab.WorstStatus),
	}
	t := p.texts
	today := h.today(programme)
	p.stamp(programme, today)
	p.Mean = t.mean(lab)
	p.Facts = t.labFacts(lab, today)
	if lab.Latitude != nil && lab.Longitude != nil {
		p.Map = fmt.Sprintf("https://www.openstreetmap.org/?mlat=%.5f&mlon=%.5f#map=15/%.5f/%.5f",
			*lab.Latitude, *lab.Longitude, *lab.Latitude, *lab.Longitude)
	}
	p.Legend = t.Must("lab.legend", "date", t.Date(today))
	all := slices.Clone(lab.Commitments)
	slices.SortStableFunc(all, func(a, b Commitment) int { return cmp.Compare(a.Status.Rank(), b.Status.Rank()) })
	for _, c := range all {
		p.Commitments = append(p.Commitments, t.card(c))
	}
	return p
}

func (t texts) labFacts(lab *Lab, today time.Time) []fact {
	last := fact{Name: t.Must("lab.last"), Value: t.Must("labs.noevent")}
	if at := lab.LastEvent; at != nil {
		last.Value = t.Ago(*at, today) + ", " + t.Date(*at)
		last.Day = at.Format(time.DateOnly)
	}
	facts := []fact{last}
	if d := lab.SilentDays; d != nil && *d > 0 {
		facts = append(facts, fact{Name: t.Must("lab.silent"), Value: t.Count("lab.days", *d)})
	}
	return append(facts,
		fact{Name: t.Must("lab.events"), Value: t.Lang.Number(float64(lab.Events))},
		fact{Name: t.Must("lab.overdue"), Value: t.Lang.Number(float64(lab.OverduePeriods))},
	)
}

func (t texts) card(c Commitment) commitmentCard {
	isCap := c.Status == pages.StatusWithin || c.Status == pages.StatusExceeded
	target := "commitment.target"
	if isCap {
		target = "commitment.cap"
	}
	card := commitmentCard{
		Name:    cmp.Or(t.Lang.Pick(c.NameFR, c.NameEN), c.Indicator),
		Segment: cmp.Or(t.Lang.Pick(c.SegmentFR, c.SegmentEN), c.Segment),
		Badge:   t.Badge(c.Status),
		Actual:  t.Must("commitment.nodata"),
		Target:  t.Must(target, "target", t.Value(c.Target, c.Unit)),
		Gauge:   newGauge(c, isCap),
	}
	if c.Actual != nil {
		card.Actual = t.Value(*c.Actual, c.Unit)
	}
	add := func(key, value string) { card.Facts = append(card.Facts, fact{Name: t.Must(key), Value: value}) }
	if !isCap { // a cap is kept or not: it has no line to follow
		if c.Percent != nil {
			card.Percent = t.Must("commitment.percent", "percent", t.Percent(*c.Percent))
		}
		add("commitment.expected", t.Value(c.Expected, c.Unit))
		if c.Pace != nil {
			add("commitment.pace", t.Must("commitment.pacevalue", "percent", t.Percent(*c.Pace*100)))
		}
		if c.Projected != nil {
			add("commitment.projected", t.Value(*c.Projected, c.Unit))
		}
	}
	if period := t.period(c.From, c.Due); period != "" {
		add("commitment.period", period)
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

// newGauge scales a commitment to its bar: the target is the right end, unless
// it has been passed, or more than it was expected by now.
func newGauge(c Commitment, isCap bool) gauge {
	actual := 0.0
	if c.Actual != nil {
		actual = finite(*c.Actual)
	}
	target, expected := finite(c.Target), finite(c.Expected)
	full := max(target, actual)
	if !isCap {
		full = max(full, expected)
	}
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
	if !isCap && expected > 0 {
		// A line at the very end would be cut in half.
		g.Expected = svgPercent(min(100*expected/full, 99.6))
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
