package fabmanager_test

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/text/encoding/charmap"

	"vitrine/producers/importers"
	"vitrine/producers/importers/fabmanager"
	"vitrine/schemas"
)

func fromExports(t testing.TB, files fs.FS, names ...string) *fabmanager.Importer {
	t.Helper()
	return newImporter(t, func(c *fabmanager.Config) { c.Exports, c.ExportNames = files, names })
}

// csvFile is an accounting export of these rows: date, account, label, debit, credit.
func csvFile(rows ...string) string {
	all := "Code journal;Date écriture;Code compte;Intitulé compte;Pièce;Libellé écriture;Débit origine;Crédit origine;Débit euro;Crédit euro;Lettrage;\n"
	for _, row := range rows {
		f := strings.Split(row, "|")
		all += fmt.Sprintf("SALES;%s;%s;%s;2603001/VL;Fictif Dany, 2603001/VL;%s;%s;%s;%s;;\n", f[0], f[1], f[2], f[3], f[4], f[3], f[4])
	}
	return all
}

func TestTheAccountingExportOfTheSample(t *testing.T) {
	all, errs, err := events(t, fromExports(t, os.DirFS("testdata/exports"), "export_comptable_fr.csv"), march)
	if err != nil || len(errs) > 0 || len(all) != 1 {
		t.Fatalf("%v, %v, %v", all, errs, err)
	}
	if s := monthOf(t, all, march); s["E01"] != 40 || s["E01 stream=machine_hours"] != 40 {
		t.Errorf("%v", s)
	}
	if strings.Contains(string(all[0].Data), "company_revenue") {
		t.Errorf("a share of companies, though nobody knows them: %s", all[0].Data)
	}
	// The month is the record, over the API as in the export: imported both ways it counts once.
	i := slices.IndexFunc(must(t, fromFiles(t, sample()), march), func(e *schemas.Event) bool { return e.ID == all[0].ID })
	if i < 0 {
		t.Error("the API tells the month under another id")
	}
}

func TestTheAccountingExport(t *testing.T) {
	text := csvFile("03/03/2026|7602|Réservations machines|0,00|1 240,50", "03/03/2026|5801|Paiement par carte|1488,60|0,00", "03/03/2026|4457|TVA collectée|0,00|248,10",
		"31/03/2026|7063|Formations|50,00|", "01/04/2026|7061|Abonnements|0,00|12,00")
	latin, err := charmap.ISO8859_1.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	english := strings.NewReplacer("Code journal", "Journal code", "Date écriture", "Entry date", "Code compte", "Account code", "Intitulé compte", "Account label",
		"Débit euro", "Euro debit", "Crédit euro", "Euro credit").Replace(text)
	for name, raw := range map[string]string{
		"UTF-8": text, "with a byte order mark": "\uFEFF" + text, "ISO-8859-1": latin, "lines as in Windows": strings.ReplaceAll(text, "\n", "\r\n"),
		"English, with tabs": strings.ReplaceAll(english, ";", "\t"), "blank lines": "\n" + strings.ReplaceAll(text, "\n", "\n;;;\n"),
	} {
		all := must(t, fromExports(t, files(map[string]string{"a.csv": raw})), importers.Range{})
		if s := monthOf(t, all, march); s["E01"] != 1190.5 || s["E01 stream=machine_hours"] != 1240.5 || s["E01 stream=trainings"] != -50 || len(all) != 1 {
			t.Errorf("%s: %v (April isn't over)", name, s)
		}
	}
}

