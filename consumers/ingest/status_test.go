package ingest_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"

	"vitrine/schemas"
)

// The examples of docs/statuses.md: an agreement of 2026, looked at from 30 June. By then 181 of its
// 365 days have passed.
func TestStatusesAsWorkedByHand(t *testing.T) {
	p := newPipeline(t)
	send := func(at string, data any) {
		t.Helper()
		e, err := schemas.NewEventWithID(uuid.New(), lab, "", paris(t, at), data)
		if err != nil {
			t.Fatal(err)
		}
		p.publish(e)
	}
	count := func(n int64) *int64 { return &n }
	euros := func(n int64) *schemas.Decimal { d := schemas.Int(n); return &d }
	year := func(indicator, segment string, target int64) schemas.Commitment {
		return schemas.Commitment{Indicator: indicator, Segment: segment, Target: schemas.Int(target), From: "2026-01-01", Due: "2026-12-31", Mode: "cumulative"}
	}
	with := func(c schemas.Commitment, change func(*schemas.Commitment)) schemas.Commitment {
		change(&c)
		return c
	}
	send("2026-01-01 00:00", schemas.LabRegistered{Name: "Atelier Nord", Commune: "Lille"})
	send("2026-01-01 00:00", schemas.AgreementSigned{Agreement: "A1", Start: "2026-01-01", End: "2026-12-31", Commitments: []schemas.Commitment{
		year("D01", "", 20),
		year("D01", "audience=companies", 10),
		year("K01", "", 3),
		year("T04", "", 75),
		year("I03", "", 70),
		with(year("U01", "", 10), func(c *schemas.Commitment) { c.Mode, c.Every = "periodic", "quarter" }),
		year("O06", "", 180),
		year("B03", "", 3),
		with(year("C02", "", 4), func(c *schemas.Commitment) { c.From = "2026-04-01" }),
		with(year("D02", "", 100), func(c *schemas.Commitment) { c.Due = "2026-03-31" }),
		with(year("T01", "", 12), func(c *schemas.Commitment) { c.From = "2026-07-01" }),
		year("V01", "", 6),
		with(year("O04", "", 200), func(c *schemas.Commitment) { c.Baseline = euros(100) }),
		with(year("C04", "", 10), func(c *schemas.Commitment) {
			c.Steps = []schemas.Step{{By: "2026-06-30", Value: schemas.Int(2)}}
		}),
	}})
	// Discovery events: 4 in the first quarter, 6 in the 90 days to 30 June; 3 for companies; 9 people in all by March.
	for i := range 10 {
		day, audience, people := fmt.Sprintf("2026-02-%02d", i+1), "general_public", count(2)
		if i >= 4 {
			day, people = fmt.Sprintf("2026-05-%02d", i+1), nil
		}
		if i >= 7 {
			audience = "companies"
		}
		send(day+" 10:00", schemas.DiscoveryHeld{Type: "open_day", Audience: audience, Attendance: people})
	}
	send("2026-02-01 10:00", schemas.PartnershipSigned{Partnership: "p1", PartnerType: "school"})
	send("2026-03-01 10:00", schemas.PartnershipSigned{Partnership: "p2", PartnerType: "university"})
	send("2026-04-01 10:00", schemas.PartnershipSigned{Partnership: "p3", PartnerType: "company"})
	send("2026-05-01 10:00", schemas.PartnershipEnded{Partnership: "p3"})
	send("2026-03-02 09:00", schemas.TrainingHeld{End: paris(t, "2026-03-02 11:00"), Topic: "safety", Audience: "members", Attendees: 6, Capacity: count(8),
		Companies: []schemas.Company{{SIREN: "732829320"}}}) // its first use lies before C02's start
	send("2026-04-10 09:00", schemas.CompanyServiceDelivered{ServiceType: "design", Companies: []schemas.Company{{SIREN: "732829320"}, {Ref: "new-1"}}})
	send("2026-03-15 09:00", schemas.ExpenditureRecorded{Category: "machine_new", Amount: schemas.Int(1000), Eligible: true, Status: "paid", PublicFunding: euros(720)})
	send("2026-03-31 23:00", schemas.MachineUsage{Machine: "m", Category: "laser_cutter", End: paris(t, "2026-04-01 01:30"), Origin: "measured"}) // 1.5 h in the second quarter
	send("2026-05-31 08:00", schemas.MachineUsage{Machine: "m", Category: "laser_cutter", End: paris(t, "2026-05-31 16:00"), Origin: "measured"})
	send("2026-05-31 10:00", schemas.MilestoneReached{Milestone: "opening", AgreementStart: "2026-01-01"})
	send("2026-04-01 10:00", schemas.BusinessModelStageChanged{Stage: 1})
	send("2026-06-01 10:00", schemas.PremisesChanged{Area: schemas.Int(148)})
	p.consume(1)

	rows, err := p.store.CommitmentStatuses(t.Context(), time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC), lab)
	if err != nil {
		t.Fatal(err)
	}
	type want struct {
		actual, expected, pace, projected float64
		status                            string
	}
	none := math.NaN()
	for key, w := range map[string]want{
		"D01":                    {10, 9.92, 1.008, 22.27, "on_track"}, // 20 × 181/365; 10 + 6/90 × 184 days
		"D01 audience=companies": {3, 4.96, 0.605, 9.13, "late"},       // 10 × 181/365; 3 + 3/90 × 184
		"K01":                    {2, 1.49, 1.344, 2, "on_track"},      // 3 × 181/365; p3 has ended
		"T04":                    {75, 75, 1, 75, "achieved"},          // 6 ÷ 8; a ratio should stand at its target
		"I03":                    {72, 70, none, 72, "exceeded"},       // 720 ÷ 1000 against a cap of 70
		"U01":                    {9.5, 10, 0.95, 9.5, "on_track"},     // second quarter: 1.5 + 8 h; its 91 days have passed
		"O06":                    {150, 180, 1.2, 150, "achieved"},     // 31 May − 1 January; fewer is better
		"B03":                    {1, 1.49, 0.672, 1, "late"},
		"C02":                    {1, 1.32, 0.755, 3.04, "at_risk"}, // 4 × 91/275; 1 + 1/90 × 184
		"D02":                    {8, 100, 0.08, 8, "missed"},
		"T01":                    {none, 0, none, none, "not_started"},
		"V01":                    {0, 2.98, 0, 0, "no_data"},
		"O04":                    {148, 149.59, 0.989, 148, "on_track"}, // 100 + 100 × 181/365
		"C04":                    {1, 2, 0.5, 3.04, "late"},             // the step says 2 by 30 June
	} {
		found := false
		for _, r := range rows {
			name := r.Indicator
			if r.Segment != "" {
				name += " " + r.Segment
			}
			if name != key {
				continue
			}
			found = true
			for what, pair := range map[string][2]float64{
				"actual": {orNaN(r.Actual), w.actual}, "expected": {r.Expected, w.expected}, "pace": {orNaN(r.Pace), w.pace}, "projected": {orNaN(r.Projected), w.projected},
			} {
				if math.IsNaN(pair[0]) != math.IsNaN(pair[1]) || math.Abs(pair[0]-pair[1]) > 0.0051 {
					t.Errorf("%s: %s is %v, want %v", key, what, pair[0], pair[1])
				}
			}
			if r.Status != w.status {
				t.Errorf("%s: status %s, want %s", key, r.Status, w.status)
			}
		}
		if !found {
			t.Errorf("%s: no row", key)
		}
	}
	labs, err := p.store.LabStatuses(t.Context(), time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if len(labs) != 1 || labs[0].WorstStatus != "missed" || labs[0].Commitments != 14 || labs[0].SilentDays == nil || *labs[0].SilentDays != 29 {
		t.Errorf("lab_status: %+v", labs)
	}
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}
