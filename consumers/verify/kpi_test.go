package verify

import (
	"fmt"
	"testing"

	"vitrine/schemas"
)

// kpiCase is a few events and what an indicator's figures must then be.
type kpiCase struct {
	name               string
	events             []sent
	indicator, segment string
	grain              Grain
	asOf               string
	want               []string
}

func runKPI(t *testing.T, catalogue *schemas.Catalogue, cases []kpiCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := oracleOf(t, catalogue, c.events...)
			expect(t, figuresOf(o, c.indicator, c.segment, c.grain, day(t, c.asOf)), c.want...)
		})
	}
}

func trainingAt(at string, attendees, capacity int, companies string) sent {
	data := fmt.Sprintf(`'end': '2026-12-31T00:00:00Z', 'topic': 'robotics', 'audience': 'companies', 'attendees': %d, 'companies': [%s]`, attendees, companies)
	data = fmt.Sprintf(`'end': '%s', `, at) + data[len(`'end': '2026-12-31T00:00:00Z', `):]
	if capacity > 0 {
		data += fmt.Sprintf(`, 'capacity': %d`, capacity)
	}
	return sent{kind: "training.held", time: at, data: data}
}

func usage(from, to, more string) sent {
	return sent{kind: "machine.usage", time: from, data: `'machine': 'm1', 'machine_category': 'laser_cutter', 'origin': 'measured', 'end': '` + to + `'` + more}
}

func TestPeriodic(t *testing.T) {
	sme := `, 'user_type': 'sme'`
	hours := []sent{
		// the night of 31 January: 2 h in January, 3 h in February
		usage("2026-01-31T22:00:00+01:00", "2026-02-01T03:00:00+01:00", sme),
		// 1 h, user unknown: in U01, in neither half of U03
		usage("2026-02-10T10:00:00+01:00", "2026-02-10T11:00:00+01:00", ""),
		// 1 h of an individual: in U03's denominator only
		usage("2026-02-10T10:00:00+01:00", "2026-02-10T11:00:00+01:00", `, 'user_type': 'individual'`),
	}
	actions := []sent{
		{kind: "partnership.activity", time: "2026-03-31T23:59:59+02:00", data: `'action': 'loan', 'partners': [{'type': 'school'}, {'type': 'company'}, {'type': 'school'}]`},
		{kind: "discovery.held", time: "2026-04-01T00:00:00+02:00", data: discovery + `, 'partners': [{'type': 'school'}]`},
		{kind: "discovery.held", time: "2026-04-01T00:00:00+02:00", data: discovery}, // no partners
	}
	finance := []sent{
		{kind: "finance.period.reported", time: "2026-03-31T12:00:00+02:00", data: `'own_revenue': 1000.10, 'company_revenue': 200.05, 'top_client_percent': 30, 'revenues': [{'stream': 'sales', 'amount': 400}, {'stream': 'sales', 'amount': 100.5}]`},
		{kind: "finance.period.reported", time: "2026-02-28T12:00:00+01:00", data: `'own_revenue': 500, 'top_client_percent': 35.5`},
	}
	capacity := []sent{
		{kind: "machine.commissioned", data: `'machine': 'm1', 'machine_category': 'laser_cutter', 'nature': 'replacement', 'replaces': 'm0', 'capacity_new': 15, 'capacity_old': 10`},
		{kind: "machine.commissioned", data: `'machine': 'm2', 'machine_category': 'laser_cutter', 'nature': 'replacement', 'replaces': 'm0', 'capacity_new': 15`},
	}
	runKPI(t, schemas.DefaultCatalogue(), []kpiCase{
		{"hours by month", hours, "U01", "", Monthly, "2026-02-28", []string{"2026-01: 2", "2026-02: 5"}},
		{"as of doesn't limit them", hours, "U01", "", Monthly, "2026-01-01", []string{"2026-01: 2", "2026-02: 5"}},
		{"hours by day", hours, "U01", "user_type=sme", Daily, "2026-02-28", []string{"2026-01-31: 2", "2026-02-01: 3"}},
		{"code not given", hours, "U01", "user_type=unknown", Monthly, "2026-02-28", []string{"2026-02: 1"}},
		// January 7,200 ÷ 7,200; February 10,800 ÷ (10,800 + 3,600) = 75 %
		{"ratio of sums", hours, "U03", "", Monthly, "2026-02-28", []string{"2026-01: 100 (7200/7200)", "2026-02: 75 (10800/14400)"}},
		// usage without availability: 0 below
		{"no denominator", hours, "U02", "", Quarterly, "2026-02-28", []string{"2026-Q1: - (25200/0)"}},
		{"having partners, end of the quarter", actions, "K03", "", Quarterly, "2026-12-31", []string{"2026-Q1: 1", "2026-Q2: 1"}},
		{"a code twice in a list", actions, "K03", "partner_type=school", Quarterly, "2026-12-31", []string{"2026-Q1: 1", "2026-Q2: 1"}},
		{"a code of the first only", actions, "K03", "partner_type=company", Quarterly, "2026-12-31", []string{"2026-Q1: 1"}},
		{"segment by kind", actions, "A01", "action_kind=discovery.held", Daily, "2026-12-31", []string{"2026-04-01: 2"}},
		{"whole, without the list", finance, "E01", "", Quarterly, "2026-12-31", []string{"2026-Q1: 1500.1"}},
		{"segments alone, from the list", finance, "E01", "revenue_stream=sales", Quarterly, "2026-12-31", []string{"2026-Q1: 500.5"}},
		// 200.05 ÷ 1,000.10: the event without company revenue counts in neither half. 20.00299970… cut
		{"has", finance, "E03", "", Quarterly, "2026-12-31", []string{"2026-Q1: 20.002999 (200.05/1000.1)"}},
		{"highest", finance, "E04", "", Quarterly, "2026-12-31", []string{"2026-Q1: 35.5"}},
		// (15 − 10) ÷ 10; the one without an old capacity doesn't count
		{"weight", capacity, "O03", "", Monthly, "2026-12-31", []string{"2026-01: 50 (5/10)"}},
		{"opening after 45 days", []sent{
			// 1 December to 15 January: 30 + 15 days
			{kind: "milestone.reached", data: `'milestone': 'opening', 'agreement_start': '2025-12-01'`},
			{kind: "milestone.reached", data: `'milestone': 'opening'`},
			{kind: "milestone.reached", data: `'milestone': 'team_hired', 'agreement_start': '2025-01-01'`},
		}, "O06", "", Monthly, "2026-12-31", []string{"2026-01: 45"}},
	})
}

