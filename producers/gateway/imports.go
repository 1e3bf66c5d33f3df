package gateway

import (
	"context"
	"errors"
	"io"

	"vitrine/schemas"
)

// FileImporter takes a file of activity apart, without sending anything.
type FileImporter interface {
	// Analyse reads a lab's file, CSV or XLSX, named name; r gives at most [Config.MaxBody] bytes and then
	// fails. What is wrong with single rows stands in the sheet; the error says that the file as a whole
	// can't be read: a *[FileError] where that is the file's fault, [ErrNotNow] where it passes.
	Analyse(ctx context.Context, lab, name string, r io.Reader, o ImportOptions) (Sheet, error)
}

// ErrNotNow is what a [FileImporter]'s error wraps when the same file may be read later: 503.
var ErrNotNow = errors.New("gateway: files can't be read for now")

// ImportOptions are what the request says about a file besides.
type ImportOptions struct {
	// Kind is the kind of event that the rows are, e.g. "training.held"; empty: the importer finds out.
	Kind string
	// MediaType is the file's, as the request says; may be empty.
	MediaType string
	// Retract asks to retract what an earlier version of the file had and this one hasn't.
	Retract bool
}

// Sheet is what a file holds.
type Sheet struct {
	// Rows is how many rows were read, faulty ones included.
	Rows int
	// Events are those that the good rows give.
	Events []RowEvent
	// Problems are what is wrong with the others, in the file's order.
	Problems []RowProblem
}

// RowEvent is an event and the row that it comes from.
type RowEvent struct {
	Sheet string
	Row   int // as the spreadsheet numbers it, from 1
	Event *schemas.Event
}

// RowProblem is one thing wrong with a row.
type RowProblem struct {
	Sheet  string // empty in a CSV file
	Row    int    // as the spreadsheet numbers it, from 1
	Column string // its header, or its letter; empty: the row as a whole
	// Text says what was found and what was expected, without personal data.
	Text schemas.Text
}

// FileError says that a file can't be read, in words for who sent it.
type FileError struct{ Text schemas.Text }

// Error is the text in English.
func (e *FileError) Error() string { return e.Text.EN }

// rowError is a [RowProblem] in an answer.
type rowError struct {
	Sheet  string `json:"sheet,omitempty"`
	Row    int    `json:"row"`
	Column string `json:"column,omitempty"`
	Error  string `json:"error"`
}

func rowErrors(problems []RowProblem, lang schemas.Lang) []rowError {
	out := make([]rowError, len(problems)) // never null in JSON
	for i, p := range problems {
		out[i] = rowError{Sheet: p.Sheet, Row: p.Row, Column: p.Column, Error: p.Text.In(lang)}
	}
	return out
}
