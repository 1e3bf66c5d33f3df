package showcase

import (
	"math"
	"testing"

	"vitrine/internal/pages"
)

func TestGauge(t *testing.T) {
	tests := []struct {
		name  string
		c     Commitment
		isCap bool
		want  gauge
	}{
		{"half way", Commitment{Target: 100, Actual: ptr(50.0), Expected: 60}, false, gauge{Fill: "50.00%", Expected: "60.00%"}},
		{"passed", Commitment{Target: 100, Actual: ptr(200.0), Expected: 60}, false, gauge{Fill: "100.00%", Target: "50.00%", Expected: "30.00%"}},
		{"nothing known", Commitment{Target: 100, Expected: 100}, false, gauge{Fill: "0.00%", Expected: "99.60%"}},
		{"no target", Commitment{}, false, gauge{Fill: "0.00%"}},
		{"nonsense", Commitment{Target: math.Inf(1), Actual: ptr(math.NaN()), Expected: -1}, false, gauge{Fill: "0.00%"}},
		{"cap", Commitment{Target: 70, Actual: ptr(35.0), Expected: 90}, true, gauge{Fill: "50.00%"}},
	}
	for _, tt := range tests {
		tt.c.Status, tt.want.Status = pages.StatusLate, pages.StatusLate
		if got := newGauge(tt.c, tt.isCap); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