func TestAnExportThatCannotBeUsed(t *testing.T) {
	good := csvFile("03/03/2026|7602|Machines|0,00|40,00")
	for name, c := range map[string]struct {
		files    map[string]string
		fr, en   string
		wantNone bool
	}{
		"a date that is none":      {map[string]string{"a.csv": csvFile("03/03/2026|7602|M|0,00|40,00", "31/02/2026|7602|M|0,00|40,00")}, `a.csv:3, Date écriture : reçu "31/02/2026", attendu : une date`, `a.csv:3, Date écriture: found "31/02/2026", expected a date`, true},
		"an amount that is none":   {map[string]string{"a.csv": csvFile("03/03/2026|7602|M|0,00|quarante")}, `a.csv:2, Crédit euro : reçu "quarante"`, `a.csv:2, Crédit euro: found "quarante"`, true},
		"two decimal signs":        {map[string]string{"a.csv": csvFile("03/03/2026|7602|M|0,00|1.240,50")}, `a.csv:2, Crédit euro : reçu "1.240,50"`, `a.csv:2, Crédit euro: found`, true},
		"a separator in a text":    {map[string]string{"a.csv": strings.Replace(good, "2603001/VL;Fictif", "2603001/VL;;Fictif", 1)}, "a.csv:2 : 13 colonnes, attendu 12", "a.csv:2: 13 columns", true},
		"a line cut short":         {map[string]string{"a.csv": good + "SALES;03/03/2026;7602"}, "a.csv:3, Intitulé compte : ligne trop courte", "a.csv:3, Intitulé compte: the line is too short", true},
		"a quotation mark":         {map[string]string{"a.csv": strings.Replace(good+good, ";Fictif", `;"Fictif`, 1)}, "a.csv:2 : un guillemet", "a.csv:2: a quotation mark", true},
		"a month in two files":     {map[string]string{"a.csv": good, "b.csv": good}, "b.csv : le mois 2026-03 est aussi dans a.csv", "b.csv: the month 2026-03 is in a.csv too", true},
		"a workbook":               {map[string]string{"a.csv": "PK\x03\x04..."}, "a.csv : classeur Excel", "a.csv: an Excel workbook", true},
		"another table":            {map[string]string{"a.csv": "Nom;Âge\nX;3\n"}, "a.csv : pas un export connu", "a.csv: not a known export", true},
		"one good and one bad":     {map[string]string{"a.csv": good, "b.csv": ""}, "b.csv : pas un export connu", "b.csv: not a known export", false},
		"no file":                  {map[string]string{"a.txt": ""}, "aucun fichier CSV", "no CSV file", true},
		"accounts of another plan": {map[string]string{"a.csv": csvFile("03/03/2026|SALES|M|0,00|40,00")}, "aucun compte ne commence par 7", "no account begins with 7", true},
	} {
		all, errs, err := events(t, fromExports(t, files(c.files)), importers.Range{})
		if err != nil || len(errs) != 1 || (len(all) == 0) != c.wantNone {
			t.Errorf("%s: %d events, %v, %v", name, len(all), errs, err)
			continue
		}
		for lang, want := range map[schemas.Lang]string{schemas.French: c.fr, schemas.English: c.en} {
			if got := importers.Say(errs[0], lang); !strings.Contains(got, want) || strings.Contains(got, "Fictif") {
				t.Errorf("%s: %s; want %s", name, got, want)
			}
		}
	}
}

// The other exports say too little; that is said, and nothing of their persons.
func TestTheOtherExportsAreRefusedWithTheReason(t *testing.T) {
	for file, want := range map[string]string{
		"export_reservations_fr.csv":                 "ne dit pas quand les créneaux ont lieu",
		"export_statistiques_machines_heures_fr.csv": "au jour de la réservation",
	} {
		all, errs, err := events(t, fromExports(t, os.DirFS("testdata/exports"), file), march)
		if err != nil || len(all) > 0 || len(errs) != 1 || !strings.HasPrefix(importers.Say(errs[0], schemas.French), file+" : ") || !strings.Contains(importers.Say(errs[0], schemas.French), want) {
			t.Errorf("%s: %d events, %v, %v", file, len(all), errs, err)
		}
	}
	all, errs, err := events(t, fromExports(t, os.DirFS("testdata/exports")), march)
	if err != nil || len(all) != 1 || len(errs) != 2 {
		t.Errorf("the folder: %d events, %v, %v", len(all), errs, err)
	}
}

