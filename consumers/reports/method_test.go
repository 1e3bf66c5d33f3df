package reports

import (
	"strings"
	"testing"

	"vitrine/schemas"
)

// Hours are counted in seconds; nobody who reads how they add up has to know why they are divided by 3600.
func TestFormulaOfHours(t *testing.T) {
	for lang, want := range map[schemas.Lang]string{schemas.French: "Somme, comptée en secondes et donnée en heures", schemas.English: "Sum, counted in seconds and given in hours"} {
		w, err := wordsOf(lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range []string{"T02", "U01"} {
			i, _ := schemas.DefaultCatalogue().Lookup(code)
			if got := w.formula(i); !strings.HasPrefix(got, want) {
				t.Errorf("%s: %q, want %q", code, got, want)
			}
		}
	}
}
