package reports

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/pages"
	"vitrine/schemas"
)

// What was approved, what is today and the difference are written so that they add up, between percentages in points.
func TestAdjustmentsAddUp(t *testing.T) {
	w, err := wordsOf(schemas.English)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ approved, now, unit, want string }{
		{"1149.2", "1152.45", "hour", "1,149.20 h, 1,152.45 h, +3.25 h"},
		{"748.1", "748.6", "hour", "748.1 h, 748.6 h, +0.5 h"},
		{"12", "13", "event", "12, 13, +1"},
		{"8.210333", "8.170333", "%", "8.21%, 8.17%, −0.04 points"},
		{"20.3", "20.2994", "%", "20.3000%, 20.2994%, −0.0006 points"},
		{"33.124", "33.226333", "%", "33.124%, 33.226%, +0.102 points"}, // +0.10 would lie beside 33.12 and 33.23
		{"100", "99.5", "EUR", "€100.00, €99.50, −€0.50"},
	} {
		approved, now := decimal.RequireFromString(c.approved), decimal.RequireFromString(c.now)
		difference := now.Sub(approved)
		x, y, z := w.compared(adjustment{Adjustment: clickhouse.Adjustment{Approved: &approved, Now: &now, Difference: &difference}}, c.unit)
		if got := strings.ReplaceAll(x.Text+", "+y.Text+", "+z.Text, pages.NBSP, " "); got != c.want {
			t.Errorf("%s, %s %s: %q, want %q", c.approved, c.now, c.unit, got, c.want)
		}
	}
}