func TestDistinct(t *testing.T) {
	one, two := `{'siren': '732829320', 'size': 'pme'}`, `{'ref': 'X', 'size': 'eti'}`
	visits := []sent{
		trainingAt("2026-01-10T10:00:00+01:00", 2, 0, one+","+two),
		trainingAt("2026-02-10T10:00:00+01:00", 2, 0, one),
		trainingAt("2026-05-10T10:00:00+02:00", 2, 0, `{'siren': '732829320', 'size': 'ge'}`), // it has grown
		trainingAt("2025-12-31T23:00:00+01:00", 2, 0, two),                                    // told late
	}
	runKPI(t, schemas.DefaultCatalogue(), []kpiCase{
		{"months", visits, "C01", "", Monthly, "2026-12-31", []string{"2025-12: 1", "2026-01: 2", "2026-02: 1", "2026-05: 1"}},
		{"quarters are unions", visits, "C01", "", Quarterly, "2026-12-31", []string{"2025-Q4: 1", "2026-Q1: 2", "2026-Q2: 1"}},
		// X first comes in December, the SIREN in January
		{"first ever", visits, "C02", "", Monthly, "2026-12-31", []string{"2025-12: 1", "2026-01: 1"}},
		{"first ever, whatever as of", visits, "C02", "", Monthly, "2020-01-01", []string{"2025-12: 1", "2026-01: 1"}},
		{"first ever in a segment", visits, "C02", "size_class=ge", Quarterly, "2026-12-31", []string{"2026-Q2: 1"}},
	})
}

