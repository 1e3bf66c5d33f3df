package fabmanager

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

const (
	// maxExportBytes bounds an export file.
	maxExportBytes = 64 << 20
	// maxHeadRows is how far down an export's column titles are looked for: the statistics have totals above.
	maxHeadRows = 20
)

// layout is a kind of export: the columns that are read of it, folded, French title first. What
// isn't named here isn't read: names and e-mails are in other columns.
type layout struct {
	name    string
	columns [][]string
}

// The columns of the exports that are known, in the order of the constants below.
func layouts() []layout {
	return []layout{
		{"accounting", [][]string{{"date ecriture", "entry date"}, {"code compte", "account code"}, {"intitule compte", "account label"},
			{"debit euro", "euro debit"}, {"credit euro", "euro credit"}}},
		{"reservations", [][]string{{"date de reservation", "reservation date"}, {"type de reservation", "reservation type"},
			{"objet de la reservation", "reservation object"}, {"nombre de creneaux heures places", "slots number hours tickets"}}},
		{"statistics", [][]string{{"date"}, {"type"}, {"nombre d heures", "hours number"}}},
	}
}

// Columns of the accounting export.
const (
	entryDate = iota
	accountCode
	accountLabel
	debitEuro
	creditEuro
)

// export is a file's rows.
type export struct {
	// kind is the layout's name, name the file's.
	kind, name string
	rows       []exportRow
	// titles are the columns' as they stand in the file.
	titles []string
	// width is how many columns the titles' line has.
	width int
}

// exportRow is what is read of a row: the layout's columns.
type exportRow struct {
	// origin is the file and line.
	origin string
	cells  []string
}

// readExports reads the exports in a folder. A file that can't be read is reported, and the others are read.
func readExports(files fs.FS, names []string) (all []*export, broken []error, err error) {
	if names == nil {
		if names, err = fs.Glob(files, "*.[cC][sS][vV]"); err != nil {
			return nil, nil, fmt.Errorf("exports: %w", err)
		}
		if len(names) == 0 {
			return nil, nil, exportProblem("--export", "", schemas.Text{FR: "aucun fichier CSV dans ce dossier", EN: "no CSV file in this folder"})
		}
	}
	for _, name := range names {
		raw, err := readBounded(files, name)
		if err == nil {
			var e *export
			if e, err = parseExport(name, raw); err == nil {
				all = append(all, e)
				continue
			}
		}
		if !importers.Continues(err) {
			return nil, nil, err
		}
		broken = append(broken, err)
	}
	return all, broken, nil
}

func readBounded(files fs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxExportBytes+1))
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if len(raw) > maxExportBytes {
		return nil, exportProblem(name, "", schemas.Text{FR: "fichier de plus de 64 Mio", EN: "file of more than 64 MiB"})
	}
	return raw, nil
}

