package pages

import (
	"math"
	"testing"
	"time"
)

var paris = time.FixedZone("CET", 3600) // read only

func words(t *testing.T) (fr, en Texts) {
	t.Helper()
	all, err := LoadTexts("pages", nil)
	if err != nil {
		t.Fatal(err)
	}
	return all[French], all[English]
}

func TestValues(t *testing.T) {
	fr, en := words(t)
	tests := []struct {
		v            float64
		unit, fr, en string
	}{
		{0, "hour", "0\u00a0h", "0\u00a0h"},
		{math.Copysign(0, -1), "company", "0", "0"},
		{12_345.67, "hour", "12\u202f346\u00a0h", "12,346\u00a0h"},
		{999.6, "machine", "1\u202f000", "1,000"},
		{1234567, "EUR", "1\u202f234\u202f567\u00a0€", "€1,234,567"},
		{-1234, "EUR", "\u22121\u202f234\u00a0€", "\u2212€1,234"},
		{72.46, "%", "72,5\u00a0%", "72.5%"},
		{99.97, "%", "100\u00a0%", "100%"},
		{0.04, "%", "0,04\u00a0%", "0.04%"},
		{3.02, "company", "3", "3"},
		{1, "day", "1\u00a0jour", "1\u00a0day"},
		{0, "day", "0\u00a0jour", "0\u00a0days"},
		{1.5, "day", "1,5\u00a0jour", "1.5\u00a0days"},
		{45, "day", "45\u00a0jours", "45\u00a0days"},
		{3, "kg", "3\u00a0kg", "3\u00a0kg"}, // a unit of the programme's own
		{3, "", "3", "3"},
		{math.NaN(), "company", "–", "–"},
		{math.Inf(1), "company", "–", "–"},
	}
	for _, tt := range tests {
		if got := fr.Value(tt.v, tt.unit); got != tt.fr {
			t.Errorf("%v %s in French: %q, want %q", tt.v, tt.unit, got, tt.fr)
		}
		if got := en.Value(tt.v, tt.unit); got != tt.en {
			t.Errorf("%v %s in English: %q, want %q", tt.v, tt.unit, got, tt.en)
		}
	}
	if got := en.Percent(99.99); got != "99%" {
		t.Errorf("99.99 per hundred is %s: it isn't all", got)
	}
}

func TestDates(t *testing.T) {
	fr, en := words(t)
	today := time.Date(2026, 3, 12, 0, 0, 0, 0, paris)
	if got := fr.Date(today.AddDate(0, 0, -11)); got != "1er\u00a0mars\u00a02026" {
		t.Errorf("the first of March is %q", got)
	}
	nine := today.Add(9*time.Hour + 5*time.Minute)
	if got, want := fr.Moment(nine), "12\u00a0mars\u00a02026 à 9\u00a0h\u00a005"; got != want {
		t.Errorf("five past nine in French: %q, want %q", got, want)
	}
	if got, want := en.Moment(nine), "12\u00a0March\u00a02026 at 09:05"; got != want {
		t.Errorf("five past nine in English: %q, want %q", got, want)
	}
	tests := []struct {
		at     time.Time
		fr, en string
	}{
		{today.Add(23 * time.Hour), "aujourd’hui", "today"},
		{today.AddDate(0, 0, 5), "aujourd’hui", "today"}, // ahead: a clock that is wrong
		{today.Add(-time.Minute), "hier", "yesterday"},
		{today.AddDate(0, 0, -3).Add(20 * time.Hour), "il y a 3\u00a0jours", "3\u00a0days ago"},
		{today.AddDate(0, 0, -59), "il y a 59\u00a0jours", "59\u00a0days ago"},
		{today.AddDate(0, -3, 0), "il y a 2\u00a0mois", "2\u00a0months ago"},
		{today.AddDate(-3, 0, 0), "il y a 3\u00a0ans", "3\u00a0years ago"},
	}
	for _, tt := range tests {
		if got := fr.Ago(tt.at, today); got != tt.fr {
			t.Errorf("%s in French: %q, want %q", tt.at, got, tt.fr)
		}
		if got := en.Ago(tt.at, today); got != tt.en {
			t.Errorf("%s in English: %q, want %q", tt.at, got, tt.en)
		}
	}
}
