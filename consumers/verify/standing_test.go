package verify

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"vitrine/schemas"
)

// standingsOf writes how the commitments of lab a stand: "D01: actual 10, expected 9.92, …" each.
func standingsOf(t *testing.T, asOf string, events ...sent) []string {
	t.Helper()
	o := oracleOf(t, schemas.DefaultCatalogue(), events...)
	var out []string
	for _, s := range o.standings("a", o.factsOf("a"), day(t, asOf), Rules{OnTrack: big.NewRat(9, 10), AtRisk: big.NewRat(7, 10)}) {
		r := s.row("a", day(t, asOf))
		out = append(out, strings.TrimSpace(s.indicator+" "+s.segment)+": "+
			writeRow(r, []string{"actual", "percent", "expected", "pace", "projected"})+": "+s.status)
	}
	return out
}

// promise is a commitment of 2026, unless more says otherwise.
func promise(indicator string, target int, more string) string {
	c := fmt.Sprintf(`'indicator': '%s', 'target': %d`, indicator, target) + more
	for field, value := range map[string]string{"from": "2026-01-01", "due": "2026-12-31", "mode": "cumulative"} {
		if !strings.Contains(c, "'"+field+"'") {
			c += `, '` + field + `': '` + value + `'`
		}
	}
	return "{" + c + "}"
}

func promised(commitments ...string) sent {
	return sent{kind: "agreement.signed", time: "2026-01-01T00:00:00+01:00",
		data: `'agreement': 'A1', 'start': '2026-01-01', 'end_date': '2026-12-31', 'commitments': [` + strings.Join(commitments, ", ") + `]`}
}

// The examples of docs/statuses.md: by 30 June 181 of 365 days have passed, and 184 are left.
func TestStandingsAsWorkedByHand(t *testing.T) {
	events := []sent{promised(
		promise("D01", 20, ""),
		promise("D01", 10, `, 'segment': 'audience=companies'`),
		promise("K01", 3, ""),
		promise("T04", 75, ""),
		promise("I03", 70, ""),
		promise("U01", 10, `, 'mode': 'periodic', 'every': 'quarter'`),
		promise("O06", 180, ""),
		promise("B03", 3, ""),
		promise("C02", 4, `, 'from': '2026-04-01'`),
		promise("D02", 100, `, 'due': '2026-03-31'`),
		promise("T01", 12, `, 'from': '2026-07-01'`),
		promise("V01", 6, ""),
		promise("O04", 200, `, 'baseline': 100`),
		promise("C04", 10, `, 'steps': [{'by': '2026-06-30', 'value': 2}]`),
	)}
	for i := range 10 {
		at, audience, people := fmt.Sprintf("2026-02-%02dT10:00:00+01:00", i+1), "general_public", `, 'attendance': 2`
		if i >= 4 {
			at, people = fmt.Sprintf("2026-05-%02dT10:00:00+02:00", i+1), ""
		}
		if i >= 7 {
			audience = "companies"
		}
		events = append(events, sent{kind: "discovery.held", time: at, data: `'type': 'open_day', 'audience': '` + audience + `'` + people})
	}
	signed := func(at, name, partner string) sent {
		return sent{kind: "partnership.signed", time: at, data: `'partnership': '` + name + `', 'partner_type': '` + partner + `'`}
	}
	events = append(events,
		signed("2026-02-01T10:00:00+01:00", "p1", "school"),
		signed("2026-03-01T10:00:00+01:00", "p2", "university"),
		signed("2026-04-01T10:00:00+02:00", "p3", "company"),
		sent{kind: "partnership.ended", time: "2026-05-01T10:00:00+02:00", data: `'partnership': 'p3'`},
		sent{kind: "training.held", time: "2026-03-02T09:00:00+01:00", data: `'end': '2026-03-02T11:00:00+01:00', 'topic': 'safety', 'audience': 'members',
			'attendees': 6, 'capacity': 8, 'companies': [{'siren': '732829320'}]`}, // its first use lies before C02's start
		sent{kind: "company.service.delivered", time: "2026-04-10T09:00:00+02:00", data: `'service_type': 'design', 'companies': [{'siren': '732829320'}, {'ref': 'new-1'}]`},
		sent{kind: "expenditure.recorded", time: "2026-03-15T09:00:00+01:00", data: `'category': 'machine_new', 'amount_excl_vat': 1000, 'eligible': true, 'status': 'paid', 'public_funding': 720`},
		usage("2026-03-31T23:00:00+02:00", "2026-04-01T01:30:00+02:00", ""), // 1.5 h in the second quarter
		usage("2026-05-31T08:00:00+02:00", "2026-05-31T16:00:00+02:00", ""),
		sent{kind: "milestone.reached", time: "2026-05-31T10:00:00+02:00", data: `'milestone': 'opening', 'agreement_start': '2026-01-01'`},
		sent{kind: "business_model.stage.changed", time: "2026-04-01T10:00:00+02:00", data: `'stage': 1`},
		sent{kind: "premises.changed", time: "2026-06-01T10:00:00+02:00", data: `'area_m2': 148`},
	)
	expect(t, standingsOf(t, "2026-06-30", events...),
		"D01: actual 10, percent 50, expected 9.92, pace 1.008, projected 22.27: on_track",              // 20 × 181/365; 10 + 6/90 × 184
		"D01 audience=companies: actual 3, percent 30, expected 4.96, pace 0.605, projected 9.13: late", // 10 × 181/365; 3 + 3/90 × 184
		"K01: actual 2, percent 66.7, expected 1.49, pace 1.344, projected 2: on_track",                 // 3 × 181/365; p3 has ended
		"T04: actual 75, percent 100, expected 75, pace 1, projected 75: achieved",                      // 6 ÷ 8
		"I03: actual 72, percent 102.9, expected 70, no pace, projected 72: exceeded",                   // 720 ÷ 1000
		"U01: actual 9.5, percent 95, expected 10, pace 0.95, projected 9.5: on_track",                  // 1.5 + 8 h; 91 of 91 days
		"O06: actual 150, percent 83.3, expected 180, pace 1.2, projected 150: achieved",                // 31 May − 1 January; 180 ÷ 150
		"B03: actual 1, percent 33.3, expected 1.49, pace 0.672, projected 1: late",                     // 3 × 181/365
		"C02: actual 1, percent 25, expected 1.32, pace 0.755, projected 3.04: at_risk",                 // 4 × 91/275; 1 + 1/90 × 184
		"D02: actual 8, percent 8, expected 100, pace 0.08, projected 8: missed",                        // 4 × 2 people
		"T01: no actual, no percent, expected 0, no pace, no projected: not_started",
		"V01: actual 0, percent 0, expected 2.98, pace 0, projected 0: no_data",             // 6 × 181/365
		"O04: actual 148, percent 74, expected 149.59, pace 0.989, projected 148: on_track", // 100 + 100 × 181/365
		"C04: actual 1, percent 10, expected 2, pace 0.5, projected 3.04: late",             // the step says 2
	)
}