// parseExport reads a CSV file as Fab-manager writes it, or as a spreadsheet program saved it: UTF-8
// or Windows-1252, with semicolons, commas or tabs.
func parseExport(name string, raw []byte) (*export, error) {
	if bytes.HasPrefix(raw, []byte("PK\x03\x04")) {
		return nil, exportProblem(name, "", schemas.Text{
			FR: "classeur Excel : enregistrez-le au format CSV (séparateur point-virgule)", EN: "an Excel workbook: save it as CSV (with semicolons)"})
	}
	raw = bytes.TrimPrefix(raw, []byte("\uFEFF"))
	if !utf8.Valid(raw) {
		// Fab-manager writes ISO-8859-1, of which Windows-1252 is the superset that a spreadsheet program writes.
		decoded, err := charmap.Windows1252.NewDecoder().Bytes(raw)
		if err != nil {
			return nil, exportProblem(name, "", schemas.Text{FR: "ni UTF-8 ni Windows-1252", EN: "neither UTF-8 nor Windows-1252"})
		}
		raw = decoded
	}
	r := csv.NewReader(bytes.NewReader(raw))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = separator(raw), -1, true, true
	var found *export
	var at []int // where the columns stand
	for n := 0; ; n++ {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			at := name
			var bad *csv.ParseError
			if errors.As(err, &bad) {
				at = fmt.Sprintf("%s:%d", name, bad.Line)
			}
			return nil, exportProblem(at, "", schemas.Text{FR: "ligne illisible", EN: "unreadable line"})
		}
		line, _ := r.FieldPos(0)
		origin := fmt.Sprintf("%s:%d", name, line)
		if found == nil {
			if found, at = recognise(cells); found == nil && n >= maxHeadRows {
				break
			}
			continue
		}
		if blank(cells) {
			continue
		}
		row, err := found.row(origin, cells, at)
		if err != nil {
			return nil, err
		}
		found.rows = append(found.rows, row)
	}
	if found == nil {
		return nil, exportProblem(name, "", schemas.Text{
			FR: "pas un export connu de Fab-manager : attendu l'export comptable (Date écriture ; Code compte ; Intitulé compte ; … ; Débit euro ; Crédit euro)",
			EN: "not a known export of Fab-manager: expected the accounting export (Entry date; Account code; Account label; …; Euro debit; Euro credit)"})
	}
	found.name = name
	return found, nil
}

// separator is the sign that stands most often in the first line that has any.
func separator(raw []byte) rune {
	for line := range bytes.Lines(raw) {
		best, most := ';', 0
		for _, sign := range []rune{';', '\t', ','} {
			if n := bytes.Count(line, []byte(string(sign))); n > most {
				best, most = sign, n
			}
		}
		if most > 0 {
			return best
		}
	}
	return ';'
}

// recognise says which export has these column titles, and where its columns stand.
func recognise(titles []string) (*export, []int) {
	folded := make([]string, len(titles))
	for i, title := range titles {
		folded[i] = importers.Fold(title)
	}
	for _, l := range layouts() {
		found, at := &export{kind: l.name}, []int{}
		for _, names := range l.columns {
			if i := slices.IndexFunc(folded, func(title string) bool { return slices.Contains(names, title) }); i >= 0 {
				at = append(at, i)
				found.titles = append(found.titles, strings.TrimSpace(titles[i]))
			}
		}
		if found.width = len(titles); len(at) == len(l.columns) {
			return found, at
		}
	}
	return nil, nil
}

func (e *export) row(origin string, cells []string, at []int) (exportRow, error) {
	row := exportRow{origin: origin}
	if slices.ContainsFunc(cells, func(cell string) bool { return strings.ContainsAny(cell, "\r\n") }) {
		// Fab-manager doesn't quote: a quotation mark that begins a name would swallow the lines up to the next one.
		return row, exportProblem(origin, "", schemas.Text{
			FR: "un guillemet ouvre un texte de plusieurs lignes : retirez-le du fichier", EN: "a quotation mark opens a text of several lines: take it out of the file"})
	}
	if len(cells) > e.width {
		// Fab-manager doesn't quote: a separator in a text would push amounts into other columns.
		return row, exportProblem(origin, "", schemas.Text{
			FR: fmt.Sprintf("%d colonnes, attendu %d : un texte contient le séparateur, retirez-le", len(cells), e.width),
			EN: fmt.Sprintf("%d columns, expected %d: a text holds the separator, take it out", len(cells), e.width)})
	}
	for i, column := range at {
		if column >= len(cells) {
			return row, exportProblem(origin, e.titles[i], schemas.Text{FR: "ligne trop courte, colonne absente", EN: "the line is too short, the column is missing"})
		}
		row.cells = append(row.cells, strings.TrimSpace(cells[column]))
	}
	return row, nil
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}

func exportProblem(origin, field string, what schemas.Text) error {
	return &importers.RecordError{Origin: origin, Field: field, What: what}
}
