package spreadsheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"vitrine/schemas"
)

// readCSV reads a CSV file. Rows are numbered as a spreadsheet program shows them: blank lines count, and a
// cell with line breaks is within one row.
func readCSV(name string, raw []byte) (*grid, error) {
	if bytes.IndexByte(raw, 0) >= 0 && !bytes.HasPrefix(raw, []byte{0xff, 0xfe}) && !bytes.HasPrefix(raw, []byte{0xfe, 0xff}) {
		return nil, notASpreadsheet(name, nil)
	}
	text, note, err := decodeText(raw)
	if err != nil {
		return nil, notASpreadsheet(name, err)
	}
	g := &grid{}
	if note != nil {
		g.notes = append(g.notes, Note{What: *note})
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	line := 0
	comma := rune(0)
	if first, rest, _ := strings.Cut(text, "\n"); len(first) == len("sep=;") && strings.HasPrefix(first, "sep=") {
		comma, text, line = rune(first[4]), rest, 1 // a line that Excel writes and hides
	}
	if comma == 0 || !strings.ContainsRune(delimiters, comma) {
		comma = delimiterOf(text)
	}
	g.commas = comma == ','
	err = eachRecord(text, comma, func(skipped int, record []string) error {
		line += skipped + 1
		return g.add(name, line, record)
	})
	var open errOpenQuote
	if errors.As(err, &open) {
		return nil, &FileError{Name: name, Err: err, What: schemas.Text{
			FR: fmt.Sprintf("la ligne %d ouvre un guillemet (\") qui n'est pas fermé", open.row), EN: fmt.Sprintf("row %d opens a quote (\") that isn't closed", open.row)}}
	}
	if err != nil {
		return nil, err
	}
	return g, nil
}

// add takes a row in, unless it is blank.
func (g *grid) add(name string, line int, record []string) error {
	last := -1
	for i, s := range record {
		if !blank(s) {
			last = i
		}
		if len(s) > maxCellText {
			return &FileError{Name: name, What: schemas.Text{
				FR: fmt.Sprintf("ligne %d, colonne %s : une cellule de %d octets. Un guillemet ouvert n'est sans doute pas fermé", line, letter(i), len(s)),
				EN: fmt.Sprintf("row %d, column %s: a cell of %d bytes. A quote that was opened is probably not closed", line, letter(i), len(s))}}
		}
	}
	if last < 0 {
		return nil
	}
	if err := bounds(name, g.name, line, last+1); err != nil {
		return err
	}
	record = record[:min(len(record), MaxColumns)]
	row := gridRow{line: line, cells: make([]cell, len(record))}
	for i, s := range record {
		row.cells[i] = cell{text: strings.Clone(s)} // the reader's record is one string: a cell would keep it all
	}
	g.rows = append(g.rows, row)
	return nil
}

func bounds(name, sheet string, line, columns int) error {
	where := schemas.Text{}
	if sheet != "" {
		where = schemas.Text{FR: "feuille " + sheet + ", ", EN: "sheet " + sheet + ", "}
	}
	switch {
	case line > MaxRows:
		return &FileError{Name: name, What: schemas.Text{
			FR: where.FR + fmt.Sprintf("plus de %d lignes : découpez le fichier en plusieurs", MaxRows), EN: where.EN + fmt.Sprintf("more than %d rows: split the file", MaxRows)}}
	case columns > MaxColumns:
		return &FileError{Name: name, What: schemas.Text{
			FR: where.FR + fmt.Sprintf("ligne %d : plus de %d colonnes", line, MaxColumns), EN: where.EN + fmt.Sprintf("row %d: more than %d columns", line, MaxColumns)}}
	}
	return nil
}

const delimiters = ";,\t|"

// endMark is put behind the text: if the last record isn't it, a quote is open.
const endMark = "\x01end"

// errOpenQuote says that a quote isn't closed before the text ends; it holds the row that opens it.
type errOpenQuote struct{ row int }

func (e errOpenQuote) Error() string {
	return fmt.Sprintf("row %d opens a quote that isn't closed", e.row)
}

// eachRecord reads a text's records, and how many blank lines stood before each.
func eachRecord(text string, comma rune, yield func(skipped int, record []string) error) error {
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	text += endMark + "\n"
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = comma, -1, true, true
	before, row := int64(0), 0
	for {
		record, err := r.Read()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return errOpenQuote{row}
			}
			return err
		}
		if len(record) == 1 && record[0] == endMark {
			return nil
		}
		// What stands before a record are blank lines, which the reader leaves out.
		skipped := 0
		for before < r.InputOffset() && text[before] == '\n' {
			before++
			skipped++
		}
		before = r.InputOffset()
		row += skipped + 1
		if before >= int64(len(text)) {
			return errOpenQuote{row}
		}
		if err := yield(skipped, record); err != nil {
			return err
		}
	}
}

// errEnough ends a look at a text.
var errEnough = errors.New("enough")

// delimiterOf is the sign that parts a text's first rows into the most columns, over rows of like width.
func delimiterOf(text string) rune {
	best, bestScore := ';', 0
	text = text[:min(len(text), 64<<10)]
	for _, comma := range delimiters {
		widths := map[int]int{}
		rows := 0
		_ = eachRecord(text, comma, func(_ int, record []string) error {
			widths[len(record)]++
			if rows++; rows == 30 {
				return errEnough
			}
			return nil
		}) // what is wrong with it is said when it is read
		score := 0
		for width, n := range widths {
			score = max(score, (width-1)*n)
		}
		if score > bestScore {
			best, bestScore = comma, score
		}
	}
	return best
}

func notASpreadsheet(name string, err error) error {
	return &FileError{Name: name, Err: err, What: schemas.Text{
		FR: "ce n'est ni un classeur .xlsx ni un fichier .csv lisible. Enregistrez-le en .xlsx dans votre tableur",
		EN: "this is neither an .xlsx workbook nor a readable .csv file. Save it as .xlsx in your spreadsheet program"}}
}
