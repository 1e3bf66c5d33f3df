package ingest_test

import (
	"testing"

	"github.com/google/uuid"

	"vitrine/schemas"
)

// happening is what a lab reported: data at a local time.
type happening struct {
	at   string
	data any
}

// statusExample is a line of docs/statuses.md: one commitment, what happened, and the day that it is looked at from.
type statusExample struct {
	asOf       string
	commitment schemas.Commitment
	change     func(*schemas.AgreementSigned)
	amended    *schemas.Commitment
	lab        schemas.LabRegistered
	happened   []happening
}

func (x statusExample) events(t *testing.T, lab string) []*schemas.Event {
	t.Helper()
	made := func(at string, id uuid.UUID, data any) *schemas.Event {
		e, err := schemas.NewEventWithID(id, lab, "", paris(t, at), data)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	x.lab.Name, x.lab.Commune = lab, "Lille"
	agreement := schemas.AgreementSigned{Agreement: "A1", Start: "2026-01-01", End: "2026-12-31", Commitments: []schemas.Commitment{x.commitment}}
	if x.change != nil {
		x.change(&agreement)
	}
	signed := uuid.New()
	out := []*schemas.Event{made("2026-01-01 00:00", uuid.New(), x.lab), made("2026-01-01 00:00", signed, agreement)}
	if x.amended != nil {
		agreement.Commitments = []schemas.Commitment{*x.amended}
		amendment := made("2026-01-01 00:00", signed, agreement)
		amendment.Revision = 1
		out = append(out, amendment)
	}
	for _, h := range x.happened {
		out = append(out, made(h.at, uuid.New(), h.data))
	}
	return out
}

// target is a cumulative commitment of 2026, unless changed.
func target(indicator string, value int64, changes ...func(*schemas.Commitment)) schemas.Commitment {
	c := schemas.Commitment{Indicator: indicator, Target: schemas.Int(value), From: "2026-01-01", Due: "2026-12-31", Mode: "cumulative"}
	for _, change := range changes {
		change(&c)
	}
	return c
}

func between(from, due string) func(*schemas.Commitment) {
	return func(c *schemas.Commitment) { c.From, c.Due = from, due }
}

func each(every string) func(*schemas.Commitment) {
	return func(c *schemas.Commitment) { c.Mode, c.Every = "periodic", every }
}

func of(segment string) func(*schemas.Commitment) {
	return func(c *schemas.Commitment) { c.Segment = segment }
}

func baseline(value int64) func(*schemas.Commitment) {
	return func(c *schemas.Commitment) { b := schemas.Int(value); c.Baseline = &b }
}

func statusExamples(t *testing.T) map[string]statusExample {
	const june = "2026-06-30"
	euros := func(n int64) *schemas.Decimal { d := schemas.Int(n); return &d }
	discovery := func(audience string, days ...string) (out []happening) {
		for _, day := range days {
			people := int64(4)
			out = append(out, happening{day + " 10:00", schemas.DiscoveryHeld{Type: "open_day", Audience: audience, Attendance: &people}})
		}
		return out
	}
	service := func(at string, refs ...string) happening {
		var companies []schemas.Company
		for _, r := range refs {
			companies = append(companies, schemas.Company{Ref: r})
		}
		return happening{at + " 09:00", schemas.CompanyServiceDelivered{ServiceType: "design", Companies: companies}}
	}
	signed := func(at, name, sort string) happening {
		return happening{at + " 10:00", schemas.PartnershipSigned{Partnership: name, PartnerType: sort}}
	}
	partners := []happening{signed("2026-02-01", "p1", "school"), signed("2026-03-01", "p2", "school"), signed("2026-04-01", "p3", "company"),
		signed("2026-04-02", "p4", "university"), {"2026-05-01 10:00", schemas.PartnershipEnded{Partnership: "p4"}}}
	training := func() happening {
		places := int64(8)
		return happening{"2026-03-02 09:00", schemas.TrainingHeld{End: paris(t, "2026-03-02 11:00"), Topic: "safety", Audience: "members", Attendees: 6, Capacity: &places}}
	}
	paid := func(amount, aid int64) []happening {
		return []happening{{"2026-03-15 09:00", schemas.ExpenditureRecorded{Category: "machine_new", Amount: schemas.Int(amount), Eligible: true, Status: "paid", PublicFunding: euros(aid)}}}
	}
	area := []happening{{"2026-06-01 10:00", schemas.PremisesChanged{Area: schemas.Int(148)}}}
	ten := discovery("general_public", "2026-02-01", "2026-02-02", "2026-02-03", "2026-02-04", "2026-04-10", "2026-05-05", "2026-05-06", "2026-06-01", "2026-06-02", "2026-06-03")
	return map[string]statusExample{
		"sum":     {asOf: june, commitment: target("D01", 20), happened: ten},
		"segment": {asOf: june, commitment: target("D01", 10, of("audience=companies")), happened: append(discovery("youth", "2026-02-01"), discovery("companies", "2026-05-05", "2026-05-06", "2026-05-07")...)},
		"distinct": {asOf: june, commitment: target("C01", 10),
			happened: []happening{service("2026-02-01", "x"), service("2026-05-05", "x", "y"), service("2026-06-05", "y")}},
		"first": {asOf: june, commitment: target("C02", 4, between("2026-04-01", "2026-12-31")), happened: []happening{service("2026-03-02", "x"), service("2026-04-10", "x", "y")}},
		"last":  {asOf: june, commitment: target("B03", 3), happened: []happening{{"2026-04-01 10:00", schemas.BusinessModelStageChanged{Stage: 1}}}},
		"stock": {asOf: june, commitment: target("K01", 4), happened: partners},
		"kinds": {asOf: june, commitment: target("K02", 3), happened: partners},
		"ratio": {asOf: june, commitment: target("T04", 75), happened: []happening{training()}},
		"cumulative": {asOf: june, commitment: target("I02", 60), change: func(a *schemas.AgreementSigned) { a.PlannedBudget = euros(10000) },
			happened: paid(3000, 0)},
		"rolling": {asOf: june, commitment: target("E02", 50), happened: []happening{
			{"2025-06-15 10:00", schemas.FinancePeriodReported{OwnRevenue: schemas.Int(9000), OperatingCosts: euros(9000)}},
			{"2026-03-15 10:00", schemas.FinancePeriodReported{OwnRevenue: schemas.Int(4000), OperatingCosts: euros(10000)}}}},
		"repeat": {asOf: june, commitment: target("C03", 60), happened: []happening{service("2026-02-01", "x"), service("2026-05-05", "x", "y")}},
		"max":    {asOf: june, commitment: target("O06", 180), happened: []happening{{"2026-05-31 10:00", schemas.MilestoneReached{Milestone: "opening", AgreementStart: "2026-01-01"}}}},
		"down": {asOf: june, commitment: target("E04", 40, baseline(60)),
			happened: []happening{{"2026-04-15 10:00", schemas.FinancePeriodReported{OwnRevenue: schemas.Int(4000), TopClientPercent: euros(50)}}}},
		"age":        {asOf: june, commitment: target("Q01", 30), happened: area},
		"cap kept":   {asOf: june, commitment: target("I03", 70), happened: paid(1000, 650)},
		"cap broken": {asOf: june, commitment: target("I03", 70), happened: paid(1000, 720)},
		"steps": {asOf: june, commitment: target("C04", 10, func(c *schemas.Commitment) {
			c.Steps = []schemas.Step{{By: "2026-06-30", Value: schemas.Int(2)}}
		}), happened: []happening{service("2026-04-10", "x")}},
		"quarter": {asOf: june, commitment: target("U01", 10, each("quarter")), happened: []happening{
			{"2026-03-31 23:00", schemas.MachineUsage{End: paris(t, "2026-04-01 01:30"), Machine: "m", Category: "laser_cutter", Origin: "measured"}},
			{"2026-05-31 08:00", schemas.MachineUsage{End: paris(t, "2026-05-31 16:00"), Machine: "m", Category: "laser_cutter", Origin: "measured"}}}},
		"first month":      {asOf: "2026-01-23", commitment: target("D01", 4, each("month"), between("2026-01-16", "2026-12-31")), happened: discovery("youth", "2026-01-10", "2026-01-20")},
		"last quarter":     {asOf: "2026-12-31", commitment: target("D01", 4, each("quarter"), between("2026-01-01", "2026-11-14")), happened: discovery("youth", "2026-09-30", "2026-10-05", "2026-10-06", "2026-11-20")},
		"target 0":         {asOf: june, commitment: target("D01", 0), happened: discovery("youth", "2026-05-05")},
		"target 0 down":    {asOf: june, commitment: target("Q01", 0), happened: area},
		"baseline":         {asOf: june, commitment: target("O04", 200, baseline(100)), happened: area},
		"no baseline":      {asOf: june, commitment: target("O04", 200), happened: area},
		"baseline above":   {asOf: june, commitment: target("O04", 100, baseline(150)), happened: area},
		"ratio from":       {asOf: june, commitment: target("T04", 80, baseline(60)), happened: []happening{training()}},
		"one day":          {asOf: june, commitment: target("D01", 2, between(june, june)), happened: discovery("youth", "2026-06-29", june)},
		"past":             {asOf: june, commitment: target("D02", 100, between("2026-01-01", "2026-03-31")), happened: discovery("youth", "2026-02-09", "2026-02-10")},
		"past and made":    {asOf: june, commitment: target("D01", 1, between("2026-01-01", "2026-03-31")), happened: discovery("youth", "2026-02-10", "2026-04-10")},
		"later":            {asOf: june, commitment: target("T01", 12, between("2026-07-01", "2026-12-31")), happened: []happening{training()}},
		"later quarters":   {asOf: june, commitment: target("D01", 3, each("quarter"), between("2026-08-01", "2026-12-31"))},
		"not open":         {asOf: june, commitment: target("D01", 12), lab: schemas.LabRegistered{Opened: "2026-09-01"}},
		"before":           {asOf: "2025-06-30", commitment: target("D01", 20), happened: ten},
		"as of March":      {asOf: "2026-03-31", commitment: target("D01", 20), happened: ten},
		"future":           {asOf: "2027-01-31", commitment: target("D01", 20), happened: ten},
		"nothing":          {asOf: june, commitment: target("V01", 6)},
		"unknown segment":  {asOf: june, commitment: target("K01", 3, of("partner_type=chamber_trades")), happened: partners},
		"no denominator":   {asOf: june, commitment: target("T04", 75)},
		"not in catalogue": {asOf: june, commitment: target("X99", 4, baseline(2))},
		"amended":          {asOf: june, commitment: target("D02", 9), amended: amendment(), happened: ten},
	}
}

func amendment() *schemas.Commitment { c := target("D01", 40); return &c }
