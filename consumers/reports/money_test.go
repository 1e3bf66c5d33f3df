package reports_test

import (
	"slices"
	"strings"
	"testing"

	"vitrine/consumers/reports"
	"vitrine/schemas"
)

// What was paid and received is that of all agreements, and so is what it is held against, in each place that shows it; an approved
// report keeps it, and its rows add up, whatever came later.
func TestMoneyOfSeveralAgreements(t *testing.T) {
	r := newRig(t)
	amount := func(n int64) *schemas.Decimal { return new(schemas.Int(n)) }
	invoice := func(category string, paid, aid int64) schemas.ExpenditureRecorded {
		return schemas.ExpenditureRecorded{Category: category, Amount: schemas.Int(paid), Eligible: true, Status: "paid", PublicFunding: amount(aid)}
	}
	second := schemas.AgreementSigned{Agreement: "AFN-2", Start: "2026-01-01", End: "2026-12-31", Grant: amount(3000), PlannedBudget: amount(5000), Commitments: []schemas.Commitment{},
		Reporting: []schemas.ReportingDue{{Period: "2026-Q1", Due: "2026-04-30"}}}
	r.send(forge, "lab", 0, "2024-12-01", "", schemas.LabRegistered{Name: "La Forge", Commune: "Saint-Nazaire"})
	r.send(forge, "first", 0, "2025-01-01", "", schemas.AgreementSigned{Agreement: "AFN-1", Start: "2025-01-01", End: "2025-12-31", Grant: amount(7000), PlannedBudget: amount(10_000), Commitments: []schemas.Commitment{}})
	r.send(forge, "second", 0, "2026-01-01", "", second)
	r.send(forge, "in 2025", 0, "2025-06-20", "", invoice("staff", 6000, 4000))
	r.send(forge, "in 2026", 0, "2026-02-20", "", invoice("machine_new", 1500, 900))
	r.send(forge, "submitted", 0, "2026-04-10", "", schemas.PeriodSubmitted{Period: "2026-Q1"})
	r.send(forge, "approved", 0, "2026-04-20", "", schemas.PeriodApproved{Period: "2026-Q1"})
	r.settle()
	second.PlannedBudget = amount(8000)
	r.send(forge, "second", 1, "2026-01-01", "", second)
	r.send(forge, "in 2026", 1, "2026-02-20", "another category", invoice("consulting", 1500, 900))
	r.settle()

	check := func(report *reports.Report, id, first, want string) {
		t.Helper()
		if got := texts(find(t, report, id, first)); got != want {
			t.Errorf("%s of %s: %q, want %q", id, report.Question.Period, got, want)
		}
	}
	fact := func(facts reports.Facts, name string) (values []string) {
		for _, f := range facts {
			if f.Name == name {
				values = append(values, f.Value.Text)
			}
		}
		return values
	}
	approved := r.build(forge, "2026-Q1", schemas.English)
	check(approved, "account", "Eligible expenditure", "Eligible expenditure|€15,000.00|–|€7,500.00|−€7,500.00|−50.0%|50.0% of the total")
	check(approved, "account", "Public grant received", "Public grant received|€10,000.00|–|€4,900.00|−€5,100.00|−51.0%|49.0% of the total")
	if money := section(approved, "summary").Blocks[2].(reports.Paragraph).Text; !strings.Contains(money, "€7,500.00 of eligible expenditure were paid out of €15,000.00 planned, or 50.0%") {
		t.Errorf("summary: %s", money)
	}
	budget := section(approved, "expenditure").Blocks[0].(reports.Facts)
	if got := slices.Concat(fact(budget, "Planned eligible budget"), fact(budget, "Left to pay"), fact(budget, "Execution rate")); !slices.Equal(got, []string{"€15,000.00", "€7,500.00", "50.0%"}) {
		t.Errorf("budget: %q", got)
	}
	if got := fact(approved.Head, "Agreement"); !slices.Equal(got, []string{"AFN-2", "AFN-1"}) {
		t.Errorf("the head's agreements: %q", got)
	}
	check(approved, "expenditure", "New machines", "New machines|€1,500.00|€0.00|0.0%")
	check(approved, "expenditure", "Consultancy", "Consultancy|€0.00|€1,500.00|20.0%")
	check(approved, "expenditure", "Total", "Total|€1,500.00|€7,500.00|100.0%")

	check(r.build(forge, "2026-Q2", schemas.English), "account", "Eligible expenditure", "Eligible expenditure|€18,000.00|–|€7,500.00|−€10,500.00|−58.3%|41.7% of the total")
	check(r.build("", "2026-Q2", schemas.English), "expenditure-labs", "La Forge", "La Forge|€18,000.00|€0.00|€7,500.00|41.7%|65.3%|–")
}
