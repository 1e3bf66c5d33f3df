package spreadsheet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"vitrine/producers/importers"
	"vitrine/producers/importers/spreadsheet"
	"vitrine/schemas"
)

// holds says what is true of any file that could be read.
func holds(t *testing.T, raw []byte) {
	a, err := spreadsheet.Read(context.Background(), config(), "x", bytes.NewReader(raw))
	if err != nil {
		var file *spreadsheet.FileError
		if !errors.As(err, &file) || file.In(schemas.French) == "" {
			t.Fatalf("neither read nor refused: %v", err)
		}
		return
	}
	ids := map[uuid.UUID]bool{}
	for _, r := range a.Rows {
		if (r.Event == nil) != (len(r.Problems) > 0) {
			t.Fatalf("row %d is neither good nor bad: %+v", r.Line, r)
		}
		for _, p := range r.Problems {
			if s := p.In(schemas.French); s == "" || schemas.Redact(s) != s && p.Column == "" {
				t.Fatalf("row %d: %q", r.Line, s)
			}
		}
		if r.Event == nil {
			continue
		}
		if ids[r.Event.ID] || r.Event.ID != r.ID {
			t.Fatalf("row %d: its event is another row's", r.Line)
		}
		ids[r.Event.ID] = true
		if err := importers.Check(r.Event, now(), "x", "row"); err != nil {
			t.Fatalf("row %d: %v", r.Line, err)
		}
	}
	again, err := spreadsheet.Read(context.Background(), config(), "x", bytes.NewReader(raw))
	if err != nil || report(again, schemas.English) != report(a, schemas.English) {
		t.Fatalf("read twice, it says something else: %v", err)
	}
}

// FuzzCSV: any text is refused as a whole, or each of its rows is an event that the door accepts, or told.
func FuzzCSV(f *testing.F) {
	sample, err := os.ReadFile("testdata/saisie_manuelle.csv")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sample)
	f.Add([]byte(twoTrainings))
	f.Add([]byte("sep=,\r\nActivité,Date,Type,Public\r\n\"Découverte\",2026-03-12,\"Stage\nx\",Jeunes\r\n"))
	f.Add([]byte("\xff\xfeD\x00a\x00t\x00e\x00"))
	f.Add([]byte("Activité;Date;SIREN;Type de service\nPrestation;12/03/2026;732829320,552100554;Conseil\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) < 1<<16 {
			holds(t, raw)
		}
	})
}

// FuzzXLSX: what a sheet of a workbook may say; the container is the library's own, with fuzzed rows in it.
func FuzzXLSX(f *testing.F) {
	f.Add(`<row r="1"><c r="A1" t="inlineStr"><is><t>Date</t></is></c><c r="B1" t="inlineStr"><is><t>Participants</t></is></c></row><row r="2"><c r="A2"><v>46093</v></c></row>`)
	f.Add(`<row r="1" hidden="1"><c r="A1" t="str"><v>vitrine 1 premises.changed</v></c><c r="B1" t="str"><v>date</v></c><c r="C1" t="str"><v>area_m2</v></c></row>` +
		`<row r="2"><c r="A2" t="str"><v>a</v></c></row><row r="3"><c r="A3"><v>7</v></c><c r="B3"><v>46093</v></c><c r="C3"><f>60*2</f><v>120</v></c></row>`)
	f.Add(`<row r="1"><c r="A1" s="99" t="s"><v>5</v></c><c r="A1" t="b"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A1:ZZ9"/></mergeCells><sheetData>`)
	f.Add(`<row><c><v>1e308</v></c></row><row r="0"><c r="A0"/></row><row r="-1"/>`)
	empty := book(f, func(*excelize.File) error { return nil })
	f.Fuzz(func(t *testing.T, rows string) {
		if len(rows) < 1<<14 {
			holds(t, withRows(t, empty, rows))
		}
	})
}

// FuzzWorkbook: any bytes that begin as a workbook does.
func FuzzWorkbook(f *testing.F) {
	f.Add(repacked(f, `<row r="1"><c r="A1" t="inlineStr"><is><t>Date</t></is></c></row>`))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) < 1<<16 {
			holds(t, append([]byte("PK\x03\x04"), bytes.TrimPrefix(raw, []byte("PK\x03\x04"))...))
		}
	})
}

// FuzzParseMapping: a lab's file is refused, or every column and code in it is one of the contract's.
func FuzzParseMapping(f *testing.F) {
	f.Add([]byte("kind: training.held\ncolumns: {Quand: date}\nvalues: {audience: {x: youth}}\nsheets: {a: skip}\n"))
	f.Add([]byte("columns: &a {x: skip}\nsheets: *a\n"))
	f.Add([]byte("values: {<<: {a: {}}, kind: {b: 1}}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := spreadsheet.ParseMapping(raw)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without words")
			}
			return
		}
		for sheet, kind := range m.Sheets {
			if k, known := schemas.KindByName(kind); kind != spreadsheet.Skip && (!known || k.Programme) {
				t.Errorf("sheet %q is %q", sheet, kind)
			}
		}
		for word, code := range m.Values["audience"] {
			if !slices.Contains(schemas.Taxonomies()["audiences"].Codes(), code) {
				t.Errorf("%q is %q", word, code)
			}
		}
		cfg := config()
		cfg.Mapping = m
		if _, err := spreadsheet.Read(context.Background(), cfg, "x.csv", strings.NewReader(twoTrainings)); err != nil {
			var file *spreadsheet.FileError
			if !errors.As(err, &file) {
				t.Error(err)
			}
		}
	})
}

// BenchmarkRead reads 10,000 rows.
func BenchmarkRead(b *testing.B) {
	head, row, _ := strings.Cut(twoTrainings, "\n")
	row, _, _ = strings.Cut(row, "\n")
	var text strings.Builder
	text.WriteString(head + "\n")
	workbook := book(b, func(f *excelize.File) error {
		for i := range 10_000 {
			text.WriteString(row + "\n")
			cells := []any{"Formation", 46093, 0.75, 0.8, "Robotique", "Jeunes", i % 20, fmt.Sprintf("Atelier %d", i)}
			if i == 0 {
				cells = []any{"Activité", "Date", "Heure début", "Heure fin", "Thème", "Public", "Participants", "Intitulé"}
			}
			if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &cells); err != nil {
				return err
			}
		}
		return nil
	})
	for name, raw := range map[string][]byte{"csv": []byte(text.String()), "xlsx": workbook} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if a := read(b, config(), "x", raw); a.Bad() != 0 {
					out, _ := json.Marshal(a.Rows[0])
					b.Fatalf("%d rows are bad: %s", a.Bad(), out)
				}
			}
		})
	}
}
