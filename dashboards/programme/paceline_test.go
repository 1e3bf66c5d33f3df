package programme

import (
	"testing"

	"vitrine/internal/pages"
)

// TestAxis holds that an axis writes its values as the page around it does.
func TestAxis(t *testing.T) {
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		v            float64
		unit, fr, en string
	}{
		{0, "hour", "0", "0"},
		{2.5, "machine", "2,5", "2.5"},
		{500, "event", "500", "500"},
		{1500, "event", "1\u202f500", "1,500"},
		{-1500, "EUR", "\u22121\u202f500", "\u22121,500"},
		{20_000, "EUR", "20\u202fk", "20\u202fk"},
		{1_500_000, "EUR", "1,5\u202fM", "1.5\u202fM"},
		{80, "%", "80\u202f%", "80%"},
	}
	for _, tt := range tests {
		if got := all[pages.French].short(tt.v, tt.unit); got != tt.fr {
			t.Errorf("%v %s in French: %q, want %q", tt.v, tt.unit, got, tt.fr)
		}
		if got := all[pages.English].short(tt.v, tt.unit); got != tt.en {
			t.Errorf("%v %s in English: %q, want %q", tt.v, tt.unit, got, tt.en)
		}
	}
}
