package spreadsheet_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/ledger"
	"vitrine/producers/importers/spreadsheet"
	"vitrine/schemas"
)

func options(values map[string]string) importers.Options {
	return importers.Options{Lab: "atelier-nord", Values: values, State: importers.NoState{}, Logger: slog.New(slog.DiscardHandler), Clock: now}
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// imported are the events and the errors of an import, as sentences in French.
func imported(t *testing.T, im importers.Importer, r importers.Range) (events []*schemas.Event, said []string) {
	t.Helper()
	for e, err := range im.Events(context.Background(), r) {
		switch {
		case err == nil:
			events = append(events, e)
		case !importers.Continues(err):
			t.Fatal(err)
		case importers.IsWarning(err):
			said = append(said, "~ "+importers.Say(err, schemas.French))
		default:
			said = append(said, "! "+importers.Say(err, schemas.French))
		}
	}
	return events, said
}

func TestConnector(t *testing.T) {
	raw, err := os.ReadFile("testdata/saisie_manuelle.csv")
	if err != nil {
		t.Fatal(err)
	}
	im, err := spreadsheet.Connector().Open(options(map[string]string{"file": write(t, "saisie.csv", string(raw))}))
	if err != nil {
		t.Fatal(err)
	}
	events, said := imported(t, im, importers.Range{})
	if got := strings.Join(said, "\n"); got != `~ saisie.csv : colonne « dont entreprises » : 2 valeurs non reprises : « Événement de découverte tenu » n'a pas ce champ
~ saisie.csv : colonne « Justificatif » : non reprise : aucun champ n'a ce nom
~ saisie.csv, ligne 2 : Type : « Open Lab / soirée portes ouvertes », d'après « Intitulé »
~ saisie.csv, ligne 3 : Type : « Matinale / visite entreprises », d'après « Intitulé »
! saisie.csv, ligne 4, Date : format incorrect (reçu "31/02/2026" ; attendu : un jour qui existe, écrit jj/mm/aaaa)
! saisie.csv, ligne 4, SIREN des entreprises : format incorrect (reçu "123456789" ; attendu : un SIREN : 9 chiffres, clé de Luhn juste)
! saisie.csv, ligne 4, dont entreprises : incohérent (reçu "7" ; attendu : au plus « Participants » (6))` {
		t.Errorf("got\n%s", got)
	}
	for _, e := range events {
		if err := importers.Check(e, now(), "", ""); err != nil || e.Source != "/labs/atelier-nord/tableur" {
			t.Errorf("%s: %v", e.Source, err)
		}
	}
	again, _ := imported(t, im, importers.Range{})
	if len(events) != 2 || !slices.EqualFunc(events, again, func(a, b *schemas.Event) bool {
		return a.ID == b.ID && a.Time.Equal(b.Time) && string(a.Data) == string(b.Data)
	}) {
		t.Errorf("read twice: %v, %v", events, again)
	}
	part, _ := imported(t, im, importers.Range{Since: time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC)})
	if len(part) != 1 || part[0].ID != events[1].ID {
		t.Errorf("from 20 March there are %d events", len(part))
	}
}

