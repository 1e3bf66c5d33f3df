package spreadsheet_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"vitrine/producers/importers/spreadsheet"
	"vitrine/schemas"
)

// book makes a workbook.
func book(t testing.TB, build func(f *excelize.File) error) []byte {
	t.Helper()
	f := excelize.NewFile()
	var b bytes.Buffer
	err := build(f)
	if err = errors.Join(err, f.Write(&b), f.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func set(f *excelize.File, sheet string, cells map[string]any) error {
	var errs []error
	for at, v := range cells {
		errs = append(errs, f.SetCellValue(sheet, at, v))
	}
	return errors.Join(errs...)
}

// TestCells: what a workbook's cells are, is what they count for.
func TestCells(t *testing.T) {
	raw := book(t, func(f *excelize.File) error {
		day := time.Date(2026, 3, 12, 0, 0, 0, 0, time.UTC)
		styled := func(at, code string) error {
			style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
			return errors.Join(err, f.SetCellStyle("Dépenses", at, at, style))
		}
		return errors.Join(f.SetSheetName("Sheet1", "Dépenses"),
			set(f, "Dépenses", map[string]any{
				"A1": "Date", "B1": "Heure", "C1": "Poste de dépense", "D1": "Montant HT", "E1": "Éligible", "F1": "État", "G1": "N° de facture", "H1": "Référence",
				"A2": day, "B2": 0.75, "C2": "Machine new", "D2": 0.1 + 0.2, "E2": true, "F2": "payée", "G2": 2026014, "H2": 1,
				"A3": day.Add(9*time.Hour + 30*time.Minute), "C3": "Dépenses de personnel", "D3": "1 234,50 €", "E3": "non", "F3": "Paid", "H3": 2.0,
				"A4": 46093, "C4": "staff", "D4": 83.33333333333333, "E4": "x", "F4": "paid", "G4": "'0123'",
				"A5": "12/03/2026", "C5": "staff", "D5": "#N/A", "E5": "x", "F5": "paid",
				"A6": "2026", "C6": "staff", "D6": 12, "E6": "x", "F6": "paid",
				"A7": 2026, "C7": "staff", "D7": day, "E7": 2, "F7": "paid",
			}), styled("B2", `[$-40C]hh"h"mm`), styled("D2", `#,##0.00\ "€ du d\é"`), f.SetRowVisible("Dépenses", 3, false))
	})
	a := read(t, config(), "depenses.xlsx", raw)
	compare(t, report(a, schemas.French), `
feuille Dépenses, ligne 2
  expenditure.recorded 2026-03-12T18:00:00+01:00 {"amount_excl_vat":0.3,"category":"machine_new","eligible":true,"invoice":"2026014","status":"paid"}
feuille Dépenses, ligne 3
  expenditure.recorded 2026-03-12T09:30:00+01:00 {"amount_excl_vat":1234.5,"category":"staff","eligible":false,"status":"paid"}
feuille Dépenses, ligne 4
  ! G4 N° de facture : format incorrect (reçu "'0123'" ; attendu : un code de lettres sans accent, chiffres et . _ : / -, au plus 80)
feuille Dépenses, ligne 5
  ! D5 Montant HT : format incorrect (reçu "#N/A" ; attendu : un nombre de -10000000 à 10000000, 6 décimales au plus)
feuille Dépenses, ligne 6
  ! A6 Date : format incorrect (reçu "2026" ; attendu : une date jj/mm/aaaa, par exemple 12/03/2026)
feuille Dépenses, ligne 7
  ! A7 Date : format incorrect (reçu "2026" ; attendu : une date jj/mm/aaaa, par exemple 12/03/2026)
  ! D7 Montant HT : format incorrect (reçu "2026-03-12" ; attendu : un nombre de -10000000 à 10000000, 6 décimales au plus)
  ! E7 Éligible : valeur non admise (reçu "2" ; attendu : oui ou non)
- feuille Dépenses : 1 ligne masquée, lue comme les autres
`)
}

// TestFormulas count by the value that was saved; one without is told, one that gives an empty text is blank.
func TestFormulas(t *testing.T) {
	text := func(at, s string) string { return `<c r="` + at + `" t="inlineStr"><is><t>` + s + `</t></is></c>` }
	row := func(line, area string) string {
		return `<row r="` + line + `">` + text("A"+line, "Locaux") + text("B"+line, "12/03/2026") + `<c r="C` + line + `" ` + area + `</c></row>`
	}
	raw := repacked(t, `<row r="1">`+text("A1", "Activité")+text("B1", "Date")+text("C1", "area_m2")+`</row>`+
		row("2", `><f>60*2</f><v>120</v>`)+row("3", `><f>60*2</f>`)+row("4", `t="str"><f>""</f><v></v>`)+row("5", `t="e"><f>1/0</f><v>#DIV/0!</v>`))
	compare(t, report(read(t, config(), "x.xlsx", raw), schemas.English), `
sheet Sheet1, row 2
  premises.changed 2026-03-12T12:00:00+01:00 {"area_m2":120}
sheet Sheet1, row 3
  ! C3 area_m2: missing (expected the formula's value: open the workbook in your spreadsheet program and save it)
sheet Sheet1, row 4
  ! C4 area_m2: missing (expected a number from 0 to 100000 with at most 6 decimals)
sheet Sheet1, row 5
  ! C5 area_m2: wrong format (found "#DIV/0!"; expected a number from 0 to 100000 with at most 6 decimals)
`)
}

// TestSheets: which sheets are read, what says their kind, and merged cells.
func TestSheets(t *testing.T) {
	raw := book(t, func(f *excelize.File) error {
		for _, name := range []string{"Formations 2026", "Machines", "Secret", "Lisez-moi", "Notes"} {
			if _, err := f.NewSheet(name); err != nil {
				return err
			}
		}
		return errors.Join(
			set(f, "Sheet1", map[string]any{"A1": "Date", "B1": "Participants", "A2": "12/03/2026", "B2": 5}),
			set(f, "Formations 2026", map[string]any{
				"A1": "Formations de l'année", "A2": "Date", "B2": "Horaires", "D2": "Thème", "E2": "Public", "F2": "Participants", "B3": "Début", "C3": "Fin",
				"A4": "12/03/2026", "B4": "9h", "C4": "12h", "D4": "Robotique", "E4": "Jeunes", "F4": 8, "B5": "14h", "C5": "17h", "D5": "Robotique", "E5": "Jeunes",
			}),
			f.MergeCell("Formations 2026", "A1", "F1"), f.MergeCell("Formations 2026", "B2", "C2"), f.MergeCell("Formations 2026", "A2", "A3"), f.MergeCell("Formations 2026", "D2", "D3"),
			f.MergeCell("Formations 2026", "E2", "E3"), f.MergeCell("Formations 2026", "F2", "F3"), f.MergeCell("Formations 2026", "A4", "A5"), f.MergeCell("Formations 2026", "F4", "F5"),
			set(f, "Machines", map[string]any{"A1": "Activité", "B1": "Jour", "C1": "Machine", "D1": "Heure de début", "E1": "Durée", "F1": "Mesure",
				"A2": "Heures machine", "B2": "12/03/2026", "C2": "laser-1", "D2": "9h", "E2": "2h30", "F2": "déclarée", "A3": "Nouvelle machin", "B3": "12/03/2026"}),
			set(f, "Secret", map[string]any{"A1": "Date"}), f.SetSheetVisible("Secret", false),
			set(f, "Lisez-moi", map[string]any{"A1": "Date", "B1": "Participants"}),
			set(f, "Notes", map[string]any{"A1": "à faire"}))
	})
	a := read(t, config(), "classeur.xlsx", raw)
	compare(t, report(a, schemas.French), `
feuille Sheet1, ligne 1
  !  Activité : champ absent (attendu : une colonne « Activité » qui dit ce qu'est chaque ligne (par exemple Formation), ou une feuille qui en porte le nom)
feuille Formations 2026, ligne 4
  training.held 2026-03-12T09:00:00+01:00 {"attendees":8,"audience":"youth","end":"2026-03-12T12:00:00+01:00","topic":"robotics"}
feuille Formations 2026, ligne 5
  ! A5 Date : valeur non admise (attendu : une valeur dans chaque ligne : cette cellule est fusionnée avec celle du dessus)
  ! F5 Participants : valeur non admise (attendu : une valeur dans chaque ligne : cette cellule est fusionnée avec celle du dessus)
feuille Machines, ligne 2
  machine.usage 2026-03-12T09:00:00+01:00 {"end":"2026-03-12T11:30:00+01:00","machine":"laser-1","machine_category":"laser_cutter","origin":"declared"}
  ~ Catégorie de machine : « Découpeuse laser », d'après « Machine »
feuille Machines, ligne 3
  ! A3 Activité : valeur non admise (reçu "Nouvelle machin" ; attendu : une des valeurs Session de formation tenue, Session de formation annulée, Événement de découverte tenu, Séance annoncée à l'agenda, Partenariat signé, Partenariat terminé, Action menée avec des partenaires, Utilisation d'une machine, Disponibilité d'une machine, Machine mise en service, Dépense enregistrée, Changement de locaux, Nouveau service lancé, Prestation livrée à une entreprise, Résultat d'entreprise déclaré, Comptes d'une période, Test de modèle économique commencé, Test de modèle économique conclu, Étape du modèle économique, Retombée média ou publication, Visite vitrine accueillie, Projet documenté et publié, Nombre d'adhérents, Résultat d'enquête (agrégé), Jalon atteint)
- feuille Secret : feuille masquée, non lue
- feuille Notes : feuille non lue : aucune ligne de titres reconnue
`)
	cfg := config()
	cfg.Kind = "showcase.visit.hosted"
	if a := read(t, cfg, "classeur.xlsx", raw); a.Sheets[0].Kind != "showcase.visit.hosted" || a.Sheets[1].Kind != "training.held" || a.Rows[0].Problems[0].Key != "visitor_type" {
		t.Errorf("with a kind for the sheets that don't say it:\n%s", report(a, schemas.English))
	}
}

// TestDaysFrom1904: old workbooks of Macintoshes count from another day.
func TestDaysFrom1904(t *testing.T) {
	raw := book(t, func(f *excelize.File) error {
		yes := true
		style, err := f.NewStyle(&excelize.Style{NumFmt: 14})
		return errors.Join(err, f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}), f.SetSheetName("Sheet1", "Locaux"),
			set(f, "Locaux", map[string]any{"A1": "Date", "B1": "Surface ouverte aux usagers (m²)", "A2": 46093 - 1462, "B2": 120.5,
				"A3": 46093 - 1462, "B3": 130}), f.SetCellStyle("Locaux", "A2", "A2", style)) // A3 isn't formatted as a date
	})
	compare(t, report(read(t, config(), "x.xlsx", raw), schemas.English), `
sheet Locaux, row 2
  premises.changed 2026-03-12T12:00:00+01:00 {"area_m2":120.5}
sheet Locaux, row 3
  premises.changed 2026-03-12T12:00:00+01:00 {"area_m2":130}
`)
}