func TestCumulative(t *testing.T) {
	paid := func(at, amount string) sent {
		return sent{kind: "expenditure.recorded", time: at, data: `'category': 'staff', 'eligible': true, 'status': 'paid', 'amount_excl_vat': ` + amount}
	}
	agreement := sent{kind: "agreement.signed", time: "2026-01-01T00:00:00+01:00",
		data: `'agreement': 'c1', 'start': '2026-01-01', 'end_date': '2027-12-31', 'planned_budget': 1000, 'machines_planned': 4, 'commitments': [],
		'reporting': [{'period': '2026-Q1', 'due': '2026-04-15'}, {'period': '2026-Q2', 'due': '2026-07-15'}]`}
	budget := []sent{agreement, paid("2026-02-10T10:00:00+01:00", "100"), paid("2026-04-30T10:00:00+02:00", "250.50"), paid("2025-12-01T10:00:00+01:00", "10")}
	machine := func(at, name string) sent {
		return sent{kind: "machine.commissioned", time: at, data: `'machine_category': 'laser_cutter', 'nature': 'new', 'machine': '` + name + `'`}
	}
	submitted := func(at, period, due string) sent {
		return sent{kind: "period.submitted", time: at, data: `'period': '` + period + `', 'due': '` + due + `'`}
	}
	reports := []sent{agreement, submitted("2026-04-15T23:59:59+02:00", "2026-Q1", "2026-04-15"), submitted("2026-04-20T10:00:00+02:00", "2026-Q1", "2026-04-15"),
		submitted("2026-07-16T00:00:00+02:00", "2026-Q2", "2026-07-15")}
	asks := func(id, revision int, number, reporting string) sent {
		return sent{id: id, revision: revision, kind: "agreement.signed", time: "2026-01-01T00:00:00+01:00",
			data: `'agreement': '` + number + `', 'start': '2026-01-01', 'end_date': '2027-12-31', 'commitments': [], 'reporting': [` + reporting + `]`}
	}
	q1 := func(due string) string { return `{'period': '2026-Q1', 'due': '` + due + `'}` }
	first := submitted("2026-04-10T10:00:00+02:00", "2026-Q1", "2026-04-15")
	first.id = 7
	early := []sent{agreement, first, submitted("2026-07-01T10:00:00+02:00", "2026-Q2", "2026-07-15")}
	again := []sent{agreement, first, {kind: "period.reopened", time: "2026-04-12T10:00:00+02:00", data: `'period': '2026-Q1', 'why': 'Incomplet'`},
		submitted("2026-05-02T10:00:00+02:00", "2026-Q1", "2026-04-15"), first}
	twice := []sent{asks(1, 0, "c1", q1("2026-04-15")), asks(2, 0, "c2", q1("2026-04-10")), submitted("2026-05-02T10:00:00+02:00", "2026-Q1", "2026-04-10")}
	putOff := []sent{asks(1, 0, "c1", q1("2026-04-15")), asks(1, 1, "c1", q1("2026-04-30")), submitted("2026-04-20T10:00:00+02:00", "2026-Q1", "2026-04-30")}
	reached := func(at, milestone, due string) sent {
		return sent{kind: "milestone.reached", time: at, data: `'milestone': '` + milestone + `', 'due': '` + due + `'`}
	}
	milestones := []sent{{kind: "agreement.signed", time: "2026-01-01T00:00:00+01:00", data: `'agreement': 'c1', 'start': '2026-01-01', 'end_date': '2027-12-31', 'commitments': [],
		'milestones': [{'milestone': 'team_hired', 'due': '2026-02-28'}, {'milestone': 'opening', 'due': '2026-06-30'}, {'milestone': 'first_company', 'due': '2026-06-30'}]`},
		reached("2026-02-10T10:00:00+01:00", "team_hired", "2026-02-28"), reached("2026-03-20T10:00:00+01:00", "opening", "2026-06-30"),
		reached("2026-07-02T10:00:00+02:00", "first_company", "2026-06-30")}
	months := []sent{asks(1, 0, "c1", `{'period': '2026-03', 'due': '2026-04-10'}, {'period': '2026-04', 'due': '2026-05-10'}`),
		submitted("2026-04-10T10:00:00+02:00", "2026-03", "2026-04-10")}
	runKPI(t, schemas.DefaultCatalogue(), []kpiCase{
		// December 10 ÷ 0; January 10 ÷ 1000; February 110; March carried; April 360.5; May carried to as of
		{"carried forward", budget, "I02", "", Monthly, "2026-05-01", []string{"2025-12: - (10/0)", "2026-01: 1 (10/1000)", "2026-02: 11 (110/1000)",
			"2026-03: 11 (110/1000)", "2026-04: 36.05 (360.5/1000)", "2026-05: 36.05 (360.5/1000)"}},
		// on 29 April the last one isn't known, though April is under way
		{"as of cuts by day", budget, "I02", "", Quarterly, "2026-04-29", []string{"2025-Q4: - (10/0)", "2026-Q1: 11 (110/1000)", "2026-Q2: 11 (110/1000)"}},
		{"before the beginning", budget, "I02", "", Quarterly, "2025-11-30", nil},
		// m1 counts once; 2 of 4
		{"different references", []sent{agreement, machine("2026-01-05T10:00:00+01:00", "m1"), machine("2026-02-05T10:00:00+01:00", "m1"), machine("2026-02-05T10:00:00+01:00", "m2")},
			"O02", "", Monthly, "2026-02-28", []string{"2026-01: 25 (1/4)", "2026-02: 50 (2/4)"}},
		// due on 15 April and 15 July; Q1 submitted (twice) by then, Q2 a day late
		{"item's own day", reports, "Q02", "", Quarterly, "2026-07-31", []string{"2026-Q2: 100 (1/1)", "2026-Q3: 100 (2/2)"}},
		{"on time", reports, "Q03", "", Quarterly, "2026-07-31", []string{"2026-Q2: 100 (1/1)", "2026-Q3: 50 (1/2)"}},
		// Q2 is submitted on 1 July, before it is due: until the 15th it isn't counted, or two of one due would be.
		{"submitted early, not due yet", early, "Q02", "", Quarterly, "2026-07-14", []string{"2026-Q2: 100 (1/1)", "2026-Q3: 100 (1/1)"}},
		{"submitted early, due", early, "Q02", "", Quarterly, "2026-07-15", []string{"2026-Q2: 100 (1/1)", "2026-Q3: 100 (2/2)"}},
		{"early is on time", early, "Q03", "", Quarterly, "2026-07-15", []string{"2026-Q2: 100 (1/1)", "2026-Q3: 100 (2/2)"}},
		{"early isn't on time before", early, "Q03", "", Quarterly, "2026-07-14", []string{"2026-Q2: 100 (1/1)", "2026-Q3: 100 (1/1)"}},
		// Sent back on the 12th and submitted again on 2 May: the first time counts, and once. Told again, it is the same.
		{"submitted again", again, "Q02", "", Quarterly, "2026-06-30", []string{"2026-Q2: 100 (1/1)"}},
		{"submitted again, on time the first time", again, "Q03", "", Quarterly, "2026-06-30", []string{"2026-Q2: 100 (1/1)"}},
		// Two agreements ask for Q1, by the 10th and the 15th: it is due once, from the 10th on.
		{"asked for twice, submitted late", twice, "Q02", "", Monthly, "2026-05-31", []string{"2026-04: 0 (0/1)", "2026-05: 100 (1/1)"}},
		{"asked for twice, not on time", twice, "Q03", "", Monthly, "2026-05-31", []string{"2026-04: 0 (0/1)", "2026-05: 0 (0/1)"}},
		// The amendment of March gives until 30 April; the submission of the 20th was told with it.
		{"put off", putOff, "Q03", "", Monthly, "2026-05-31", []string{"2026-04: 100 (1/1)", "2026-05: 100 (1/1)"}},
		// March is due on 10 April, April on 10 May, and only March is submitted.
		{"months", months, "Q02", "", Monthly, "2026-05-31", []string{"2026-04: 100 (1/1)", "2026-05: 50 (1/2)"}},
		// The lab opens in March, three months early: until the end of June one milestone is due, and one was met.
		{"reached early, not due yet", milestones, "O07", "", Quarterly, "2026-06-29", []string{"2026-Q1: 100 (1/1)", "2026-Q2: 100 (1/1)"}},
		{"reached early, due", milestones, "O07", "", Quarterly, "2026-07-31", []string{"2026-Q1: 100 (1/1)", "2026-Q2: 66.666666 (2/3)", "2026-Q3: 66.666666 (2/3)"}},
		{"lab as the reference", []sent{agreement, {kind: "visibility.item.published", data: `'scope': 'national', 'medium': 'press'`}, {kind: "visibility.item.published", data: `'scope': 'national', 'medium': 'web'`}},
			"V05", "", Monthly, "2026-01-31", []string{"2026-01: 100 (1/1)"}},
	})
}

