package main

import (
	"strings"
	"testing"

	"vitrine/schemas"
)

// TestUnitsAreForPeople holds that no figure is printed with the code of its unit: "105 session" in French, "1,440 trainee.hour".
func TestUnitsAreForPeople(t *testing.T) {
	for _, lang := range []schemas.Lang{schemas.French, schemas.English} {
		env := &environment{Config: config{Lang: lang}}
		for _, i := range schemas.DefaultCatalogue().Indicators {
			if unit := env.unit(i.Unit); len(i.Unit) > 3 && strings.Contains(unit, i.Unit) {
				t.Errorf("%s is printed in %q", i.Code, unit)
			}
		}
		if got := env.unit("kg"); got != " kg" {
			t.Errorf("a unit of the programme's own: %q", got)
		}
	}
}
