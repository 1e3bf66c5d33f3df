package reports

import (
	"testing"
	"time"
)

func FuzzPeriod(f *testing.F) {
	for _, s := range []string{"2026-Q1", "2026-t4", "2026-03", "2026-13", "2026-Q5", "", "Q", "-Q1", "20261-Q1", "0000-01", "2026-Q1x", " 2026-Q2 "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := parsePeriod(s)
		if !ok {
			return
		}
		again, ok := parsePeriod(p.name)
		if !ok || again != p {
			t.Errorf("%q is %q, which reads as %+v", s, p.name, again)
		}
		if days := int(p.ends.Sub(p.starts).Hours()/24) + 1; days < 28 || days > 92 || p.starts.Day() != 1 || p.ends.AddDate(0, 0, 1).Day() != 1 {
			t.Errorf("%q runs from %s to %s", s, p.starts, p.ends)
		}
	})
}

func TestQuarterEnds(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	got := quarterEnds(day("2025-05-15"), day("2026-02-10"), 3)
	want := []time.Time{day("2025-09-30"), day("2025-12-31"), day("2026-02-10")}
	for n := range want {
		if len(got) != len(want) || !got[n].Equal(want[n]) {
			t.Fatalf("%v, want %v", got, want)
		}
	}
}

// A chart shows 24 months, whatever day the last one ends on.
func TestChartsShowTwoYears(t *testing.T) {
	for _, asOf := range []string{"2026-03-31", "2026-06-30", "2027-12-31", "2026-05-04"} {
		day, err := time.Parse(time.DateOnly, asOf)
		if err != nil {
			t.Fatal(err)
		}
		if months := (&material{asOf: day}).chartedMonths(); len(months) != mostMonths {
			t.Errorf("up to %s: %d months, from %s", asOf, len(months), months[0].Format(time.DateOnly))
		}
	}
}
