package verify

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// generator makes random events of every kind: corrected, moved, retracted, repeated, malformed and
// misaddressed ones, at the times where days, months and clocks change.
type generator struct {
	*rand.Rand
	made []sent
}

func (g *generator) one(choices ...string) string { return choices[g.IntN(len(choices))] }

// maybe is a field that is given in half of the cases.
func (g *generator) maybe(field string) string {
	if g.IntN(2) == 0 {
		return ""
	}
	return ", " + field
}

// when is a time in 2024 or 2025, often within two hours of a local midnight or a change of clocks.
func (g *generator) when() time.Time {
	turns := []string{"2024-12-31T23:00:00Z", "2025-03-31T22:00:00Z", "2025-06-30T22:00:00Z", "2025-03-29T23:00:00Z", "2025-03-30T01:00:00Z",
		"2025-10-25T22:00:00Z", "2025-10-26T01:00:00Z", "2024-10-27T01:00:00Z", "2025-02-28T20:00:00Z", "2025-11-30T23:00:00Z"}
	if g.IntN(2) == 0 {
		t, _ := time.Parse(time.RFC3339, g.one(turns...))
		return t.Add(time.Duration(g.IntN(4*3600_000)-2*3600_000) * time.Millisecond)
	}
	return time.Date(2024, 9, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(g.IntN(480*86400)) * time.Second)
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

func (g *generator) code(prefix string) string { return fmt.Sprintf("%s%d", prefix, g.IntN(4)) }

// data is a random kind and its data.
func (g *generator) data(at time.Time) (kind, data string) {
	due := at.AddDate(0, 0, g.IntN(5)-2).Format(time.DateOnly)
	audience := `'audience': '` + g.one("companies", "youth", "general_public") + `'`
	topic := `'topic': '` + g.one("robotics", "other") + `'`
	service := `'service_type': '` + g.one("design", "training") + `'`
	test := fmt.Sprintf(`'test': '%s', 'hypothesis_type': '%s'`, g.code("t"), g.one("pricing", "offer"))
	n := g.IntN(50)
	all := []struct{ kind, data string }{
		{"training.held", `'end': '` + g.end(at) + `', ` + topic + `, ` + audience + fmt.Sprintf(`, 'attendees': %d`, n) + g.maybe(fmt.Sprintf(`'attendees_company': %d`, g.IntN(n+1))) +
			g.maybe(fmt.Sprintf(`'capacity': %d`, 1+g.IntN(30))) + g.maybe(g.companies()) + g.maybe(g.partners(0))},
		{"training.cancelled", topic},
		{"discovery.held", `'type': '` + g.one("open_day", "hackathon") + `', ` + audience + g.maybe(`'end': '`+g.end(at)+`'`) + g.maybe(fmt.Sprintf(`'attendance': %d`, n)) + g.maybe(g.companies()) + g.maybe(g.partners(0))},
		{"partnership.signed", `'partnership': '` + g.code("p") + `', 'partner_type': '` + g.one("school", "university", "company") + `'`},
		{"partnership.ended", `'partnership': '` + g.code("p") + `'`},
		{"partnership.activity", `'action': 'loan', ` + g.partners(1)},
		{"machine.usage", g.machine() + `, 'origin': '` + g.one("measured", "booked") + `', 'end': '` + g.end(at) + `'` + g.maybe(`'user_type': '`+g.one("sme", "individual")+`'`) + g.maybe(g.companies())},
		{"machine.availability", g.machine() + `, 'end': '` + g.end(at.Add(time.Hour)) + `'` + g.maybe(fmt.Sprintf(`'downtime_s': %d`, g.IntN(3600)))},
		{"machine.commissioned", g.machine() + `, 'nature': 'new'`},
		{"machine.commissioned", g.machine() + `, 'nature': 'replacement', 'replaces': 'm9'` + g.maybe(`'capacity_new': 7.123456`) + g.maybe(fmt.Sprintf(`'capacity_old': %d`, n))},
		{"expenditure.recorded", `'category': '` + g.one("staff", "consulting") + `', 'amount_excl_vat': ` + g.money() + `, 'eligible': ` + g.one("true", "false") + `, 'status': '` + g.one("paid", "invoiced") + `'` + g.maybe(`'public_funding': `+g.money())},
		{"premises.changed", fmt.Sprintf(`'area_m2': %d.%06d`, n, g.IntN(1_000_000))},
		{"service.launched", `'service': '` + g.code("s") + `', ` + service + g.maybe(audience)},
		{"company.service.delivered", service + `, ` + `'companies': [{'ref': '` + g.code("X") + `'}]`},
		{"company.outcome.reported", `'outcome_type': 'job', 'verified': ` + g.one("true", "false")},
		{"finance.period.reported", `'own_revenue': 9000.5` + g.maybe(fmt.Sprintf(`'company_revenue': %d.01`, g.IntN(9000))) + g.maybe(`'operating_costs': 1234.56`) + g.maybe(fmt.Sprintf(`'top_client_percent': %d`, n)) +
			g.maybe(`'revenues': [{'stream': 'sales', 'amount': `+g.money()+`}, {'stream': 'events', 'amount': 3}]`)},
		{"business_model.test.started", test + g.maybe(g.companies())},
		{"business_model.test.concluded", test + `, 'decision': 'kept'` + g.maybe(g.companies())},
		{"business_model.stage.changed", fmt.Sprintf(`'stage': %d`, g.IntN(5))},
		{"visibility.item.published", `'scope': '` + g.one("local", "national") + `', 'medium': '` + g.one("press", "web") + `'`},
		{"showcase.visit.hosted", `'visitor_type': 'school'`},
		{"project.published", `'project': '` + g.code("j") + `', 'licence': '` + g.one("mit", "cc0") + `'`},
		{"membership.count.reported", fmt.Sprintf(`'members': %d`, n) + g.maybe(`'by_user_type': [{'user_type': 'sme', 'members': 2}, {'user_type': 'individual', 'members': 3}]`)},
		{"survey.aggregate.reported", fmt.Sprintf(`'survey': 'v1', 'respondents': %d, 'aware': %d`, n+1, g.IntN(n+1)) + g.maybe(`'size': 'pme'`)},
		{"milestone.reached", `'milestone': '` + g.one("opening", "team_hired") + `'` + g.maybe(`'due': '`+due+`'`) + g.maybe(`'agreement_start': '2024-09-01'`)},
		{"agreement.signed", `'agreement': 'c1', 'start': '2024-09-01', 'end_date': '2026-08-31', 'commitments': []` + g.maybe(`'planned_budget': 100000`) + g.maybe(`'machines_planned': 5`) +
			g.maybe(`'reporting': [{'period': '2025-Q1', 'due': '2025-04-15'}, {'period': '2025-Q2', 'due': '2025-07-15'}]`) + g.maybe(`'milestones': [{'milestone': 'opening', 'due': '`+due+`'}]`)},
		{"period.submitted", `'period': '2025-Q` + g.one("1", "2") + `'` + g.maybe(`'due': '`+due+`'`)},
		{"period.approved", `'period': '2025-Q1'`},
		{"period.reopened", `'period': '2025-Q1', 'why': 'late'`},
	}
	choice := all[g.IntN(len(all))]
	return choice.kind, choice.data
}

// next is a random event.
func (g *generator) next() sent {
	if len(g.made) > 20 {
		switch before := g.made[g.IntN(len(g.made))]; g.IntN(20) {
		case 0: // the same again
			return before
		case 1:
			before.revision = g.IntN(4)
			before.retracted, before.data = true, ""
			return g.keep(before)
		case 2, 3, 4: // corrected: another time, kind or both
			at := g.when()
			corrected := sent{lab: before.lab, id: before.id, revision: g.IntN(4), time: before.time}
			if g.IntN(2) == 0 {
				corrected.time = at.Format(time.RFC3339Nano)
			}
			at, _ = time.Parse(time.RFC3339Nano, corrected.time)
			corrected.kind, corrected.data = g.data(at)
			return g.keep(corrected)
		case 5:
			before.subject = "vitrine.events.other." + before.kind
			return before
		case 6:
			before.data = `'nonsense': 1`
			before.retracted = false
			return before
		}
	}
	at := g.when()
	s := sent{lab: g.one("atelier-nord", "fab-sud", "lab-cayenne"), id: len(g.made) + 1, time: at.Format(time.RFC3339Nano)}
	s.kind, s.data = g.data(at)
	if g.IntN(40) == 0 {
		s.kind, s.data = "lab.registered", registered+g.maybe(`'zone': '`+g.one("America/Cayenne", "Indian/Reunion")+`'`)
	}
	return g.keep(s)
}

func (g *generator) keep(s sent) sent {
	g.made = append(g.made, s)
	return s
}
