package spreadsheet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"vitrine/schemas"
)

// readXLSX reads the visible sheets of a workbook. The library meets files that anybody may have made: where it
// panics the file is unreadable, and nothing else.
func readXLSX(ctx context.Context, name string, raw []byte) (grids []*grid, notes []Note, err error) {
	defer func() {
		if p := recover(); p != nil {
			grids, notes, err = nil, nil, notASpreadsheet(name, fmt.Errorf("panic: %v", p))
		}
	}()
	if err := checkBulk(name, raw); err != nil {
		return nil, nil, err
	}
	book, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped})
	if err != nil {
		return nil, nil, unreadableWorkbook(name, err)
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	w := &workbook{File: book, ctx: ctx, name: name, formats: map[int]dateForm{}}
	if props, err := book.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		w.from1904 = *props.Date1904
	}
	for _, sheet := range book.GetSheetList() {
		visible, err := book.GetSheetVisible(sheet)
		if err != nil {
			return nil, nil, notASpreadsheet(name, err)
		}
		if !visible {
			if sheet != listsSheet {
				notes = append(notes, Note{Sheet: sheet, What: schemas.Text{FR: "feuille masquée, non lue", EN: "hidden sheet, not read"}})
			}
			continue
		}
		g, err := w.sheet(sheet)
		if err != nil {
			return nil, nil, err
		}
		grids = append(grids, g)
	}
	return grids, notes, nil
}

func unreadableWorkbook(name string, err error) error {
	// The library's error of a file that unpacks to too much has no type of its own.
	if strings.Contains(err.Error(), "unzip size") {
		return &FileError{Name: name, Err: err, What: schemas.Text{
			FR: fmt.Sprintf("décompressé, le classeur dépasse %d Mio : découpez-le en plusieurs", maxUnzipped>>20), EN: fmt.Sprintf("unpacked, the workbook exceeds %d MiB: split it", maxUnzipped>>20)}}
	}
	if errors.Is(err, excelize.ErrWorkbookFileFormat) || errors.Is(err, excelize.ErrWorkbookPassword) {
		return &FileError{Name: name, Err: err, What: schemas.Text{
			FR: "classeur d'un ancien format (.xls) ou protégé par un mot de passe : enregistrez-le en .xlsx sans mot de passe",
			EN: "a workbook of an old format (.xls) or protected by a password: save it as .xlsx without a password"}}
	}
	return notASpreadsheet(name, err)
}

// workbook is a workbook at work.
type workbook struct {
	*excelize.File
	ctx      context.Context
	name     string
	from1904 bool
	formats  map[int]dateForm // by style
	cells    int
}

// sheet reads a sheet in two goes: the values, bounded, and then what each cell is.
func (w *workbook) sheet(sheet string) (*grid, error) {
	g := &grid{name: sheet, from1904: w.from1904}
	hidden, err := w.values(g)
	if err != nil {
		return nil, err
	}
	if hidden > 0 {
		g.notes = append(g.notes, Note{Sheet: sheet, What: schemas.Counted(hidden,
			schemas.Text{FR: "%d ligne masquée, lue comme les autres", EN: "%d hidden row, read like the others"},
			schemas.Text{FR: "%d lignes masquées, lues comme les autres", EN: "%d hidden rows, read like the others"})})
	}
	merged, err := w.GetMergeCells(sheet, true)
	if err != nil {
		return nil, notASpreadsheet(w.name, err)
	}
	if len(merged) > maxMerged {
		return nil, &FileError{Name: w.name, What: schemas.Text{
			FR: fmt.Sprintf("feuille %s : plus de %d cellules fusionnées", sheet, maxMerged), EN: fmt.Sprintf("sheet %s: more than %d merged cells", sheet, maxMerged)}}
	}
	for _, m := range merged {
		left, top, err := excelize.CellNameToCoordinates(m.GetStartAxis())
		if err != nil {
			return nil, notASpreadsheet(w.name, err)
		}
		right, bottom, err := excelize.CellNameToCoordinates(m.GetEndAxis())
		if err != nil {
			return nil, notASpreadsheet(w.name, err)
		}
		g.merged = append(g.merged, area{left: left - 1, top: top, right: right - 1, bottom: bottom})
	}
	for _, row := range g.rows {
		if err := w.ctx.Err(); err != nil {
			return nil, err
		}
		for i := range row.cells {
			if err := w.settle(g, row, i); err != nil {
				return nil, notASpreadsheet(w.name, err)
			}
		}
	}
	return g, nil
}

// values reads the rows that hold something as they are stored, and counts the hidden ones.
func (w *workbook) values(g *grid) (hidden int, err error) {
	rows, err := w.Rows(g.name)
	if err != nil {
		return 0, notASpreadsheet(w.name, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for line := 1; rows.Next(); line++ {
		if line%1024 == 0 && w.ctx.Err() != nil {
			return 0, w.ctx.Err()
		}
		values, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return 0, notASpreadsheet(w.name, err)
		}
		before := len(g.rows)
		if err := g.add(w.name, line, values); err != nil {
			return 0, err
		}
		if len(g.rows) == before {
			continue
		}
		if rows.GetRowOpts().Hidden && !isKeys(g.rows[before]) {
			hidden++
		}
		if w.cells += len(g.rows[before].cells); w.cells > maxCells {
			return 0, &FileError{Name: w.name, What: schemas.Text{
				FR: fmt.Sprintf("plus de %d cellules : découpez le classeur en plusieurs", maxCells), EN: fmt.Sprintf("more than %d cells: split the workbook", maxCells)}}
		}
	}
	if err := rows.Error(); err != nil {
		return 0, notASpreadsheet(w.name, err)
	}
	return hidden, nil
}

// settle finds out what a filled cell is.
func (w *workbook) settle(g *grid, row gridRow, column int) error {
	at, err := excelize.CoordinatesToCellName(column+1, row.line)
	if err != nil {
		return err
	}
	sort, err := w.GetCellType(g.name, at)
	if err != nil {
		return err
	}
	c := &row.cells[column]
	if c.text == "" {
		formula, err := w.GetCellFormula(g.name, at)
		if err == nil && formula != "" && sort != excelize.CellTypeSharedString && sort != excelize.CellTypeFormula {
			c.kind = cellUncounted // its value wasn't saved; one that gave an empty text was
		}
		return err
	}
	switch sort {
	case excelize.CellTypeBool:
		switch c.text {
		case "1":
			c.text = "TRUE"
		case "0":
			c.text = "FALSE"
		}
	case excelize.CellTypeError:
		c.kind = cellError
	case excelize.CellTypeUnset, excelize.CellTypeNumber:
		style, err := w.GetCellStyle(g.name, at)
		if err != nil {
			return err
		}
		*c = w.number(c.text, style)
	}
	return nil
}
