package verify

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"time"

	"vitrine/schemas"
)

// theme is what a schedule is about: kinds that feed the same figures. Events of thirty kinds in three
// labs hardly ever meet in a figure.
type theme struct {
	name  string
	kinds []string // nil: all
	fresh int      // by how many ninths more events are new ones
}

// themes feed every aggregation and window.
func themes() []theme {
	return []theme{
		{name: "everything"},
		{"trainings", []string{"training.held", "training.cancelled"}, 1},                                                       // sums, a ratio
		{"discovery", []string{"discovery.held", "partnership.activity", "visibility.item.published"}, 1},                       // sums, distinct
		{"companies", []string{"company.service.delivered", "training.held"}, 2},                                                // distinct, first, repeat
		{"customers", []string{"company.service.delivered"}, 3},                                                                 // the same, oftener
		{"partnerships", []string{"partnership.signed", "partnership.ended"}, 2},                                                // stocks that fall
		{"partners", []string{"partnership.signed", "partnership.ended", "partnership.activity"}, 3},                            // the same, sums
		{"machines", []string{"machine.usage", "machine.availability"}, 1},                                                      // times cut at midnight, ratios
		{"investments", []string{"machine.commissioned", "milestone.reached"}, 1},                                               // first, cumulative, max
		{"spending", []string{"expenditure.recorded"}, 1},                                                                       // sums, cumulative, a cap
		{"accounts", []string{"expenditure.recorded", "finance.period.reported"}, 2},                                            // the same, rolling
		{"finance", []string{"finance.period.reported"}, 2},                                                                     // sums, ratios, rolling, max
		{"premises", []string{"premises.changed", "membership.count.reported"}, 2},                                              // last, a stock
		{"stages", []string{"business_model.stage.changed", "business_model.test.started", "business_model.test.concluded"}, 2}, // last, distinct, sums
		{"publicity", []string{"visibility.item.published", "project.published", "service.launched"}, 1},                        // first, sums
		{"reports", []string{"survey.aggregate.reported", "period.submitted", "milestone.reached"}, 1},                          // ratios, max
	}
}

// drawEvents makes what the stream gets: events of a theme, and mostly an agreement about what they feed,
// some of which are amended. opening comes first.
func (g *generator) drawEvents(opening []sent) []sent {
	events := opening
	for range 7 + g.IntN(8) - len(opening) {
		events = append(events, g.next())
	}
	if g.closes && g.IntN(4) > 0 {
		events = g.close(events, len(opening))
	}
	if g.IntN(6) == 0 {
		return events
	}
	a := sent{lab: "a", id: len(g.made) + 1, kind: kindAgreement, revision: g.IntN(2)}
	a.at(g.when())
	for range 1 + max(0, g.IntN(4)-1) { // amended once or twice, or not at all; in any order
		a.data = g.promises(a.lab)
		events = slices.Insert(events, len(opening)+g.IntN(len(events)-len(opening)+1), a)
		a.revision = max(0, a.revision+g.IntN(4)-1)
	}
	return events
}

// close adds approvals of a period among the events but for the opening ones: mostly one; or it is said again, amended,
// retracted, or undone and said anew. The periods are few, since each that is frozen takes a while: the one of asOf,
// and what ends in March, where many events are.
func (g *generator) close(events []sent, opening int) []sent {
	in, period := g.asOf, Quarterly.name(Quarterly.start(Quarterly.of(DayOf(g.asOf))))
	switch g.IntN(4) {
	case 0, 1:
		in, period = date(2025, 3, 31).Time(), "2025-Q1"
	case 2:
		in, period = date(2025, 3, 31).Time(), "2025-03"
	}
	approved := sent{lab: "a", id: 801, kind: kindApproved, data: "'period': '" + period + "'"}
	approved.at(in)
	again := approved
	all := []sent{approved}
	switch g.IntN(8) {
	case 0:
		all = append(all, again)
	case 1:
		again.revision, again.data = 1, again.data+", 'comment': 'amended'"
		all = append(all, again)
	case 2:
		again.revision, again.retracted = 1, true
		all = append(all, again)
	case 3, 4:
		undone := sent{lab: "a", id: 802, kind: kindReopened, data: "'period': '" + period + "', 'why': 'late'"}
		undone.at(in)
		again.id = 803
		all = append(all, undone, again)
	}
	from := opening + g.IntN((len(events)-opening)/2+1)
	for _, e := range all {
		events = slices.Insert(events, from, e)
		from += 1 + g.IntN(len(events)-from)
	}
	return events
}

