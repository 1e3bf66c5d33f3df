package explain_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/explain"
	"vitrine/schemas"
)

func number(n int64) *int64 { return &n }

func amount(n int64) *schemas.Decimal { d := schemas.Int(n); return &d }

// sendLife publishes a small lab's life, mistakes included.
func sendLife(p *pipeline) {
	known, fresh := schemas.Company{SIREN: "732829320"}, schemas.Company{Ref: "new-1"}
	discovery := func(audience string, n int64) any {
		return schemas.DiscoveryHeld{Type: "open_day", Audience: audience, Attendance: number(n)}
	}
	usage := func(end string) any {
		return schemas.MachineUsage{Machine: "m", Category: "laser_cutter", End: p.at(end), Origin: "measured"}
	}
	paid := func(n, public int64) any {
		return schemas.ExpenditureRecorded{Category: "machine_new", Amount: schemas.Int(n), Eligible: true, Status: "paid", PublicFunding: amount(public)}
	}
	finances := func(own, costs, top int64) any {
		return schemas.FinancePeriodReported{OwnRevenue: schemas.Int(own), OperatingCosts: amount(costs), TopClientPercent: amount(top)}
	}
	p.send("lab", 0, "2025-10-01 00:00:00", schemas.LabRegistered{Name: "Atelier Nord", Commune: "Lille"})
	p.send("agreement", 0, "2026-01-01 00:00:00", schemas.AgreementSigned{Agreement: "A1", Start: "2026-01-01", End: "2026-12-31",
		PlannedBudget: amount(3000), Commitments: []schemas.Commitment{}})
	// Discovery events: corrected, retracted, moved, sent twice, out of order, and one that was a training.
	p.send("d1", 0, "2026-03-12 18:00:00", discovery("general_public", 10))
	p.send("d1", 1, "2026-03-12 18:00:00", discovery("general_public", 12), because("miscounted"))
	p.send("d2", 0, "2026-03-20 18:00:00", discovery("companies", 5))
	p.send("d2", 1, "2026-03-20 18:00:00", discovery("companies", 5), retracted("twice in the list"))
	p.send("d3", 0, "2026-03-25 18:00:00", discovery("companies", 7))
	p.send("d3", 1, "2026-04-02 18:00:00", discovery("companies", 7))
	p.send("d4", 0, "2026-04-05 18:00:00", discovery("companies", 3))
	p.send("d4", 0, "2026-04-05 18:00:00", discovery("companies", 3))
	p.send("d5", 2, "2026-03-28 18:00:00", discovery("general_public", 4))
	p.send("d5", 1, "2026-03-28 18:00:00", discovery("general_public", 9))
	p.send("d6", 0, "2026-03-29 18:00:00", discovery("general_public", 2))
	p.send("d6", 1, "2026-03-29 18:00:00", schemas.TrainingHeld{End: p.at("2026-03-29 19:00:00"), Topic: "safety", Audience: "members", Attendees: 2})
	p.send("u1", 0, "2026-03-31 23:00:00", usage("2026-04-01 01:30:00"))
	p.send("u2", 0, "2026-03-02 08:00:00", usage("2026-03-02 08:10:01"))
	p.send("t1", 0, "2026-03-05 09:00:00", schemas.TrainingHeld{End: p.at("2026-03-05 11:00:00"), Topic: "safety", Audience: "members", Attendees: 6,
		Capacity: number(8), Companies: []schemas.Company{known}})
	p.send("c0", 0, "2025-11-10 09:00:00", schemas.CompanyServiceDelivered{ServiceType: "design", Companies: []schemas.Company{known}})
	p.send("c1", 0, "2026-03-15 09:00:00", schemas.CompanyServiceDelivered{ServiceType: "design", Companies: []schemas.Company{known, fresh}})
	p.send("p1", 0, "2026-02-01 10:00:00", schemas.PartnershipSigned{Partnership: "school-1", PartnerType: "school"})
	p.send("p2", 0, "2026-03-01 10:00:00", schemas.PartnershipSigned{Partnership: "univ-1", PartnerType: "university"})
	p.send("e2", 0, "2026-05-01 10:00:00", schemas.PartnershipEnded{Partnership: "univ-1"})
	p.send("p3", 0, "2026-03-10 10:00:00", schemas.PartnershipSigned{Partnership: "school-2", PartnerType: "school"})
	p.send("p3", 1, "2026-03-10 10:00:00", schemas.PartnershipSigned{}, retracted("never signed"))
	p.send("o1", 0, "2026-01-10 10:00:00", schemas.PremisesChanged{Area: schemas.Int(100)})
	p.send("o2", 0, "2026-03-03 10:00:00", schemas.PremisesChanged{Area: schemas.Int(148)})
	p.send("o2", 1, "2026-03-03 10:00:00", schemas.PremisesChanged{Area: schemas.Int(150)})
	p.send("o3", 0, "2026-03-20 10:00:00", schemas.PremisesChanged{Area: schemas.Int(999)})
	p.send("o3", 1, "2026-03-20 10:00:00", schemas.PremisesChanged{}, retracted("another lab's"))
	p.send("x1", 0, "2026-02-15 10:00:00", paid(1000, 700))
	p.send("x2", 0, "2026-03-15 10:00:00", paid(500, 300))
	p.send("f0", 0, "2025-06-30 10:00:00", finances(5, 5, 90))
	p.send("f1", 0, "2025-12-31 10:00:00", finances(100, 400, 30))
	p.send("f2", 0, "2026-03-31 10:00:00", finances(300, 400, 35))
	p.send("f3", 0, "2026-02-28 10:00:00", finances(0, 0, 20))
}