// TestBombs: files that are small and become large are refused before they do.
func TestBombs(t *testing.T) {
	refused := func(name string, raw []byte, want string) {
		t.Helper()
		_, err := spreadsheet.Read(context.Background(), config(), "x.xlsx", bytes.NewReader(raw))
		var file *spreadsheet.FileError
		if !errors.As(err, &file) || !strings.HasPrefix(file.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused("a bomb", bomb(t), "x.xlsx: unpacked, the workbook exceeds 128 MiB: split it")
	const many = "x.xlsx: more than 2000000 cells and rows, empty ones included: split the workbook"
	refused("empty cells", repacked(t, strings.Repeat(`<row>`+strings.Repeat(`<c/>`, 100)+`</row>`, 20_000)), many)
	refused("empty cells with a prefix, and empty rows", repacked(t, strings.Repeat(strings.Repeat("<x:c\n/>", 99)+`<row/>`, 20_001)), many)
	refused("other elements", repacked(t, strings.Repeat(`<t/>`, 8_000_001)), many)
	refused("a far row", repacked(t, `<row r="100001"><c r="A100001"><v>1</v></c></row>`), "x.xlsx: sheet Sheet1, more than 100000 rows: split the file")
	refused("a far column", repacked(t, `<row r="1"><c r="XFD1"><v>1</v></c></row>`), "x.xlsx: sheet Sheet1, row 1: more than 200 columns")
	refused("broken XML", repacked(t, `<row r="1"><c r="A1"><v>1</v>`), "x.xlsx: ")
	var merges strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&merges, `<mergeCell ref="A%d:B%d"/>`, i+1, i+1)
	}
	refused("merged cells", repacked(t, `<row r="1"><c r="A1"><v>1</v></c></row></sheetData><mergeCells>`+merges.String()+`</mergeCells><sheetData>`), "x.xlsx: sheet Sheet1: more than 2000 merged cells")
}