func TestSettingsAreChecked(t *testing.T) {
	good := write(t, "x.csv", twoTrainings)
	for name, c := range map[string]struct {
		values map[string]string
		want   string
	}{
		"no file":       {map[string]string{"file": filepath.Join(t.TempDir(), "none.csv")}, "none.csv"},
		"a folder":      {map[string]string{"file": t.TempDir()}, "this is a folder: expected an .xlsx or .csv file"},
		"a bad mapping": {map[string]string{"file": good, "mapping": write(t, "m.yaml", "kind: nonsense")}, `"nonsense" is not one of training.held`},
		"no mapping":    {map[string]string{"file": good, "mapping": filepath.Join(t.TempDir(), "none.yaml")}, "none.yaml"},
		"a bad kind":    {map[string]string{"file": good, "kind": "formation"}, `unknown kind "formation": expected one of training.held, `},
		"all at once":   {map[string]string{"file": t.TempDir(), "kind": "x", "mapping": good}, `unknown kind "x"`},
	} {
		if _, err := spreadsheet.Connector().Open(options(c.values)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	_, err := spreadsheet.Connector().Open(options(map[string]string{"file": filepath.Join(t.TempDir(), "none.csv")}))
	if said := importers.Say(err, schemas.French); !errors.Is(err, os.ErrNotExist) || !strings.HasSuffix(said, "none.csv : ce fichier n'existe pas : vérifiez son nom et son dossier") {
		t.Errorf("no file, in French: %s", said)
	}
	im, err := spreadsheet.Connector().Open(options(map[string]string{"file": good, "mapping": write(t, "m.yaml", "columns: {Thème: topic}")}))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(good); err != nil {
		t.Fatal(err)
	}
	for _, err := range im.Events(context.Background(), importers.Range{}) {
		if !errors.Is(err, os.ErrNotExist) || importers.Continues(err) {
			t.Errorf("a file that vanished: %v", err)
		}
	}
}

// TestAFileThatDoesntSayItsKind: the way out is named, which differs from a workbook's.
func TestAFileThatDoesntSayItsKind(t *testing.T) {
	for text, want := range map[string]bool{"Date;Intitulé;Participants\n12/03/2026;Laser;8\n": true, "Activité;Date;Intitulé\n;12/03/2026;Laser\n": false} {
		im, err := spreadsheet.Connector().Open(options(map[string]string{"file": write(t, "x.csv", text)}))
		if err != nil {
			t.Fatal(err)
		}
		_, said := imported(t, im, importers.Range{})
		if len(said) == 0 || strings.HasSuffix(said[len(said)-1], "dites laquelle dans le réglage kind, par exemple --kind training.held") != want {
			t.Errorf("%q: %q", text, said)
		}
	}
}

// TestReimport: a file that was corrected replaces what it said, and what vanished is retracted if that is asked for.
func TestReimport(t *testing.T) {
	sent, err := ledger.Open(filepath.Join(t.TempDir(), "ledger"))
	if err != nil {
		t.Fatal(err)
	}
	defer sent.Close()
	head := "Activité;Référence;Date;Type;Public;Participants\n"
	step := func(file string, retract bool) (sentNow []string, missing error) {
		values := map[string]string{"file": write(t, "x.csv", head+file)}
		if retract {
			values["retract-missing"] = "true"
		}
		im, err := spreadsheet.Connector().Open(options(values))
		if err != nil {
			t.Fatal(err)
		}
		gone, missing := im.(*spreadsheet.Importer).Missing(context.Background(), sent, importers.Range{})
		all := func(yield func(*schemas.Event, error) bool) {
			for e, err := range im.Events(context.Background(), importers.Range{}) {
				if !yield(e, err) {
					return
				}
			}
			for _, e := range gone {
				if !yield(e, nil) {
					return
				}
			}
		}
		for e, err := range importers.Revise(context.Background(), sent, "atelier-nord", all, nil) {
			if err != nil {
				continue
			}
			if err := importers.Check(e, now(), "", ""); err != nil {
				t.Error(err)
			}
			what := string(e.Data)
			if e.Retracted {
				what = "retracted, " + e.Reason
			}
			sentNow = append(sentNow, e.Time.Format(time.DateOnly)+" r"+string(rune('0'+e.Revision))+" "+what)
			s, err := importers.SentOf(e)
			if err == nil {
				err = sent.Record(context.Background(), "atelier-nord", []importers.Sent{s})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		return sentNow, missing
	}
	expect := func(name string, got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q\nwant %q", name, got, want)
		}
	}
	a, b, c := "Découverte;a;01/03/2026;Stage;Jeunes;8\n", "Découverte;b;10/03/2026;Stage;Jeunes;9\n", "Découverte;;20/03/2026;Stage;Jeunes;10\n"
	data := func(n string) string { return `{"attendance":` + n + `,"audience":"youth","type":"holiday_camp"}` }
	got, _ := step(a+b+c, false)
	expect("first", got, "2026-03-01 r0 "+data("8"), "2026-03-10 r0 "+data("9"), "2026-03-20 r0 "+data("10"))
	got, _ = step(a+b+c, true)
	expect("again", got)
	got, _ = step(a+strings.Replace(b, ";9", ";12", 1)+c, false)
	expect("corrected", got, "2026-03-10 r1 "+data("12"))
	got, _ = step(a+c, false)
	expect("without b, not asked", got)
	_, err = step(a+"Découverte;;31/02/2026;Stage;Jeunes;9\n"+c, true)
	var record *importers.RecordError
	if !errors.As(err, &record) || importers.Say(err, schemas.French) !=
		"x.csv, ligne 3 : rien n'est retiré, car 1 ligne illisible pourrait être un événement déjà envoyé. Corrigez d'abord la ligne 3" {
		t.Errorf("with a row that can't be told: %v", importers.Say(err, schemas.French))
	}
	got, err = step(a+"Découverte;b;31/02/2026;Stage;Jeunes;9\n"+c, true)
	expect("b is there with a mistake", got)
	if err != nil {
		t.Error(err)
	}
	got, _ = step(a, true)
	expect("outside of the days that the file covers", got)
	got, _ = step("Formation annulée;;01/01/2026;Robotique;;\nFormation annulée;;31/03/2026;Robotique;;\n", true)
	expect("of another kind", got)
	got, _ = step(a+c, true)
	expect("without b", got, "2026-03-10 r2 retracted, no longer in the spreadsheet")
	got, _ = step(a+c, true)
	expect("without b again", got)
	got, _ = step(a+b+c, true)
	expect("b is back", got, "2026-03-10 r3 "+data("9"))
}

// TestNothingVanishesOutsideOfTheRange: what isn't sent again isn't retracted either.
func TestNothingVanishesOutsideOfTheRange(t *testing.T) {
	sent, err := ledger.Open(filepath.Join(t.TempDir(), "ledger"))
	if err != nil {
		t.Fatal(err)
	}
	defer sent.Close()
	read := func(rows string, r importers.Range) (got []string) {
		t.Helper()
		im, err := spreadsheet.Connector().Open(options(map[string]string{"retract-missing": "true",
			"file": write(t, "x.csv", "Activité;Date;Type;Public;Participants\n"+rows)}))
		if err != nil {
			t.Fatal(err)
		}
		for e, err := range importers.Revise(t.Context(), sent, "atelier-nord", importers.EventsOf(t.Context(), im, sent, r), nil) {
			if err != nil {
				continue // it names the kind, which is all that the rows leave to be said
			}
			s, err := importers.SentOf(e)
			if err == nil {
				err = sent.Record(t.Context(), "atelier-nord", []importers.Sent{s})
			}
			if err != nil {
				t.Fatal(err)
			}
			what := "told"
			if e.Retracted {
				what = "retracted"
			}
			got = append(got, e.Time.Format(time.DateOnly)+" "+what)
		}
		return got
	}
	read("Découverte;01/01/2026;Stage;Jeunes;8\nDécouverte;10/01/2026;Stage;Jeunes;9\nDécouverte;20/02/2026;Stage;Jeunes;10\nDécouverte;01/03/2026;Stage;Jeunes;7\n", importers.Range{})
	// Both dates in the middle were corrected.
	corrected := "Découverte;01/01/2026;Stage;Jeunes;8\nDécouverte;11/01/2026;Stage;Jeunes;9\nDécouverte;21/02/2026;Stage;Jeunes;10\nDécouverte;01/03/2026;Stage;Jeunes;7\n"
	for _, c := range []struct {
		r    importers.Range
		want string
	}{
		{importers.Range{Since: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)}, "2026-02-21 told, 2026-02-20 retracted"},
		{importers.Range{}, "2026-01-11 told, 2026-01-10 retracted"},
	} {
		if got := strings.Join(read(corrected, c.r), ", "); got != c.want {
			t.Errorf("since %s: %s, want %s", c.r.Since.Format(time.DateOnly), got, c.want)
		}
	}
}
