package verify

import (
	"fmt"
	"slices"
	"testing"

	"vitrine/schemas"
)

func TestLast(t *testing.T) {
	members := func(at string, n int, more string) sent {
		return sent{kind: "membership.count.reported", time: at, data: fmt.Sprintf(`'members': %d`, n) + more}
	}
	counts := []sent{
		members("2026-01-31T10:00:00+01:00", 12, ""),
		members("2026-01-10T10:00:00+01:00", 99, ""), // told later, but of an earlier time
		members("2026-03-10T10:00:00+01:00", 20, `, 'by_user_type': [{'user_type': 'sme', 'members': 4}]`),
		members("2026-03-10T10:00:00+01:00", 21, ""), // the same time, later in the stream
	}
	area := func(at, m2 string) sent {
		return sent{kind: "premises.changed", time: at, data: `'area_m2': ` + m2}
	}
	runKPI(t, schemas.DefaultCatalogue(), []kpiCase{
		{"carried forward", counts, "U04", "", Monthly, "2026-05-01", []string{"2026-01: 12", "2026-02: 12", "2026-03: 21", "2026-04: 21", "2026-05: 21"}},
		// as of 31 March 9:00 doesn't matter, the day does: the 10th is known, the 9th isn't enough
		{"as of", counts, "U04", "", Quarterly, "2026-03-09", []string{"2026-Q1: 12"}},
		{"by day", counts, "U04", "", Daily, "2026-02-01", func() []string { // 10 to 30 January: 99
			var out []string
			for d := 10; d < 31; d++ {
				out = append(out, fmt.Sprintf("2026-01-%d: 99", d))
			}
			return append(out, "2026-01-31: 12", "2026-02-01: 12")
		}()},
		{"the list's segment", counts, "U04", "user_type=sme", Monthly, "2026-04-30", []string{"2026-03: 4", "2026-04: 4"}},
		{"last", []sent{area("2026-03-31T23:30:00+02:00", "120.5"), area("2026-04-01T00:30:00+02:00", "130")}, "O04", "", Quarterly, "2026-09-30", []string{"2026-Q1: 120.5", "2026-Q2: 130", "2026-Q3: 130"}},
	})
}

func TestAge(t *testing.T) {
	events := []sent{
		{kind: "discovery.held", data: discovery, time: "2026-01-15T10:00:00+01:00"},
		{kind: "discovery.held", data: discovery, time: "2026-02-28T10:00:00+01:00"},
		{kind: "lab.registered", data: registered, time: "2026-03-03T10:00:00+01:00"}, // the programme's doesn't count
	}
	runKPI(t, schemas.DefaultCatalogue(), []kpiCase{
		// 31 − 15; the last of February itself; 10 March is 10 days after 28 February
		{"months", events, "Q01", "", Monthly, "2026-03-10", []string{"2026-01: 16", "2026-02: 0", "2026-03: 10"}},
		{"quarter, to as of", events, "Q01", "", Quarterly, "2026-03-10", []string{"2026-Q1: 10"}},
		{"days", events, "Q01", "", Daily, "2026-01-17", []string{"2026-01-15: 0", "2026-01-16: 1", "2026-01-17: 2"}},
	})
}

func signed(at, ref, partner string) sent {
	return sent{kind: "partnership.signed", time: at, data: `'partnership': '` + ref + `', 'partner_type': '` + partner + `'`}
}

func ended(at, ref string) sent {
	return sent{kind: "partnership.ended", time: at, data: `'partnership': '` + ref + `'`}
}