// promises is an agreement's data, with commitments on slices that a lab's events feed.
func (g *generator) promises(lab string) string {
	o := g.oracle(lab)
	facts := o.factsOf(lab)
	indicators := slices.Sorted(maps.Keys(facts))
	commitments := []string{}
	promise := func(indicator string, paces ...int64) {
		segments := map[string]bool{}
		for _, f := range facts[indicator] {
			segments[f.segment] = true
		}
		segment := slices.Sorted(maps.Keys(segments))[g.IntN(len(segments))]
		pace := paces[g.IntN(len(paces))]
		commitments = append(commitments, "{"+g.commitmentOn(o, seriesKey{indicator, segment}, facts[indicator], pace)+"}")
	}
	for range 2 + g.IntN(4) {
		if len(indicators) > 0 && g.IntN(8) > 0 {
			promise(indicators[g.IntN(len(indicators))], 250, 120, 100, 95, 92, 85, 80, 75, 50, 20)
		} else {
			commitments = append(commitments, "{"+g.commitment()+"}")
		}
	}
	for _, code := range indicators { // there are few caps
		if indicator, _ := o.catalogue.Lookup(code); indicator.Direction == "cap" {
			promise(code, 80, 90)
			promise(code, 120, 150)
			promise(code, 300)
		}
	}
	return g.agreementWith(commitments, g.asOf.AddDate(0, 0, g.IntN(60)-50).Format(time.DateOnly))
}

// oracle has what was made of a lab so far, as the stream would have it.
func (g *generator) oracle(lab string) *Oracle {
	o := NewOracle(schemas.DefaultCatalogue(), time.UTC)
	o.labs[lab] = newLab()
	for i, e := range g.made {
		if raw, err := e.raw(); err == nil && e.lab == lab {
			_ = o.Add(Message{Seq: uint64(i + 1), Subject: schemas.Subject(lab, e.kind), Stored: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC), Data: raw})
		}
	}
	return o
}

// commitmentOn is a commitment on what an oracle has facts of: mostly running, and with a target at which its
// pace is so many percent, if nothing else happens.
func (g *generator) commitmentOn(o *Oracle, k seriesKey, facts []fact, percent int64) string {
	asOf := DayOf(g.asOf)
	c := commitment{indicator: k.indicator, segment: k.segment, target: number(1), mode: "cumulative"}
	switch g.IntN(10) {
	case 0: // it begins later
		c.from = asOf + 1 + Day(g.IntN(40))
		c.due = c.from + Day(g.IntN(300))
	case 1, 2: // it is over
		c.from, c.due = asOf-300-Day(g.IntN(60)), asOf-1-Day(g.IntN(3))
	default:
		c.from, c.due = asOf-1-Day(g.IntN(400)), asOf+Day(g.IntN(300))
	}
	if g.IntN(3) == 0 {
		c.mode, c.every = "periodic", g.one("month", "quarter", "year")
	}
	target := big.NewRat(int64(g.IntN(4000)), 100)
	indicator, _ := o.catalogue.Lookup(k.indicator)
	pace := big.NewRat(percent, 100)
	if done := o.standing(c, facts, asOf, Rules{}).actual; done != nil && done.Sign() > 0 {
		switch line := c.expected(indicator, c.window(asOf)); {
		case indicator.Direction == "down":
			target = times(done, pace)
		case indicator.Direction == "cap", line.Sign() <= 0:
			target = over(done, pace)
		default:
			target = over(done, times(pace, line))
		}
	}
	s := fmt.Sprintf(`'indicator': '%s', 'target': %s, 'from': '%s', 'due': '%s', 'mode': '%s'`, k.indicator, target.FloatString(2), c.from, c.due, c.mode)
	if k.segment != "" {
		s += `, 'segment': '` + k.segment + `'`
	}
	if c.every != "" {
		return s + `, 'every': '` + c.every + `'`
	}
	if g.IntN(5) == 0 {
		s += fmt.Sprintf(`, 'baseline': %d.5`, g.IntN(9))
	}
	if g.IntN(4) == 0 {
		half := c.from + (c.due-c.from)/2
		s += fmt.Sprintf(`, 'steps': [{'by': '%s', 'value': %s}]`, half, over(target, number(2)).FloatString(2))
	}
	return s
}