func TestStandingsAtTheEdges(t *testing.T) {
	visit := func(at, siren string) sent {
		return sent{kind: "company.service.delivered", time: at, data: `'service_type': 'design', 'companies': [{'ref': '` + siren + `'}]`}
	}
	opened := sent{kind: "milestone.reached", time: "2026-02-10T10:00:00+01:00", data: `'milestone': 'opening', 'agreement_start': '2026-01-01'`}
	school := sent{kind: "partnership.signed", time: "2026-02-01T10:00:00+01:00", data: `'partnership': 'p1', 'partner_type': 'school'`}
	for _, c := range []struct {
		name, asOf string
		events     []sent
		want       string
	}{
		{"a highest value of before the window doesn't count", "2026-06-30",
			[]sent{promised(promise("O06", 180, `, 'from': '2026-03-01'`)), opened},
			"O06: no actual, no percent, expected 180, no pace, no projected: no_data"}, // 180 × 122/306
		{"nor when it is overdue", "2027-01-01",
			[]sent{promised(promise("O06", 180, `, 'from': '2026-03-01'`)), opened},
			"O06: no actual, no percent, expected 180, no pace, no projected: missed"},
		{"a segment that nothing was reported for", "2026-06-30",
			[]sent{promised(promise("K01", 3, `, 'segment': 'partner_type=company'`)), school},
			"K01 partner_type=company: no actual, no percent, expected 1.49, no pace, no projected: no_data"},
		// By 15 May, X came in two quarters and Y in one. What comes in the rest of May doesn't count: the commitment is over.
		{"a rolling ratio ends with the commitment", "2026-06-30",
			[]sent{promised(promise("C03", 60, `, 'due': '2026-05-15'`)), visit("2026-02-01T10:00:00+01:00", "X"), visit("2026-05-02T10:00:00+02:00", "X"),
				visit("2026-05-03T10:00:00+02:00", "Y"), visit("2026-05-20T10:00:00+02:00", "Z")},
			"C03: actual 50, percent 83.3, expected 60, pace 0.833, projected 50: missed"},
		{"an indicator that the catalogue hasn't", "2027-03-01",
			[]sent{promised(promise("X99", 4, `, 'baseline': 2`))},
			"X99: no actual, no percent, expected 4, no pace, no projected: no_data"},
		{"an amendment under another id", "2026-12-31",
			[]sent{promised(promise("D01", 9, "")), promised(promise("D01", 3, ""))},
			"D01: actual 0, percent 0, expected 3, pace 0, projected 0: no_data"},
		{"a retracted agreement", "2026-12-31",
			[]sent{{id: 1, kind: "agreement.signed", data: promised(promise("D01", 9, "")).data}, {id: 1, revision: 1, kind: "agreement.signed", retracted: true}}, ""},
		{"a window of fewer than 90 days", "2026-02-10",
			[]sent{promised(promise("D01", 0, "")), {kind: "discovery.held", data: discovery}},
			"D01: actual 1, no percent, expected 0, pace 1, projected 8.9: achieved"}, // 1 + 1/41 × 324
	} {
		t.Run(c.name, func(t *testing.T) {
			want := []string{}
			if c.want != "" {
				want = append(want, c.want)
			}
			expect(t, standingsOf(t, c.asOf, c.events...), want...)
		})
	}
}
