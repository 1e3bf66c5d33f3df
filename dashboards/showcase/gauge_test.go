package showcase

import (
	"math"
	"testing"

	"vitrine/internal/pages"
)

func TestGauge(t *testing.T) {
	tests := []struct {
		name string
		c    Commitment
		want gauge
	}{
		{"half way", Commitment{Target: 100, Actual: ptr(50.0)}, gauge{Fill: "50.00%"}},
		{"passed", Commitment{Target: 100, Actual: ptr(200.0)}, gauge{Fill: "100.00%", Target: "50.00%"}},
		{"nothing known", Commitment{Target: 100}, gauge{Fill: "0.00%"}},
		{"masked", Commitment{Target: 100, Actual: ptr(50.0), Masked: true}, gauge{Fill: "0.00%"}},
		{"no target", Commitment{}, gauge{Fill: "0.00%"}},
		{"nonsense", Commitment{Target: math.Inf(1), Actual: ptr(math.NaN())}, gauge{Fill: "0.00%"}},
	}
	for _, tt := range tests {
		tt.c.Status, tt.want.Status = pages.StatusLate, pages.StatusLate
		if got := newGauge(tt.c); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
