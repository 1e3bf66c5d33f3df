package reports

import (
	"strings"
	"testing"
	"time"

	"vitrine/schemas"
)

// A programme without a lab has no "0 of 0".
func TestStateOfAnEmptyProgramme(t *testing.T) {
	for lang, want := range map[schemas.Lang]string{schemas.French: "aucun fab lab n’est encore enregistré", schemas.English: "no lab is registered yet"} {
		w, err := wordsOf(lang)
		if err != nil {
			t.Fatal(err)
		}
		e, r := &edition{words: w, asOf: time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)}, &Report{}
		e.sayProgrammeState(r, &portfolio{})
		if !r.Provisional || !strings.HasSuffix(r.State, want) {
			t.Errorf("%q, want %q at its end", r.State, want)
		}
	}
}