func TestRolling(t *testing.T) {
	finance := func(at, revenue, costs string) sent {
		return sent{kind: "finance.period.reported", time: at, data: `'own_revenue': ` + revenue + `, 'operating_costs': ` + costs}
	}
	accounts := []sent{finance("2025-01-31T12:00:00+01:00", "100", "200"), finance("2025-12-31T12:00:00+01:00", "50", "200"), finance("2026-01-31T12:00:00+01:00", "150", "200")}
	q := func(quarter, numerator, denominator, value string) string {
		return fmt.Sprintf("%s: %s (%s/%s)", quarter, value, numerator, denominator)
	}
	runKPI(t, schemas.DefaultCatalogue(), []kpiCase{
		// 100 ÷ 200 from Q1 to Q4 2025; 50 ÷ 200 from Q4 2025 on; 150 ÷ 200 from Q1 2026 on
		{"four quarters", accounts, "E02", "", Quarterly, "2026-06-30", []string{
			q("2025-Q1", "100", "200", "50"), q("2025-Q2", "100", "200", "50"), q("2025-Q3", "100", "200", "50"), q("2025-Q4", "150", "400", "37.5"),
			q("2026-Q1", "200", "400", "50"), q("2026-Q2", "200", "400", "50")}},
		{"twelve months", accounts[:1], "E02", "", Monthly, "2027-01-01", []string{
			"2025-01: 50 (100/200)", "2025-02: 50 (100/200)", "2025-03: 50 (100/200)", "2025-04: 50 (100/200)", "2025-05: 50 (100/200)", "2025-06: 50 (100/200)",
			"2025-07: 50 (100/200)", "2025-08: 50 (100/200)", "2025-09: 50 (100/200)", "2025-10: 50 (100/200)", "2025-11: 50 (100/200)", "2025-12: 50 (100/200)"}},
		{"up to as of", accounts, "E02", "", Quarterly, "2025-06-15", []string{q("2025-Q1", "100", "200", "50"), q("2025-Q2", "100", "200", "50")}},
		{"a day has none", accounts, "E02", "", Daily, "2025-06-15", nil},
	})
}

