package spreadsheet

import (
	"strings"
	"unicode"
)

// grid is a sheet as it is read: the rows that hold something.
type grid struct {
	name  string
	rows  []gridRow
	notes []Note
	// merged are the ranges of merged cells.
	merged []area
	// commas says that commas part its columns, so that a decimal comma which isn't quoted parts its number.
	commas bool
	// from1904 says that the workbook counts days from 1904.
	from1904 bool
}

// gridRow is a row: its number from 1, its cells from column A on.
type gridRow struct {
	line  int
	cells []cell
}

// area is a range of cells: columns from 0, lines from 1, bounds included.
type area struct{ left, top, right, bottom int }

// cell is what stands in a cell.
type cell struct {
	text string
	kind cellKind
}

// cellKind is what a cell's text is.
type cellKind byte

const (
	// cellText is what a person typed.
	cellText cellKind = iota
	// cellNumber is a number in JSON's notation.
	cellNumber
	// cellDay, cellClock and cellMoment are a workbook's dates and times: "2026-03-12", "18:00:00", "2026-03-12T18:00:00".
	cellDay
	cellClock
	cellMoment
	// cellError is an error such as #N/A; cellUncounted a formula whose value wasn't saved.
	cellError
	cellUncounted
	// cellCovered belongs to a merged cell that begins in a row above.
	cellCovered
)

func (c cell) blank() bool { return c.kind != cellUncounted && c.kind != cellCovered && blank(c.text) }

func blank(s string) bool {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b' }) == ""
}

// at is the cell in a column; a blank one beyond the row's last.
func (r gridRow) at(column int) cell {
	if column < len(r.cells) {
		return r.cells[column]
	}
	return cell{}
}

// letter is a column's name, from 0: A, B, …, Z, AA.
func letter(column int) string {
	name := ""
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}
