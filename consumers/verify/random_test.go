package verify

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// generator makes random events of every kind: corrected, moved, retracted, repeated, malformed and
// misaddressed ones, at the times where days, months and clocks change.
type generator struct {
	chooser
	theme   theme       // none: events of all kinds
	closes  bool        // periods are approved
	asOf    time.Time   // zero: no matter; else most happens before it
	moments []time.Time // what happens does so about these, so that cells are shared
	made    []sent
}

// chooser is where the choices come from: a random source, or rapid, which then shrinks them.
type chooser interface{ IntN(n int) int }

func (g *generator) one(choices ...string) string { return choices[g.IntN(len(choices))] }

// maybe is a field that is given in half of the cases.
func (g *generator) maybe(field string) string {
	if g.IntN(2) == 0 {
		return ""
	}
	return ", " + field
}

// mostly is a field that is given in three quarters of the cases.
func (g *generator) mostly(field string) string {
	if g.IntN(4) == 0 {
		return ""
	}
	return ", " + field
}

// turn is a moment at which something changes in one of the zones, or the last morning before asOf.
func (g *generator) turn() time.Time {
	var turns []time.Time
	for _, s := range []string{
		"2025-03-31T22:00:00Z", // Paris: a quarter ends
		"2025-03-30T01:00:00Z", // Paris: clocks go forward
		"2025-10-26T01:00:00Z", // Paris: clocks go back
		"2025-10-25T22:00:00Z", // Paris: the day of 25 hours begins
		"2024-12-31T23:00:00Z", // Paris: a year ends
		"2025-06-30T20:00:00Z", // Réunion: a quarter ends
		"2025-04-01T03:00:00Z", // Cayenne: a quarter ends
		"2025-02-28T13:00:00Z", // Nouméa: February ends
		"2025-04-24T22:00:00Z", // Cairo: clocks go forward at midnight
		"2025-10-30T21:00:00Z", // Cairo: clocks go back at midnight
		"2025-08-14T10:00:00Z", // nothing
	} {
		if t, _ := time.Parse(time.RFC3339, s); g.asOf.IsZero() || t.Before(g.asOf.AddDate(0, 0, 1)) {
			turns = append(turns, t)
		}
	}
	if !g.asOf.IsZero() {
		turns = append(turns, g.asOf.Add(-14*time.Hour), g.asOf.Add(-14*time.Hour))
	}
	return turns[g.IntN(len(turns))]
}

// when is often within two hours of a moment, sometimes at it, and sometimes anywhere in a year.
func (g *generator) when() time.Time {
	if len(g.moments) == 0 {
		g.moments = []time.Time{g.turn(), g.turn()}
	}
	moment := g.moments[g.IntN(len(g.moments))]
	switch g.IntN(8) {
	case 0:
		return moment
	case 1:
		return moment.Add(-time.Millisecond)
	case 2:
		return time.Date(2024, 12, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(g.IntN(365*86400)) * time.Second)
	}
	return moment.Add(time.Duration(g.IntN(4*3600_000)-2*3600_000) * time.Millisecond)
}

func (g *generator) end(start time.Time) string {
	return start.Add(time.Duration(g.IntN(30*3600_000)) * time.Millisecond).Format(time.RFC3339Nano)
}

func (g *generator) companies() string {
	var out []string
	for range g.IntN(4) {
		out = append(out, "{"+g.one(`'siren': '732829320'`, `'siret': '73282932000074'`, `'ref': 'X1'`, `'ref': 'X2'`)+
			g.maybe(`'size': '`+g.one("micro", "pme", "eti")+`'`)+g.maybe(`'naf': '`+g.one("A", "C")+`'`)+"}")
	}
	return "'companies': [" + strings.Join(out, ",") + "]"
}

func (g *generator) partners(least int) string {
	var out []string
	for range least + g.IntN(3) {
		out = append(out, `{'type': '`+g.one("school", "university", "company")+`'}`)
	}
	return "'partners': [" + strings.Join(out, ",") + "]"
}

func (g *generator) machine() string {
	return fmt.Sprintf(`'machine': 'm%d', 'machine_category': '%s'`, g.IntN(3), g.one("laser_cutter", "textile"))
}

func (g *generator) money() string { return fmt.Sprintf("%d.%02d", g.IntN(20_000)-2_000, g.IntN(100)) }