func TestRepeat(t *testing.T) {
	x, y := `{'ref': 'X'}`, `{'ref': 'Y'}`
	visits := []sent{
		trainingAt("2025-02-10T10:00:00+01:00", 1, 0, x), trainingAt("2025-03-10T10:00:00+01:00", 1, 0, x), // Q1 2025
		trainingAt("2025-05-10T10:00:00+02:00", 1, 0, x+","+y), // Q2 2025
		trainingAt("2026-01-10T10:00:00+01:00", 1, 0, y),       // Q1 2026
	}
	runKPI(t, schemas.DefaultCatalogue(), []kpiCase{
		// X in Q1 counts to Q4 2025, in Q2 to Q1 2026. Y in Q2 2025 to Q1 2026, in Q1 2026 to Q4 2026.
		{"quarters", visits, "C03", "", Quarterly, "2027-06-30", []string{
			"2025-Q1: 0 (0/1)", "2025-Q2: 50 (1/2)", "2025-Q3: 50 (1/2)", "2025-Q4: 50 (1/2)",
			"2026-Q1: 50 (1/2)", // Y again, X no longer
			"2026-Q2: 0 (0/1)", "2026-Q3: 0 (0/1)", "2026-Q4: 0 (0/1)"}},
		// By month X's Q1 begins in February, its first month there, and ends in December.
		{"months", visits[:2], "C03", "", Monthly, "2026-06-30", []string{
			"2025-02: 0 (0/1)", "2025-03: 0 (0/1)", "2025-04: 0 (0/1)", "2025-05: 0 (0/1)", "2025-06: 0 (0/1)", "2025-07: 0 (0/1)",
			"2025-08: 0 (0/1)", "2025-09: 0 (0/1)", "2025-10: 0 (0/1)", "2025-11: 0 (0/1)", "2025-12: 0 (0/1)"}},
		{"as of", visits, "C03", "", Quarterly, "2025-05-09", []string{"2025-Q1: 0 (0/1)", "2025-Q2: 0 (0/1)"}},
		{"a day has none", visits, "C03", "", Daily, "2025-05-09", nil},
	})
}
