package spreadsheet

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"vitrine/schemas"
)

// Analysis is what a file says, row by row, before anything is sent.
type Analysis struct {
	// Name is the file's.
	Name string
	// Sheets are those read, in the file's order; a CSV file is one.
	Sheets []Sheet
	// Rows are those that say something, in the file's order.
	Rows []Row
	// Notes say what wasn't taken: sheets, columns.
	Notes []Note

	lab string
}

// Sheet is a sheet that was read.
type Sheet struct {
	// Name is the sheet's; empty for a CSV file.
	Name string
	// Kind is that of all its rows; empty where each row says its own.
	Kind string
	// Header is the row that the headers stand in.
	Header int
	// Columns are those that have a header.
	Columns []Column
}

// Column is a column of a sheet, and what it was taken for.
type Column struct {
	// Letter is as the spreadsheet shows it: "A", "AB".
	Letter string
	// Header is as it stands in the file.
	Header string
	// Use says what was done with it.
	Use ColumnUse
}

// ColumnUse is what was done with a column.
type ColumnUse string

// The uses of columns.
const (
	// Taken: what it holds is in the events.
	Taken ColumnUse = "taken"
	// Unknown: no field has this name; it wasn't read.
	Unknown ColumnUse = "unknown"
	// Personal: it may hold personal data and wasn't read.
	Personal ColumnUse = "personal"
	// Skipped: the mapping says to leave it out.
	Skipped ColumnUse = "skipped"
	// Twice: another column holds the same field; this one wasn't read.
	Twice ColumnUse = "twice"
)

// Row is one row that says something.
type Row struct {
	// Sheet is the sheet's name, empty for a CSV file; Line the row's number as the spreadsheet shows it.
	Sheet string
	Line  int
	// Kind is the row's; empty if it can't be told.
	Kind string
	// ID is that of the row's event, also of a row with problems; [uuid.Nil] if it can't be told.
	ID uuid.UUID
	// Event is valid; nil where there are problems.
	Event *schemas.Event
	// Problems are all that is wrong with the row.
	Problems []Problem
	// Notes say what was concluded and should be looked at, e.g. the topic from the title.
	Notes []schemas.Text
}

// Place names the row in a language: "feuille Ateliers, ligne 4", "row 4".
func (r Row) Place(l schemas.Lang) string {
	sheet, line := "sheet %s, ", "row %d"
	if l == schemas.French {
		sheet, line = "feuille %s, ", "ligne %d"
	}
	place := fmt.Sprintf(line, r.Line)
	if r.Sheet != "" {
		place = fmt.Sprintf(sheet, r.Sheet) + place
	}
	return place
}

// Problem is one thing wrong with a row.
type Problem struct {
	// Column is the column's header as the file has it; empty if the file has no such column.
	Column string
	// Cell is where it stands, e.g. "C4"; empty if the file has no such column.
	Cell string
	// Title names the field for people. Column and Title are empty where the row as a whole is meant.
	Title schemas.Text
	// Key is the column's key, as in a template and a mapping: "audience", "companies.siren"; may be empty.
	Key string
	// Code, Found and Expected are as in [schemas.Problem].
	Code     string
	Found    string
	Expected schemas.Text
}

// In says the problem in a language, naming the column.
func (p Problem) In(l schemas.Lang) string {
	return schemas.Problem{Field: p.Where(l), Code: p.Code, Found: p.Found, Expected: p.Expected}.In(l)
}

// Where is the column's header, the field's name in a language where the file has no such column.
func (p Problem) Where(l schemas.Lang) string {
	if p.Column != "" {
		return p.Column
	}
	return p.Title.In(l)
}

// Note says that something wasn't taken.
type Note struct {
	// Sheet and Column are where; both may be empty.
	Sheet, Column string
	What          schemas.Text
}

// In says the note in a language.
func (n Note) In(l schemas.Lang) string {
	sheet, column, colon := "sheet %s", "column “%s”", ": "
	if l == schemas.French {
		sheet, column, colon = "feuille %s", "colonne « %s »", " : "
	}
	var where []string
	if n.Sheet != "" {
		where = append(where, fmt.Sprintf(sheet, n.Sheet))
	}
	if n.Column != "" {
		where = append(where, fmt.Sprintf(column, n.Column))
	}
	if len(where) == 0 {
		return n.What.In(l)
	}
	return strings.Join(where, ", ") + colon + n.What.In(l)
}

// Events are those of the rows without problems, in the file's order.
func (a *Analysis) Events() []*schemas.Event {
	var events []*schemas.Event
	for _, r := range a.Rows {
		if r.Event != nil {
			events = append(events, r.Event)
		}
	}
	return events
}

// Bad is how many rows have problems.
func (a *Analysis) Bad() int { return len(a.Rows) - len(a.Events()) }