// code is a reference; a theme has few.
func (g *generator) code(prefix string) string {
	pool := 4
	if g.theme.kinds != nil {
		pool = 2
	}
	return fmt.Sprintf("%s%d", prefix, g.IntN(pool))
}

// data is a random kind of the theme and its data.
func (g *generator) data(at time.Time) (kind, data string) {
	all := g.kinds(at)
	if g.theme.kinds != nil {
		all = slices.DeleteFunc(all, func(k kindOf) bool { return !slices.Contains(g.theme.kinds, k.kind) })
	}
	choice := all[g.IntN(len(all))]
	return choice.kind, choice.data()
}

// kindOf is a kind of event and how to make its data.
type kindOf struct {
	kind string
	data func() string
}

// kinds are all kinds but the registration, some in two forms.
func (g *generator) kinds(at time.Time) []kindOf {
	due := func() string { return at.AddDate(0, 0, g.IntN(5)-2).Format(time.DateOnly) }
	audience := func() string { return `'audience': '` + g.one("companies", "youth", "general_public") + `'` }
	topic := func() string { return `'topic': '` + g.one("robotics", "other") + `'` }
	service := func() string { return `'service_type': '` + g.one("design", "training") + `'` }
	test := func() string {
		return fmt.Sprintf(`'test': '%s', 'hypothesis_type': '%s'`, g.code("t"), g.one("pricing", "offer"))
	}
	n := g.IntN(50)
	return []kindOf{
		{"training.held", func() string {
			return `'end': '` + g.end(at) + `', ` + topic() + `, ` + audience() + fmt.Sprintf(`, 'attendees': %d`, n) + g.maybe(fmt.Sprintf(`'attendees_company': %d`, g.IntN(n+1))) +
				g.maybe(fmt.Sprintf(`'capacity': %d`, 1+g.IntN(30))) + g.maybe(g.companies()) + g.maybe(g.partners(0))
		}},
		{"training.cancelled", func() string { return topic() }},
		{"discovery.held", func() string {
			return `'type': '` + g.one("open_day", "hackathon") + `', ` + audience() + g.maybe(`'end': '`+g.end(at)+`'`) + g.maybe(fmt.Sprintf(`'attendance': %d`, n)) + g.maybe(g.companies()) + g.maybe(g.partners(0))
		}},
		{"session.announced", func() string {
			return `'activity': '` + g.one("training", "discovery") + `', 'title': 'à venir', 'starts': '` + g.end(at) + `', ` + audience() + g.maybe(`'seats': 8`)
		}},
		{"partnership.signed", func() string {
			return `'partnership': '` + g.code("p") + `', 'partner_type': '` + g.one("school", "university", "company") + `'`
		}},
		{"partnership.ended", func() string { return `'partnership': '` + g.code("p") + `'` }},
		{"partnership.activity", func() string { return `'action': 'loan', ` + g.partners(1) }},
		{"machine.usage", func() string {
			return g.machine() + `, 'origin': '` + g.one("measured", "booked") + `', 'end': '` + g.end(at) + `'` + g.maybe(`'user_type': '`+g.one("sme", "individual")+`'`) + g.maybe(g.companies())
		}},
		{"machine.availability", func() string {
			return g.machine() + `, 'end': '` + g.end(at.Add(time.Hour)) + `'` + g.maybe(fmt.Sprintf(`'downtime_s': %d`, g.IntN(3600)))
		}},
		{"machine.commissioned", func() string { return g.machine() + `, 'nature': 'new'` }},
		{"machine.commissioned", func() string {
			return g.machine() + `, 'nature': 'replacement', 'replaces': 'm9'` + g.maybe(`'capacity_new': 7.123456`) + g.maybe(fmt.Sprintf(`'capacity_old': %d`, n))
		}},
		{"expenditure.recorded", func() string {
			return `'category': '` + g.one("staff", "consulting") + `', 'amount_excl_vat': ` + g.money() + `, 'eligible': ` + g.one("true", "true", "false") + `, 'status': '` + g.one("paid", "paid", "invoiced") + `'` + g.mostly(`'public_funding': `+g.money())
		}},
		{"premises.changed", func() string { return fmt.Sprintf(`'area_m2': %d.%06d`, n, g.IntN(1_000_000)) }},
		{"service.launched", func() string { return `'service': '` + g.code("s") + `', ` + service() + g.maybe(audience()) }},
		{"company.service.delivered", func() string { return service() + `, ` + `'companies': [{'ref': '` + g.code("X") + `'}]` }},
		{"company.outcome.reported", func() string { return `'outcome_type': 'job', 'verified': ` + g.one("true", "false") }},
		{"finance.period.reported", func() string {
			return `'own_revenue': 9000.5` + g.maybe(fmt.Sprintf(`'company_revenue': %d.01`, g.IntN(9000))) + g.maybe(`'operating_costs': 1234.56`) + g.mostly(fmt.Sprintf(`'top_client_percent': %d`, n)) +
				g.maybe(`'revenues': [{'stream': 'sales', 'amount': `+g.money()+`}, {'stream': 'events', 'amount': 3}]`)
		}},
		{"business_model.test.started", func() string { return test() + g.maybe(g.companies()) }},
		{"business_model.test.concluded", func() string { return test() + `, 'decision': 'kept'` + g.maybe(g.companies()) }},
		{"business_model.stage.changed", func() string { return fmt.Sprintf(`'stage': %d`, g.IntN(5)) }},
		{"visibility.item.published", func() string {
			return `'scope': '` + g.one("local", "national") + `', 'medium': '` + g.one("press", "web") + `'`
		}},
		{"showcase.visit.hosted", func() string { return `'visitor_type': 'school'` }},
		{"project.published", func() string { return `'project': '` + g.code("j") + `', 'licence': '` + g.one("mit", "cc0") + `'` }},
		{"membership.count.reported", func() string {
			return fmt.Sprintf(`'members': %d`, n) + g.maybe(`'by_user_type': [{'user_type': 'sme', 'members': 2}, {'user_type': 'individual', 'members': 3}]`)
		}},
		{"survey.aggregate.reported", func() string {
			return fmt.Sprintf(`'survey': 'v1', 'respondents': %d, 'aware': %d`, n+1, g.IntN(n+1)) + g.maybe(`'size': 'pme'`)
		}},
		{"milestone.reached", func() string {
			return `'milestone': '` + g.one("opening", "team_hired") + `'` + g.maybe(`'due': '`+due()+`'`) + g.maybe(`'agreement_start': '2024-09-01'`)
		}},
		{"agreement.signed", func() string { return g.agreement(due()) }},
		{"agreement.signed", func() string {
			return `'agreement': 'c1', 'start': '2024-09-01', 'end_date': '2026-08-31', 'commitments': []` + g.maybe(`'planned_budget': 100000`) + g.maybe(`'machines_planned': 5`) +
				g.maybe(`'reporting': [{'period': '2025-Q1', 'due': '2025-04-15'}, {'period': '2025-Q2', 'due': '2025-07-15'}]`) + g.maybe(`'milestones': [{'milestone': 'opening', 'due': '`+due()+`'}]`)
		}},
		{"period.submitted", func() string { return `'period': '2025-Q` + g.one("1", "2") + `'` + g.maybe(`'due': '`+due()+`'`) }},
		{"period.approved", func() string { return `'period': '2025-Q1'` }},
		{"period.reopened", func() string { return `'period': '2025-Q1', 'why': 'late'` }},
	}
}

