package spreadsheet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"vitrine/producers/importers/spreadsheet"
	"vitrine/schemas"
)

// now is when the tests' files are read.
func now() time.Time { return time.Date(2026, 4, 15, 8, 0, 0, 0, time.UTC) }

func config() spreadsheet.Config { return spreadsheet.Config{Lab: "atelier-nord", Clock: now} }

func read(t testing.TB, cfg spreadsheet.Config, name string, raw []byte) *spreadsheet.Analysis {
	t.Helper()
	a, err := spreadsheet.Read(context.Background(), cfg, name, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// report is an analysis in words: each event, each problem, each note.
func report(a *spreadsheet.Analysis, l schemas.Lang) string {
	var b strings.Builder
	for _, r := range a.Rows {
		b.WriteString(r.Place(l) + "\n")
		if e := r.Event; e != nil {
			b.WriteString("  " + e.Kind() + " " + e.Time.Format(time.RFC3339) + " " + string(e.Data) + "\n")
		}
		for _, p := range r.Problems {
			b.WriteString("  ! " + p.Cell + " " + p.In(l) + "\n")
		}
		for _, n := range r.Notes {
			b.WriteString("  ~ " + n.In(l) + "\n")
		}
	}
	for _, n := range a.Notes {
		b.WriteString("- " + n.In(l) + "\n")
	}
	return b.String()
}

func compare(t *testing.T, got, want string) {
	t.Helper()
	if want = strings.TrimPrefix(want, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestSample reads the sheet that labs fill by hand. Checked by hand: two discovery events with 23 and 14 people, four hours
// and one hour and a half; a training session with three mistakes.
func TestSample(t *testing.T) {
	raw, err := os.ReadFile("testdata/saisie_manuelle.csv")
	if err != nil {
		t.Fatal(err)
	}
	a := read(t, config(), "saisie_manuelle.csv", raw)
	compare(t, report(a, schemas.French), `
ligne 2
  discovery.held 2026-03-12T18:00:00+01:00 {"attendance":23,"audience":"general_public","end":"2026-03-12T22:00:00+01:00","title":"Open Lab","type":"open_lab"}
  ~ Type : « Open Lab / soirée portes ouvertes », d'après « Intitulé »
ligne 3
  discovery.held 2026-03-26T08:30:00+01:00 {"attendance":14,"audience":"companies","companies":[{"siren":"732829320"}],"end":"2026-03-26T10:00:00+01:00","partners":[{"type":"chamber_commerce"}],"title":"Matinale entreprises","type":"company_discovery"}
  ~ Type : « Matinale / visite entreprises », d'après « Intitulé »
ligne 4
  ! A4 Date : format incorrect (reçu "31/02/2026" ; attendu : un jour qui existe, écrit jj/mm/aaaa)
  ! I4 SIREN des entreprises : format incorrect (reçu "123456789" ; attendu : un SIREN : 9 chiffres, clé de Luhn juste)
  ! H4 dont entreprises : incohérent (reçu "7" ; attendu : au plus « Participants » (6))
  ~ Thème : « Formation Laser / Vinyle », d'après « Intitulé »
- colonne « dont entreprises » : 2 valeurs non reprises : « Événement de découverte tenu » n'a pas ce champ
- colonne « Justificatif » : non reprise : aucun champ n'a ce nom
`)
	compare(t, report(a, schemas.English), `
row 2
  discovery.held 2026-03-12T18:00:00+01:00 {"attendance":23,"audience":"general_public","end":"2026-03-12T22:00:00+01:00","title":"Open Lab","type":"open_lab"}
  ~ Type: “Open lab evening”, from “Title”
row 3
  discovery.held 2026-03-26T08:30:00+01:00 {"attendance":14,"audience":"companies","companies":[{"siren":"732829320"}],"end":"2026-03-26T10:00:00+01:00","partners":[{"type":"chamber_commerce"}],"title":"Matinale entreprises","type":"company_discovery"}
  ~ Type: “Company discovery event”, from “Title”
row 4
  ! A4 Date: wrong format (found "31/02/2026"; expected a day that exists, written dd/mm/yyyy)
  ! I4 SIREN des entreprises: wrong format (found "123456789"; expected a SIREN: 9 digits with a right Luhn sum)
  ! H4 dont entreprises: inconsistent (found "7"; expected at most “Participants” (6))
  ~ Topic: “Laser / vinyl induction”, from “Title”
- column “dont entreprises”: 2 values not taken: “Discovery event held” has no such field
- column “Justificatif”: not taken: no field has this name
`)
	people, hours := int64(0), time.Duration(0)
	for _, e := range a.Events() {
		var d schemas.DiscoveryHeld
		if err := json.Unmarshal(e.Data, &d); err != nil {
			t.Fatal(err)
		}
		people += *d.Attendance
		hours += d.End.Sub(e.Time)
	}
	if people != 37 || hours != 5*time.Hour+30*time.Minute || a.Bad() != 1 {
		t.Errorf("%d people, %s, %d bad rows", people, hours, a.Bad())
	}
}