func TestStates(t *testing.T) {
	events := []sent{
		signed("2026-01-10T10:00:00+01:00", "p1", "school"),
		signed("2026-02-10T10:00:00+01:00", "p2", "company"),
		ended("2026-03-31T23:00:00+02:00", "p1"),
		signed("2026-05-10T10:00:00+02:00", "p1", "company"), // signed again, as something else
		ended("2026-06-10T10:00:00+02:00", "p2"),
	}
	sameDay := []sent{
		signed("2026-01-10T10:00:00+01:00", "p1", "school"),
		ended("2026-01-10T11:00:00+01:00", "p1"),
		signed("2026-01-10T12:00:00+01:00", "p1", "company"),
		ended("2026-01-12T10:00:00+01:00", "p1"),
	}
	// On Réunion from the second event on: the first is on 1 April in Paris' days, the second, an
	// instant later, on 31 March in Cayenne's. At the end of March only the second has happened.
	moving := []sent{
		signed("2026-03-31T22:30:00Z", "p1", "school"),
		{kind: "lab.registered", data: registered + `, 'zone': 'America/Cayenne'`},
		ended("2026-03-31T22:45:00Z", "p1"),
	}
	runKPI(t, schemas.DefaultCatalogue(), []kpiCase{
		// January p1; February both; March p2; April p2; May both; June p1
		{"active at each month's end", events, "K01", "", Monthly, "2026-07-01",
			[]string{"2026-01: 1", "2026-02: 2", "2026-03: 1", "2026-04: 1", "2026-05: 2", "2026-06: 1", "2026-07: 1"}},
		// p1 was a school until March
		{"a type left", events, "K01", "partner_type=school", Monthly, "2026-06-30",
			[]string{"2026-01: 1", "2026-02: 1", "2026-03: 0", "2026-04: 0", "2026-05: 0", "2026-06: 0"}},
		// p1 becomes a company in May; it is known from January on, so the segment has a 0 there
		{"a type joined", events, "K01", "partner_type=company", Monthly, "2026-06-30",
			[]string{"2026-01: 0", "2026-02: 1", "2026-03: 1", "2026-04: 1", "2026-05: 2", "2026-06: 1"}},
		// before May nobody knows that p1 will be a company
		{"a type not joined yet", events, "K01", "partner_type=company", Monthly, "2026-05-09",
			[]string{"2026-02: 1", "2026-03: 1", "2026-04: 1", "2026-05: 1"}},
		{"quarters", events, "K01", "", Quarterly, "2026-06-30", []string{"2026-Q1: 1", "2026-Q2: 1"}},
		// school + company in February, company in March, in May p1 and p2 are both companies
		{"different types", events, "K02", "", Monthly, "2026-06-30",
			[]string{"2026-01: 1", "2026-02: 2", "2026-03: 1", "2026-04: 1", "2026-05: 1", "2026-06: 1"}},
		{"different types have no segments", events, "K02", "partner_type=company", Monthly, "2026-06-30", nil},
		{"all in a day", sameDay, "K01", "", Daily, "2026-01-13", []string{"2026-01-10: 1", "2026-01-11: 1", "2026-01-12: 0", "2026-01-13: 0"}},
		{"all in a day, the type left", sameDay, "K01", "partner_type=school", Daily, "2026-01-12", []string{"2026-01-10: 0", "2026-01-11: 0", "2026-01-12: 0"}},
		{"ended before it was signed", []sent{ended("2026-01-10T10:00:00+01:00", "p1"), signed("2026-01-09T10:00:00+01:00", "p1", "school")}, "K01", "", Daily, "2026-01-11",
			[]string{"2026-01-09: 1", "2026-01-10: 0", "2026-01-11: 0"}},
		{"ended only", []sent{ended("2026-01-10T10:00:00+01:00", "p1")}, "K02", "", Monthly, "2026-02-01", []string{"2026-01: 0", "2026-02: 0"}},
		{"days out of order", moving, "K01", "", Monthly, "2026-05-01", []string{"2026-03: 0", "2026-04: 0", "2026-05: 0"}},
	})
}

// The order in which events arrive decides nothing but ties, and their days aren't counted twice.
func TestOrderDoesNotMatter(t *testing.T) {
	events := []sent{
		{id: 1, kind: "discovery.held", data: discovery, time: "2026-01-15T10:00:00+01:00"},
		{id: 1, kind: "discovery.held", data: discovery, time: "2026-02-15T10:00:00+01:00", revision: 1},
		{id: 1, kind: "visibility.item.published", data: `'scope': 'national', 'medium': 'press'`, time: "2026-03-15T10:00:00+01:00", revision: 2},
		{id: 2, kind: "discovery.held", data: discovery, time: "2026-02-16T10:00:00+01:00"},
		{id: 2, kind: "discovery.held", retracted: true, time: "2026-02-16T10:00:00+01:00", revision: 5},
	}
	want := []string{"2026-03: 1"}
	for range 2 {
		o := oracleOf(t, schemas.DefaultCatalogue(), events...)
		expect(t, figuresOf(o, "A01", "", Monthly, day(t, "2026-12-31")), want...)
		slices.Reverse(events)
	}
}
