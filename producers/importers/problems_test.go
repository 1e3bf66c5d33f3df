package importers_test

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

func TestProblemsAreAllSaidInBothLanguages(t *testing.T) {
	p := &importers.Problems{Of: "Agenda"}
	if err := p.Err(); err != nil {
		t.Errorf("no problem is %v", err)
	}
	inner := &importers.RecordError{Origin: "a.yaml", What: schemas.Text{FR: "illisible", EN: "unreadable"}}
	cause := errors.New("cause")
	p.Add("réglage x, %d : %v", "setting x, %d: %v", 1, inner)
	p.AddError(nil)
	p.AddError(cause)
	for l, want := range map[schemas.Lang]string{
		schemas.French:  "Agenda : réglage x, 1 : a.yaml : illisible ; cause",
		schemas.English: "Agenda: setting x, 1: a.yaml: unreadable; cause",
	} {
		if said := importers.Say(p.Err(), l); said != want {
			t.Errorf("%q, want %q", said, want)
		}
	}
	_, err := os.Open("/nowhere/x.ics")
	if said := importers.Say(fmt.Errorf("icalendar: %w", err), schemas.French); said != "/nowhere/x.ics : ce fichier ou dossier n'existe pas" {
		t.Errorf("a file that isn't there: %s", said)
	}
	if !errors.Is(p.Err(), cause) {
		t.Error("a cause is lost")
	}
}