// Each figure as worked by hand, for every rule.
func TestFiguresAsWorkedByHand(t *testing.T) {
	p := newPipeline(t)
	sendLife(p)
	p.consume()
	figures := p.figures()
	for question, want := range map[string]string{
		// sum: corrections count by their latest version, wherever they stand now.
		"D02 2026-03":                    "16 = d1:12 + d5:4; no longer d2:5 (retracted), d3:7 (moved), d6:2 (kind)",
		"D02 2026-03-12":                 "12 = d1:12",
		"D02 2026-Q2":                    "10 = d3:7 + d4:3",
		"D02 2026-03 audience=companies": "none = ; no longer d2:5 (retracted), d3:7 (moved)",
		"D01 2025-10":                    "none = ",
		// seconds ÷ 3600; the night of 31 March is cut at midnight.
		"U01 2026-03":    "1.166944 = u2:601 + u1(cut):3600",
		"U01 2026-04-01": "1.5 = u1(cut):5400",
		"U01 2026-04 machine_category=laser_cutter": "1.5 = u1(cut):5400",
		"U01 2026-Q2": "1.5 = u1(cut):5400",
		"T02 2026-03": "14 = t1:43200 + d6:7200",
		// ratio: numerator and denominator add up by themselves.
		"T04 2026-03": "75 = t1:6 ÷ t1:8",
		// distinct: two events name one company.
		"C01 2026-Q1":    "2 = 732829320[t1+c1]:1 + atelier-nord:new-1[c1]:1",
		"C01 2026-03-05": "1 = 732829320[t1]:1",
		// first: one company was known since November.
		"C02 2026-Q1": "1 = atelier-nord:new-1[c1]:1",
		"C02 2025-Q4": "1 = 732829320[c0]:1",
		// repeat: one of two companies was seen in two quarters.
		"C03 2026-Q1": "50 = 732829320[c0+t1]:1 ÷ 732829320[c0+t1+c1]:1 + atelier-nord:new-1[c1]:1",
		"C03 2025-12": "0 =  ÷ 732829320[c0]:1",
		// stock, and the different kinds in it.
		"K01 2026-03":                         "2 = school-1[p1]:1 + univ-1[p2]:1; no longer p3:1 (retracted)",
		"K01 2026-Q2":                         "1 = school-1[p1]:1 + univ-1[e2]:0; no longer p3:1 (retracted)",
		"K01 2026-05 partner_type=school":     "1 = school-1[p1]:1; no longer p3:1 (retracted)",
		"K01 2026-05 partner_type=university": "0 = univ-1[e2]:0",
		"K02 2026-03":                         "2 = partner_type=school[p1]:1 + partner_type=university[p2]:1; no longer p3:1 (retracted)",
		"K02 2026-06":                         "1 = partner_type=school[p1]:1; no longer p3:1 (retracted)",
		// last: said before the period, in it, and by what was retracted later.
		"O04 2026-02": "100 = o1:100",
		"O04 2026-03": "150 = o2:150; no longer o3:999 (retracted)",
		"O04 2026-07": "none = ",
		// age: 31 May − 1 May.
		"Q01 2026-05": "30 = e2:20574",
		// max
		"E04 2026-Q1": "35 = f2:35",
		// since the beginning
		"I02 2026-03": "50 = x1:1000 + x2:500 ÷ agreement:3000",
		"I03 2026-02": "70 = x1:700 ÷ x1:1000",
		"I03 2026-Q1": "66.666666 = x1:700 + x2:300 ÷ x1:1000 + x2:500",
		// over twelve months: June 2025 counts in May 2026, and no more in June
		"E02 2026-05": "50.310559 = f0:5 + f1:100 + f3:0 + f2:300 ÷ f0:5 + f1:400 + f3:0 + f2:400",
		"E02 2026-06": "50 = f1:100 + f3:0 + f2:300 ÷ f1:400 + f3:0 + f2:400",
		"E02 2026-Q2": "50 = f1:100 + f3:0 + f2:300 ÷ f1:400 + f3:0 + f2:400",
	} {
		a := p.explain(figures, question)
		if got := p.text(a); got != want {
			t.Errorf("%s:\n got %s\nwant %s", question, got, want)
		}
		if !a.Exact() {
			t.Errorf("%s: the contributions make %s, the view says %+v", question, p.text(a), a.Figure)
		}
	}

	// Each event's versions, with what the older ones added.
	for question, want := range map[string]string{
		"D02 2026-03":    "d1: r0 10, r1 (miscounted); d5: r1 late, r2; d2: r0 5, r1 retracted (twice in the list); d3: r0 7, r1; d6: r0 2, r1",
		"D02 2026-Q2":    "d3: r0, r1; d4: r0 3, r0 again",
		"O04 2026-03":    "o2: r0 148, r1; o3: r0 999, r1 retracted (another lab's)",
		"T04 2026-03-05": "t1: r0",
	} {
		if got := p.versions(p.explain(figures, question)); got != want {
			t.Errorf("%s:\n got %s\nwant %s", question, got, want)
		}
	}

	t.Run("what isn't there", func(t *testing.T) {
		ask := func(change func(*explain.Question)) error {
			q := p.question("D02 2026-03")
			change(&q)
			_, err := explain.Explain(t.Context(), p.config(p.store), q)
			return err
		}
		var noLab *explain.UnknownLab
		if err := ask(func(q *explain.Question) { q.Lab = "atelier-sud" }); !errors.As(err, &noLab) || !slices.Equal(noLab.Have, []string{lab}) {
			t.Errorf("an unknown lab: %v", err)
		}
		var noSegment *explain.UnknownSegment
		if err := ask(func(q *explain.Question) { q.Segment = "audience=nobody" }); !errors.As(err, &noSegment) ||
			strings.Join(noSegment.Have, " ") != "audience=companies audience=general_public type=open_day" {
			t.Errorf("an unknown segment: %v, %+v", err, noSegment)
		}
		if err := ask(func(q *explain.Question) { *q = p.question("K02 2026-03 partner_type=school") }); !errors.As(err, &noSegment) || noSegment.Have != nil {
			t.Errorf("a segment of an indicator without: %v", err)
		}
		if err := ask(func(q *explain.Question) { *q = p.question("E02 2026-03-31") }); !errors.Is(err, explain.ErrNoDailyFigure) {
			t.Errorf("a day of a rolling indicator: %v", err)
		}
	})

	t.Run("a wrong figure is noticed, one that is just being made awaited", func(t *testing.T) {
		stale := &staleStore{Store: p.store, reads: 1}
		c := p.config(stale)
		a, err := explain.Explain(t.Context(), c, p.question("D02 2026-03"))
		if err != nil || a.Exact() {
			t.Errorf("a figure of 99 for 16 passes: %v, %v", a, err)
		}
		stale.reads, c.Patience = 1, time.Minute
		a, err = explain.Explain(t.Context(), c, p.question("D02 2026-03"))
		if err != nil || !a.Exact() {
			t.Errorf("a figure that is right at the second read: %v, %v", a, err)
		}
	})
}