// agreement is an agreement's data, with commitments on indicators of every aggregation and window.
func (g *generator) agreement(due string) string {
	var commitments []string
	for range g.IntN(5) {
		commitments = append(commitments, "{"+g.commitment()+"}")
	}
	return g.agreementWith(commitments, due)
}

func (g *generator) agreementWith(commitments []string, due string) string {
	return `'agreement': '` + g.one("c1", "c2") + `', 'start': '` + g.one("2025-01-01", "2025-03-31") + `', 'end_date': '2026-08-31', 'commitments': [` + strings.Join(commitments, ", ") + `]` +
		g.maybe(`'planned_budget': 1000.10`) + g.maybe(`'aid_rate_cap': 70`) + g.maybe(`'machines_planned': 2`) +
		g.maybe(`'reporting': [{'period': '2025-Q1', 'due': '`+due+`'}, {'period': '2025-Q2', 'due': '2025-07-15'}]`) + g.maybe(`'milestones': [{'milestone': 'opening', 'due': '`+due+`'}]`)
}

func (g *generator) commitment() string {
	indicator := g.one(
		"D02", "D02', 'segment': 'audience=companies", "I01", "I01', 'segment': 'category=staff", "U01", "E01", // sums
		"C01", "C01', 'segment': 'size_class=pme", "B02", // distinct counts
		"O01", "C02", "V04", // first
		"O04", "B03", "Q01", // last, and an age
		"K01", "K01', 'segment': 'partner_type=school", "K02", "U04", // stocks
		"T04", "U02", "E03", "O03", // ratios of a period
		"I02", "I03", "V05", "Q02", "Q03", // since the beginning, one with a cap
		"C03", "E02", // over twelve months, one of repeats
		"O06", "E04", // highest
		"ZZ9", // none that the catalogue has
	)
	from := time.Date(2024, 12, 1, 0, 0, 0, 0, time.UTC).AddDate(0, g.IntN(14), g.IntN(3))
	length := 1 + g.IntN(500)
	day := func(n int) string { return from.AddDate(0, 0, n).Format(time.DateOnly) }
	s := fmt.Sprintf(`'indicator': '%s', 'target': %d.%02d, 'from': '%s', 'due': '%s'`, indicator, g.IntN(40), g.IntN(100), day(0), day(length)) +
		g.maybe(fmt.Sprintf(`'baseline': %d.5`, g.IntN(20)))
	if g.IntN(2) == 0 {
		return s + `, 'mode': 'periodic', 'every': '` + g.one("month", "quarter", "year") + `'`
	}
	return s + `, 'mode': 'cumulative'` +
		g.maybe(fmt.Sprintf(`'steps': [{'by': '%s', 'value': %d}, {'by': '%s', 'value': %d.25}]`, day(length/2), g.IntN(20), day(length), 20+g.IntN(20)))
}

