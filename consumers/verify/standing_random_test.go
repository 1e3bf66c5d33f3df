package verify

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"vitrine/schemas"
)

// Agreements with commitments on every indicator in every mode, over random events, as of many days:
// every status in ClickHouse is the oracle's.
func TestStatusesOfRandomCommitments(t *testing.T) {
	s := newSystem(t, schemas.DefaultCatalogue())
	g := &generator{chooser: rand.New(rand.NewPCG(5, 15))}
	var events []sent
	for _, lab := range []string{"a", "b"} {
		events = append(events, sent{lab: lab, kind: "lab.registered", data: registered, time: "2024-09-01T00:00:00Z"})
	}
	for range 400 {
		events = append(events, g.next())
	}
	for i := range 14 {
		events = append(events, randomAgreement(g, i))
	}
	for _, lab := range []string{"c", "d"} {
		for i, reporting := range []string{
			`{'period': '2025-Q1', 'due': '2025-04-15'}, {'period': '2025-Q2', 'due': '2025-07-15'}, {'period': '2025-Q3', 'due': '2025-11-15'}`,
			`{'period': '2025-Q1', 'due': '2025-04-10'}, {'period': '2025-03', 'due': '2025-04-05'}, {'period': '2025-05', 'due': '2025-06-20'}`,
		} {
			events = append(events, sent{lab: lab, kind: kindAgreement, time: "2024-09-02T10:00:00+02:00",
				data: fmt.Sprintf(`'agreement': 'p%d', 'start': '2024-09-01', 'end_date': '2026-08-31', 'commitments': [], 'reporting': [%s]`, i, reporting)})
		}
	}
	for range 160 {
		events = append(events, randomPeriodEvent(g))
	}
	s.publish(events...)
	s.consume(schemas.DefaultCatalogue(), 100)
	counting, err := Config{JetStream: s.js, Store: s.store, Timeout: time.Minute}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := counting.caughtUp(t.Context()); err != nil {
		t.Fatal(err)
	}

	o := NewOracle(schemas.DefaultCatalogue(), zone(t, "Europe/Paris"))
	if n, err := counting.read(t.Context(), o, 1, uint64(len(events))); err != nil || n != len(events) {
		t.Fatal(n, err)
	}
	seen, states := map[string]int{}, map[string]int{}
	for _, asOf := range []string{"2024-12-31", "2025-06-14", "2025-11-02"} {
		c := comparison{oracle: o, store: s.store, most: 5, report: &Report{AsOf: day(t, asOf)}, standings: map[string][]standing{}}
		rules, err := c.readRules(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, lab := range o.Labs() {
			c.standings[lab] = o.standings(lab, o.factsOf(lab), c.report.AsOf, rules)
		}
		for _, r := range c.relations() {
			if check, err := c.rows(t.Context(), r); err != nil || check.Differing > 0 || check.Found == 0 {
				t.Errorf("as of %s: %+v, %v", asOf, check, err)
			}
		}
		for _, d := range c.report.Differences {
			t.Errorf("as of %s: %s", asOf, d)
		}
		for _, lab := range o.Labs() {
			for _, s := range c.standings[lab] {
				seen[s.status]++
			}
			for _, p := range o.stories(lab, c.report.AsOf) {
				states[p.stateAt(c.report.AsOf)]++
			}
		}
	}
	for _, status := range []string{"not_started", "no_data", "achieved", "missed", "on_track", "late"} {
		if seen[status] == 0 {
			t.Errorf("no commitment was ever %s: the events prove too little", status)
		}
	}
	for _, state := range []string{"upcoming", "open", "overdue", "submitted", "sent_back", "approved", "reopened"} {
		if states[state] == 0 {
			t.Errorf("no period was ever %s (%v): the events prove too little", state, states)
		}
	}
}

// randomPeriodEvent is an event of a few periods' stories: new, told again, corrected or retracted.
func randomPeriodEvent(g *generator) sent {
	e := sent{lab: g.one("c", "d"), id: 9100 + g.IntN(60), revision: g.IntN(8) / 6, retracted: g.IntN(6) == 0}
	e.kind, e.data = g.one("period.submitted", "period.submitted", "period.approved", "period.reopened"), `'period': '2025-`+g.one("Q1", "Q2", "Q4", "03", "10", "11")+`'`
	switch e.kind {
	case kindReopened:
		e.data += `, 'why': 'Pièce ` + g.one("A", "B") + ` manquante'`
	case kindApproved:
		e.data += g.maybe(`'comment': 'Vu'`)
	}
	at := time.Date(2025, 3, 20, 22, 30, 0, 0, time.UTC).AddDate(0, 0, g.IntN(260))
	e.time = at.Format(time.RFC3339)
	return e
}

// randomAgreement is an agreement of one of two labs; some replace others, some are retracted.
func randomAgreement(g *generator, i int) sent {
	var commitments []string
	for _, indicator := range schemas.DefaultCatalogue().Indicators {
		commitments = append(commitments, randomCommitment(g, indicator.Code))
	}
	commitments = append(commitments, randomCommitment(g, "X99"))
	data := fmt.Sprintf(`'agreement': 'a%d', 'start': '2024-09-01', 'end_date': '2026-08-31', 'commitments': [%s]`, g.IntN(4), strings.Join(commitments, ","))
	data += g.maybe(`'grant': 1234.56`) + g.maybe(`'machines_planned': 5.0`) + g.maybe(`'planned_budget': 8.41e3`) + g.maybe(`'programme': null`) +
		g.maybe(`'reporting': [{'period': '2025-Q1', 'due': '2025-04-15'}, {'period': '2025-Q2', 'due': '2025-07-15'}]`)
	return sent{lab: g.one("a", "b"), id: 9000 + i%10, revision: g.IntN(3), retracted: g.IntN(8) == 0, kind: "agreement.signed", data: data, time: "2024-09-02T10:00:00+02:00"}
}

func randomCommitment(g *generator, indicator string) string {
	segments := []string{"audience=companies", "audience=youth", "partner_type=school", "partner_type=unknown", "machine_category=textile", "category=staff", "user_type=sme", "topic=robotics", "scope=national"}
	from := time.Date(2024, 9, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, g.IntN(300))
	due := from.AddDate(0, 0, g.IntN(500))
	c := fmt.Sprintf(`'indicator': '%s', 'target': %d%s, 'from': '%s', 'due': '%s'`, indicator, g.IntN(40), g.one("", ".5", ".123456", "e2"), from.Format(time.DateOnly), due.Format(time.DateOnly))
	c += g.maybe(`'segment': '` + g.one(segments...) + `'`)
	c += g.maybe(fmt.Sprintf(`'baseline': %d%s`, g.IntN(20), g.one("", ".07")))
	if g.IntN(2) == 0 {
		return "{" + c + `, 'mode': 'periodic', 'every': '` + g.one("month", "quarter", "year") + `'}`
	}
	var steps []string
	for by := from.AddDate(0, 0, g.IntN(60)); !by.After(due) && g.IntN(3) > 0; by = by.AddDate(0, 0, 1+g.IntN(90)) {
		steps = append(steps, fmt.Sprintf(`{'by': '%s', 'value': %d%s}`, by.Format(time.DateOnly), g.IntN(30), g.one("", ".25")))
	}
	if len(steps) > 0 {
		c += `, 'steps': [` + strings.Join(steps, ",") + `]`
	}
	return "{" + c + `, 'mode': 'cumulative'}`
}