// bomb is a workbook whose sheet says that it becomes larger than is let through. The container says the size first, and whoever
// unpacks more or less than that fails, so that nothing so large need be made here.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	w, err := out.CreateRaw(&zip.FileHeader{Name: "xl/worksheets/sheet1.xml", Method: zip.Deflate, UncompressedSize64: 129 << 20, CompressedSize64: 2})
	if err == nil {
		_, err = w.Write([]byte{3, 0})
	}
	if err = errors.Join(err, out.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// repacked is a workbook with other rows in its sheet.
func repacked(t testing.TB, rows string) []byte {
	t.Helper()
	return withRows(t, book(t, func(*excelize.File) error { return nil }), rows)
}

// withRows puts other rows into a workbook's sheet.
func withRows(t testing.TB, workbook []byte, rows string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(workbook), int64(len(workbook)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	out.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for _, f := range in.File {
		if f.Name != "xl/worksheets/sheet1.xml" {
			if err := out.Copy(f); err != nil {
				t.Fatal(err)
			}
			continue
		}
		method := zip.Store // packing millions of cells takes long
		if len(rows) > spreadsheet.MaxBytes/2 {
			method = zip.Deflate
		}
		w, err := out.CreateHeader(&zip.FileHeader{Name: f.Name, Method: method})
		if err == nil {
			_, err = w.Write([]byte(`<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + rows + `</sheetData></worksheet>`))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
