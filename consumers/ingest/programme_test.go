package ingest_test

import (
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// Three labs in 2026, worked by hand: what adds up is added, what doesn't isn't.
func TestTheProgrammesFiguresAsWorkedByHand(t *testing.T) {
	p := newPipeline(t)
	send := func(lab, at string, data any) {
		t.Helper()
		e, err := schemas.NewEvent(lab, "", paris(t, at), data)
		if err != nil {
			t.Fatal(err)
		}
		p.publish(e)
	}
	count := func(n int64) *int64 { return &n }
	euros := func(n int64) *schemas.Decimal { d := schemas.Int(n); return &d }
	const known = "732829320"
	training := func(lab, at, end string, attendees, places int64, companies ...schemas.Company) {
		send(lab, at, schemas.TrainingHeld{End: paris(t, end), Topic: "safety", Audience: "members", Attendees: attendees, Capacity: count(places), Companies: companies})
	}
	for lab, start := range map[string]string{"aa": "2026-01-01", "bb": "2026-01-01", "cc": "2026-01-01"} {
		send(lab, start+" 08:00", schemas.LabRegistered{Name: lab, Commune: "Lille"})
		send(lab, start+" 09:00", schemas.AgreementSigned{Agreement: "A", Start: start, End: "2026-12-31", PlannedBudget: euros(1000), Commitments: []schemas.Commitment{
			{Indicator: "D01", Target: schemas.Int(4), From: start, Due: "2026-12-31", Mode: "cumulative"}}})
	}
	for _, e := range []struct{ lab, at, audience string }{
		{"aa", "2026-02-03 10:00", "companies"}, {"aa", "2026-04-07 10:00", "general_public"},
		{"bb", "2026-02-04 10:00", "companies"}, {"bb", "2026-03-04 10:00", "general_public"}, {"bb", "2026-05-04 10:00", "general_public"},
	} {
		send(e.lab, e.at, schemas.DiscoveryHeld{Type: "open_day", Audience: e.audience})
	}
	// The company with a SIREN is one for all labs; x is a code of each lab's own, and so two.
	training("aa", "2026-02-10 09:00", "2026-02-10 11:00", 6, 8, schemas.Company{SIREN: known}, schemas.Company{Ref: "x"})
	training("bb", "2026-05-12 09:00", "2026-05-12 12:00", 3, 12, schemas.Company{SIRET: known + "00074"}, schemas.Company{Ref: "x"})
	for _, lab := range []string{"aa", "bb"} {
		send(lab, "2026-03-02 09:00", schemas.MachineCommissioned{Machine: "laser-1", Category: "laser_cutter", Nature: "new"})
	}
	send("aa", "2026-02-01 10:00", schemas.PartnershipSigned{Partnership: "p1", PartnerType: "school"})
	send("aa", "2026-02-02 10:00", schemas.PartnershipSigned{Partnership: "p2", PartnerType: "company"})
	send("aa", "2026-05-02 10:00", schemas.PartnershipEnded{Partnership: "p2"})
	send("bb", "2026-02-01 10:00", schemas.PartnershipSigned{Partnership: "p1", PartnerType: "school"})
	send("bb", "2026-05-01 10:00", schemas.PartnershipSigned{Partnership: "p3", PartnerType: "university"})
	send("aa", "2026-01-10 10:00", schemas.PremisesChanged{Area: schemas.Int(100)})
	send("aa", "2026-04-10 10:00", schemas.PremisesChanged{Area: schemas.Int(120)})
	send("bb", "2026-02-10 10:00", schemas.PremisesChanged{Area: schemas.Int(150)})
	for lab, stage := range map[string]int64{"aa": 1, "bb": 4, "cc": 2} {
		send(lab, "2026-03-20 10:00", schemas.BusinessModelStageChanged{Stage: stage})
	}
	send("aa", "2026-03-31 18:00", schemas.FinancePeriodReported{OwnRevenue: schemas.Int(60), OperatingCosts: euros(100), TopClientPercent: euros(30)})
	send("bb", "2026-03-31 18:00", schemas.FinancePeriodReported{OwnRevenue: schemas.Int(90), OperatingCosts: euros(400), TopClientPercent: euros(55)})
	send("aa", "2026-04-03 10:00", schemas.VisibilityItemPublished{Scope: "national", Medium: "press"})
	send("aa", "2026-06-01 08:00", schemas.MachineUsage{Machine: "laser-1", Category: "laser_cutter", End: paris(t, "2026-06-01 10:30"), Origin: "measured"})
	p.consume(1)

	figures := func(asOf string) map[string]string {
		t.Helper()
		day, err := time.Parse(time.DateOnly, asOf)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := p.store.ProgrammeFigures(t.Context(), day, true)
		if err != nil {
			t.Fatal(err)
		}
		return programmeRows(rows)
	}
	june := figures("2026-06-30")
	p.want(june, map[string]string{
		"D01":                     "5 of 2",
		"D01 audience=companies":  "2 of 2",
		"T04":                     "45 of 2", // 9 ÷ 20, not the mean of 75 and 25
		"T02":                     "21 of 2", // 2 h × 6 + 3 h × 3
		"C01":                     "3 of 2",
		"C02":                     "3 of 2",
		"C03":                     "0 of 2",
		"O01":                     "2 of 2", // two machines: laser-1 is each lab's own
		"K01":                     "3 of 2", // p1 and p3 of bb, p1 of aa; p2 has ended
		"K01 partner_type=school": "2 of 2",
		"K02":                     "1.5 of 2", // between 1 and 2 types
		"O04":                     "270 of 2", // 120 + 150
		"B03":                     "2 of 3",   // the middle of 1, 2, 4
		"E01":                     "150 of 2",
		"E02":                     "30 of 2",        // 150 ÷ 500
		"E04":                     "42.5 of 2",      // between 30 and 55
		"V05":                     "33.333333 of 3", // one of three
		"I02":                     "0 of 3",         // nothing of 3,000
		"U01":                     "2.5 of 1",
		"U01 machine=laser-1":     "",
	})
	p.want(figures("2026-03-31"), map[string]string{"D01": "3 of 2", "C01": "2 of 1", "K01": "3 of 2", "K02": "1.5 of 2", "O04": "250 of 2", "T04": "75 of 1", "V05": "0 of 3"})
	p.want(figures("2027-12-31"), map[string]string{"E02": "", "O04": "270 of 2", "D01": "5 of 2"})

	winter, summer := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)
	quarters := func(from time.Time, segments bool) map[string]string {
		t.Helper()
		rows, err := p.store.ProgrammeFiguresBetween(t.Context(), "quarter", from, summer, segments)
		if err != nil {
			t.Fatal(err)
		}
		return programmeRows(rows)
	}
	byQuarter := quarters(winter, true)
	p.want(byQuarter, map[string]string{
		"D01 2026-01-01": "3 of 2", "D01 2026-04-01": "2 of 2",
		"C01 2026-01-01": "2 of 1", "C01 2026-04-01": "2 of 1",
		"C02 2026-01-01": "2 of 1", "C02 2026-04-01": "1 of 1", // the SIREN isn't new to the programme in the second
		"T04 2026-04-01": "25 of 1",
		"O04 2026-01-01": "250 of 2", "O04 2026-04-01": "270 of 2",
		"K02 2026-04-01": "1.5 of 2", "B03 2026-04-01": "2 of 3",
		"V05 2026-04-01": "33.333333 of 3", "D01 2026-07-01": "",
	})

	// What is asked for without segments, or of one quarter, is what there is otherwise, less these.
	rows, err := p.store.ProgrammeFigures(t.Context(), summer, false)
	if err != nil {
		t.Fatal(err)
	}
	without := func(all map[string]string, drop func(fields []string) bool) map[string]string {
		out := maps.Clone(all)
		maps.DeleteFunc(out, func(key, _ string) bool { return drop(strings.Fields(key)) })
		return out
	}
	if got, want := programmeRows(rows), without(june, func(f []string) bool { return len(f) > 1 }); !maps.Equal(got, want) {
		t.Errorf("whole figures %v, want %v", got, want)
	}
	if got, want := quarters(winter, false), without(byQuarter, func(f []string) bool { return len(f) > 2 }); !maps.Equal(got, want) {
		t.Errorf("whole figures by quarter %v, want %v", got, want)
	}
	if got, want := quarters(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), true), without(byQuarter, func(f []string) bool { return f[1] != "2026-04-01" }); !maps.Equal(got, want) {
		t.Errorf("figures of the second quarter %v, want %v", got, want)
	}
}

// programmeRows writes figures as "indicator period segment" → "value of labs".
func programmeRows(rows []clickhouse.ProgrammeFigure) map[string]string {
	out := map[string]string{}
	for _, f := range rows {
		key := f.Indicator
		if !f.Period.IsZero() {
			key += " " + f.Period.Format(time.DateOnly)
		}
		if f.Segment != "" {
			key += " " + f.Segment
		}
		value := "null"
		if f.Value != nil {
			value = strconv.FormatFloat(*f.Value, 'f', -1, 64)
		}
		out[key] = value + " of " + strconv.FormatUint(f.Labs, 10)
	}
	return out
}