// staleStore gives a wrong figure for some reads.
type staleStore struct {
	explain.Store
	reads int
}

func (s *staleStore) Figure(ctx context.Context, key clickhouse.FigureKey, asOf time.Time) (*clickhouse.Figure, error) {
	f, err := s.Store.Figure(ctx, key, asOf)
	if s.reads--; s.reads >= 0 && f != nil {
		wrong := decimal.NewFromInt(99)
		f.Value, f.Numerator = &wrong, wrong
	}
	return f, err
}

func TestParsePeriod(t *testing.T) {
	for s, want := range map[string]string{
		"2026-03-12": "2026-03-12 to 2026-03-12", "2024-02": "2024-02-01 to 2024-02-29", "2026-Q1": "2026-01-01 to 2026-03-31",
		"2026-T4": "2026-10-01 to 2026-12-31", "2026-q2": "2026-04-01 to 2026-06-30",
		"2026": "", "2026-Q5": "", "2026-Q01": "", "2026-13": "", "2026-02-30": "", "1960-01": "", "": "", "Q1": "", "03/2026": "",
	} {
		got := ""
		if p, ok := explain.ParsePeriod(s); ok {
			got = p.Start.Format(time.DateOnly) + " to " + p.End().Format(time.DateOnly)
			if again, ok := explain.ParsePeriod(p.String()); !ok || again != p {
				t.Errorf("%q is written %q, which reads as %v", s, p, again)
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}
