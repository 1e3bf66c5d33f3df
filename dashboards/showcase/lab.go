package showcase

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

type labPage struct {
	page
	Name, Place string
	Badge       badge
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
	Badge         badge
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
		Badge: h.texts[v.lang].badge(lab.WorstStatus),
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
	p.Legend = t.must("lab.legend", "date", t.date(today))
	all := slices.Clone(lab.Commitments)
	slices.SortStableFunc(all, func(a, b Commitment) int { return cmp.Compare(a.Status.rank(), b.Status.rank()) })
	for _, c := range all {
		p.Commitments = append(p.Commitments, t.card(c))
	}
	return p
}

func (t texts) labFacts(lab *Lab, today time.Time) []fact {
	last := fact{Name: t.must("lab.last"), Value: t.must("labs.noevent")}
	if at := lab.LastEvent; at != nil {
		last.Value = t.ago(*at, today) + ", " + t.date(*at)
		last.Day = at.Format(time.DateOnly)
	}
	facts := []fact{last}
	if d := lab.SilentDays; d != nil && *d > 0 {
		facts = append(facts, fact{Name: t.must("lab.silent"), Value: t.count("lab.days", *d)})
	}
	return append(facts,
		fact{Name: t.must("lab.events"), Value: t.lang.number(float64(lab.Events))},
		fact{Name: t.must("lab.overdue"), Value: t.lang.number(float64(lab.OverduePeriods))},
	)
}

func (t texts) card(c Commitment) commitmentCard {
	isCap := c.Status == StatusWithin || c.Status == StatusExceeded
	target := "commitment.target"
	if isCap {
		target = "commitment.cap"
	}
	card := commitmentCard{
		Name:    cmp.Or(t.lang.pick(c.NameFR, c.NameEN), c.Indicator),
		Segment: cmp.Or(t.lang.pick(c.SegmentFR, c.SegmentEN), c.Segment),
		Badge:   t.badge(c.Status),
		Actual:  t.must("commitment.nodata"),
		Target:  t.must(target, "target", t.value(c.Target, c.Unit)),
		Gauge:   newGauge(c, isCap),
	}
	if c.Actual != nil {
		card.Actual = t.value(*c.Actual, c.Unit)
	}
	add := func(key, value string) { card.Facts = append(card.Facts, fact{Name: t.must(key), Value: value}) }
	if !isCap { // a cap is kept or not: it has no line to follow
		if c.Percent != nil {
			card.Percent = t.must("commitment.percent", "percent", t.percent(*c.Percent))
		}
		add("commitment.expected", t.value(c.Expected, c.Unit))
		if c.Pace != nil {
			add("commitment.pace", t.must("commitment.pacevalue", "percent", t.percent(*c.Pace*100)))
		}
		if c.Projected != nil {
			add("commitment.projected", t.value(*c.Projected, c.Unit))
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
		return t.must("commitment.until", "due", t.date(due))
	case due.IsZero():
		return t.must("commitment.from", "from", t.date(from))
	}
	return t.must("commitment.fromto", "from", t.date(from), "due", t.date(due))
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
	if !c.Status.known() {
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
