package form

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/ledger"
)

// sheet is what a lab keeps by hand, with a day that doesn't exist and a SIREN with a wrong check digit.
const sheet = `Date;Heure début;Heure fin;Type;Intitulé;Public;Participants;dont entreprises;SIREN des entreprises;Partenaire;Justificatif
05/03/2026;18h00;22h00;Découverte;Open Lab;Grand public;23;0;;;
06/03/2026;08:30;10:00;Découverte;Matinale entreprises;Entreprises;14;11;732 829 320;CCI;feuille.pdf
31/02/2026;09:00;12:00;Formation;Découpe laser;Entreprises;6;6;123456789;;
`

// TestSpreadsheet brings a real file, in part, then again, then changed.
func TestSpreadsheet(t *testing.T) {
	book, err := ledger.Open(filepath.Join(t.TempDir(), "ledger"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = book.Close() })
	sheets := &Sheets{Ledger: book, Clock: func() time.Time { return noon(t) }}
	w := worldWith(t, func(c *Config) { c.Files, c.Templates = sheets, sheets }).withStream()
	b := w.browser().signIn(goodToken)
	b.upload("mars.csv", []byte(sheet)).has("2 lignes justes, 1 à corriger.", "Open Lab", "5 mars 2026, 18 h 00 – 22 h 00", "31/02/2026", "un jour qui existe", "123456789", "Justificatif")
	b.post(b.at.Path, b.form()).has("2 lignes acceptées.")

	b.upload("mars.csv", []byte(sheet)).has("déjà envoyée", "Corrigez les autres lignes")
	b.upload("mars.csv", []byte(strings.Replace(sheet, ";23;", ";24;", 1))).has("Envoyer la ligne juste", "envoyer la ligne remplacera ce qui est enregistré")
	b.post(b.at.Path, b.form()).has("1 ligne acceptée.")
	events := w.events()
	if len(events) != 3 {
		t.Fatalf("%d events, want 3", len(events))
	}
	changed := events[2]
	attendance, _ := changed.Values.Number("attendance")
	if changed.ID != events[0].ID && changed.ID != events[1].ID || attendance.String() != "24" || changed.Revision != 1 || changed.System() != "tableur" {
		t.Errorf("the changed row is %s, revision %d of %s", changed.ID, changed.Revision, changed.System())
	}
	if list := w.counted("atelier-nord"); len(list) != 2 {
		t.Errorf("%d entries in effect, want 2", len(list))
	}

	// What was taken back on the form since doesn't come back unseen with the file.
	gone, err := importers.SentOf(importers.Retraction(changed.ID, "atelier-nord", "tableur", changed.Kind(), changed.Time, "a mistake"))
	if err == nil {
		gone.Revision = 2
		err = book.Record(t.Context(), "atelier-nord", []importers.Sent{gone})
	}
	if err != nil {
		t.Fatal(err)
	}
	b.upload("mars.csv", []byte(sheet)).has("cette activité a été retirée : envoyer la ligne la rétablira")

	b.upload("photo.csv", []byte("\x89PNG\r\n\x1a\n\x00\x00")).has("Ce fichier ne peut pas être lu", "Rien n’a été envoyé.")
	for _, name := range []string{"training.held.xlsx", "training.held.csv"} {
		if b.get("/submit/templates/" + name); b.status != http.StatusOK || len(b.body) < 50 || !strings.Contains(b.header.Get("Content-Disposition"), name) {
			t.Errorf("%s: %d, %d bytes", name, b.status, len(b.body))
		}
	}
}