// With a live source or saved pages the exports are compared: the sample's agree, day by day of theirs.
func TestExportsAreComparedWithWhatIsImported(t *testing.T) {
	warnings := func(exports fs.FS, names ...string) (fr []string) {
		t.Helper()
		im := newImporter(t, func(c *fabmanager.Config) { c.Files, c.Exports, c.ExportNames = sample(), exports, names })
		all, errs, err := events(t, im, march)
		if want := must(t, fromFiles(t, sample()), march); err != nil || len(all) != len(want) {
			t.Fatalf("%d events, %v", len(all), err)
		}
		for _, err := range errs {
			if !importers.IsWarning(err) {
				t.Errorf("%v isn't a warning", err)
			}
			fr = append(fr, importers.Say(err, schemas.French))
		}
		return fr
	}
	if got := warnings(os.DirFS("testdata/exports")); len(got) > 0 {
		t.Errorf("the sample's differ: %v", got)
	}
	read := func(name string) string {
		raw, err := os.ReadFile("testdata/exports/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	statistics, reservations := read("export_statistiques_machines_heures_fr.csv"), read("export_reservations_fr.csv")
	for name, c := range map[string]struct{ file, want string }{
		"revenue":        {csvFile("01/03/2026|7063|F|0,00|100,00", "31/03/2026|7602|M|0,00|40,00"), "a.csv, 2026-03 : 140 € de recettes propres dans l'export, 115 dans ce qui est importé"},
		"hours":          {strings.Replace(statistics, ";2;", ";3,5;", 1), "a.csv, 2026-02, Découpeuse laser : 3.5 heures réservées dans l'export, 2 dans ce qui est importé (les statistiques"},
		"a lost booking": {strings.Replace(reservations, "103;Camille Demo;camille.demo@example.org;20/03/2026;Machine;Imprimante 3D;1;Paiement à l'accueil;", "", 1), "a.csv, 2026-03, Machine, Imprimante 3D : 1 réservations dans l'export, 2 dans ce qui est importé"},
		"a foreign one":  {reservations + "103;Camille Demo;camille.demo@example.org;20/03/2026;Machine;Tour;1;;\n", "a.csv, 2026-03, Machine, Tour : 1 réservations dans l'export, 0 dans ce qui est importé"},
	} {
		got := warnings(files(map[string]string{"a.csv": c.file}))
		if len(got) != 1 || !strings.HasPrefix(got[0], c.want) {
			t.Errorf("%s: %v", name, got)
		}
		for _, personal := range []string{"Camille", "Dany", "Fictif", "@", "103"} {
			if strings.Contains(strings.Join(got, " "), personal) {
				t.Errorf("%s: %v holds %s", name, got, personal)
			}
		}
	}
}

// Whatever stands in an export: no panic, nothing but valid events, and no text of it but titles
// and what was found in a date or amount.
func FuzzExport(f *testing.F) {
	for _, name := range []string{"export_comptable_fr.csv", "export_reservations_fr.csv", "export_statistiques_machines_heures_fr.csv"} {
		raw, err := os.ReadFile("testdata/exports/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(csvFile("03/03/2026|7602|Machines|0,00|9999999,99", "2026-03-03|7|x|-1,5|")))
	f.Add([]byte("date écriture,code compte,intitulé compte,débit euro,crédit euro\n01/03/2026,7,\"a\nb\",1,2\n"))
	f.Add([]byte("\xff\xfed\x00a\x00"))
	page, err := fs.ReadFile(sample(), "reservations_page3.json")
	if err != nil {
		f.Fatal(err)
	}
	pages := files(map[string]string{"reservations.json": string(page)})
	want := len(must(f, fromFiles(f, pages), march))
	f.Fuzz(func(t *testing.T, raw []byte) {
		im := fromExports(t, fstest.MapFS{"a.csv": {Data: raw}})
		for e, err := range im.Events(t.Context(), importers.Range{}) {
			if err != nil {
				if importers.Say(err, schemas.French) == "" {
					t.Error("an error without words")
				}
				continue
			}
			if _, d := decode(t, e); d.Kind() != "finance.period.reported" {
				t.Errorf("told %s", d.Kind())
			}
		}
		compared := newImporter(t, func(c *fabmanager.Config) { c.Files, c.Exports = pages, fstest.MapFS{"a.csv": {Data: raw}} })
		if all, _, err := events(t, compared, march); err != nil || len(all) != want {
			t.Errorf("compared with pages: %d events, %v", len(all), err)
		}
	})
}