// next is a random event: a new one, or one about an event before.
func (g *generator) next() sent {
	if len(g.made) == 0 || g.IntN(9) < 4+g.theme.fresh {
		return g.keep(g.fresh())
	}
	before := g.made[g.IntN(len(g.made))]
	again := before
	again.astray = false
	switch g.IntN(12) {
	case 0, 1: // the same again, at once or much later
		return g.keep(before)
	case 2, 3: // it never happened
		again.revision += g.IntN(3) - 1
		again.retracted, again.data = true, ""
	case 4: // it did after all; or the same content as some time before
		again.revision += 1 + g.IntN(2)
	case 5:
		again.astray = true
		return again
	case 6:
		again.data, again.retracted = `'nonsense': 1`, false
		return again
	case 7, 8: // at another time
		again.revision += g.IntN(3) - 1
		again.at(g.when())
		if !again.retracted {
			again.data = g.dataOf(again.kind, again.when())
		}
	case 9, 10: // other content
		again.revision += g.IntN(3) - 1
		again.data, again.retracted = g.dataOf(again.kind, again.when()), false
	case 11: // another kind
		again.revision += g.IntN(3) - 1
		again.kind, again.data = g.data(again.when())
		again.retracted = false
	}
	again.revision = max(0, again.revision)
	return g.keep(again)
}

// lab is where most of a theme happens in one lab, so that figures have something to add up.
func (g *generator) lab() string {
	if g.theme.kinds == nil {
		return g.one("a", "b", "c")
	}
	return g.one("a", "a", "a", "b")
}

func (g *generator) fresh() sent {
	s := sent{lab: g.lab(), id: len(g.made) + 1}
	at := g.when()
	s.at(at)
	s.kind, s.data = g.data(at)
	if g.IntN(10) == 0 {
		s.kind, s.data = kindRegistered, g.registration()
	}
	return s
}

func (g *generator) registration() string {
	return registered + g.maybe(`'zone': '`+g.one("America/Cayenne", "Indian/Reunion", "Pacific/Noumea", "Africa/Cairo", "Europe/Paris")+`'`) +
		g.maybe(`'region': '`+g.one("Bretagne", "Corse")+`'`) + g.maybe(`'latitude': 48.4`)
}

// dataOf is other data of a kind.
func (g *generator) dataOf(kind string, at time.Time) string {
	if kind == kindRegistered {
		return g.registration()
	}
	var all []kindOf
	for _, c := range g.kinds(at) {
		if c.kind == kind {
			all = append(all, c)
		}
	}
	return all[g.IntN(len(all))].data()
}

func (s *sent) at(t time.Time) { s.time = t.Format(time.RFC3339Nano) }

func (s *sent) when() time.Time {
	t, _ := time.Parse(time.RFC3339Nano, s.time)
	return t
}

func (g *generator) keep(s sent) sent {
	g.made = append(g.made, s)
	return s
}
