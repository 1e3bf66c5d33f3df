package form

import (
	"testing"

	"vitrine/schemas"
)

// What each month must still bring stands under a commitment, unless there is nothing to say or too little to write.
func TestCardSaysWhatEachMonthMustBring(t *testing.T) {
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	number := func(v float64) *float64 { return &v }
	for _, c := range []struct {
		needed *float64
		unit   string
		lang   schemas.Lang
		want   string
	}{
		{number(64.6), "hour", schemas.French, "encore 64,6\u00a0h par mois pour y arriver"},
		{number(1.98), "session", schemas.English, "2 more each month to get there"},
		{number(0.05), "session", schemas.English, "0.1 more each month to get there"},
		{number(0.04), "session", schemas.English, ""},
		{number(0), "session", schemas.French, ""},
		{nil, "%", schemas.French, ""},
	} {
		if got := all[c.lang].card(Commitment{Unit: c.unit, Target: 100, NeededPerMonth: c.needed, Status: "late"}).Needed; got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
