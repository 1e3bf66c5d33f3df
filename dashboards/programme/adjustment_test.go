package programme

import (
	"strings"
	"testing"

	"vitrine/internal/pages"
)

// What was approved, what is now and the difference are written so that they add up for who reads them.
func TestAdjustmentsAddUp(t *testing.T) {
	texts, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		approved, now, difference float64
		unit, want                string
	}{
		{1004.25, 1004.75, 0.5, "hour", "1,004.25 h, 1,004.75 h, +0.50 h"},
		{1004, 1004.5, 0.5, "hour", "1,004.0 h, 1,004.5 h, +0.5 h"},
		{12, 13, 1, "event", "12, 13, +1"},
		{10.583333, 10.593333, 0.01, "%", "10.58%, 10.59%, +0.01 points"},
		{20.3, 20.2994, -0.0006, "%", "20.3000%, 20.2994%, −0.0006 points"},
		{33.124, 33.226333, 0.102333, "%", "33.124%, 33.226%, +0.102 points"}, // +0.10 would lie beside 33.12 and 33.23
		{-1.005, 2.11, 3.115, "hour", "−1.01 h, 2.11 h, +3.12 h"},             // halves away from zero, as in reports
		{0, 0, 0, "EUR", "€0, €0, €0"},
		{0, 1628.4, 1628.4, "EUR", "€0.00, €1,628.40, +€1,628.40"},
	} {
		v := texts[pages.English].adjustment(Adjustment{Unit: c.unit, Approved: &c.approved, Now: &c.now, Difference: &c.difference})
		if got := strings.ReplaceAll(v.Value+", "+v.Now+", "+v.Difference, pages.NBSP, " "); got != c.want {
			t.Errorf("%v, %v, %v: %q, want %q", c.approved, c.now, c.difference, got, c.want)
		}
	}
}
