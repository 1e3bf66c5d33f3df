package spreadsheet

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitrine/producers/entry"
	"vitrine/schemas"
)

// rowReader reads one row of a known kind.
type rowReader struct {
	*sheetReader
	*layout
	row  gridRow
	out  Row
	data map[string]any
	// failed are the keys of columns with a problem.
	failed map[string]bool
	// itemKeys are, for each list, the column's key that each of its items came from.
	itemKeys map[string][]string
	at       time.Time
}

// row reads a row into the analysis, unless it says nothing.
func (s *sheetReader) row(row gridRow) {
	kind := s.sheet.Kind
	var problem *Problem
	if s.kindAt >= 0 {
		said, p := s.kindOf(row)
		if kind, problem = said, p; said == "" && p == nil && s.saysNothing(row) {
			return
		} else if said == "" && p == nil {
			problem = s.problemAt(row, s.kindAt, kindColumn(), schemas.CodeMissing, "", kindColumn().expected())
		}
	}
	if apart := s.fallenApart(row); apart != nil {
		if problem = apart; kind != "" {
			s.layout(kind) // its columns are known all the same
		}
	}
	out := Row{Sheet: s.grid.name, Line: row.line, Kind: kind}
	if problem != nil {
		out.Problems = []Problem{*problem}
		s.analysis.Rows = append(s.analysis.Rows, out)
		return
	}
	r := &rowReader{sheetReader: s, layout: s.layout(kind), row: row, out: out, data: map[string]any{}, failed: map[string]bool{}, itemKeys: map[string][]string{}}
	if !slices.ContainsFunc(row.cells, func(c cell) bool { return !c.blank() }) || !r.saysSomething() {
		return
	}
	r.countUnused()
	r.read()
	s.analysis.Rows = append(s.analysis.Rows, r.out)
}

// fallenApart says that a row of a file whose columns are parted by commas has cells beyond the headers. A number with a decimal comma that
// isn't quoted is two cells, and what follows stands in the wrong columns: read on, 12,5 would be 12.
func (s *sheetReader) fallenApart(row gridRow) *Problem {
	titles := len(s.grid.rows[s.first-1].cells)
	if !s.grid.commas || len(row.cells) <= titles || !slices.ContainsFunc(row.cells[titles:], func(c cell) bool { return !c.blank() }) {
		return nil
	}
	return &Problem{Code: schemas.CodeFormat, Found: strconv.Itoa(len(row.cells)), Expected: schemas.Text{
		FR: fmt.Sprintf("%d cellules, autant que de titres ; ce qui contient une virgule, comme 12,5, s'écrit entre guillemets, et chaque colonne a un titre", titles),
		EN: fmt.Sprintf("%d cells, as many as there are headers; what holds a comma, such as 12,5, is quoted, and each column has a header", titles)}}
}

// kindOf is the kind that a row says; empty without a problem if its cell is blank.
func (s *sheetReader) kindOf(row gridRow) (string, *Problem) {
	c := row.at(s.kindAt)
	if c.blank() {
		return "", nil
	}
	text := strings.TrimSpace(c.text)
	if kind := s.cfg.Mapping.value(keyKind, text); kind != "" {
		return kind, nil
	}
	kind, err := s.code(keyKind, nil, text, readKind)
	if err != nil {
		var e *entry.Error
		if errors.As(err, &e) {
			return "", s.problemAt(row, s.kindAt, kindColumn(), e.Problem.Code, e.Problem.Found, e.Problem.Expected)
		}
	}
	return kind, nil
}

// saysNothing says whether a row is blank in every column that has a header.
func (s *sheetReader) saysNothing(row gridRow) bool {
	for i, header := range s.headers {
		if header != "" && !row.at(i).blank() {
			return false
		}
	}
	return true
}

// saysSomething says whether a row holds something in a column that is taken, besides its reference.
func (r *rowReader) saysSomething() bool {
	if r.kindAt >= 0 && !r.row.at(r.kindAt).blank() {
		return true
	}
	for key, i := range r.layout.at {
		if key != keyReference && !r.row.at(i).blank() {
			return true
		}
	}
	return false
}

// countUnused counts the values in columns that this kind has no field for.
func (r *rowReader) countUnused() {
	for i := range r.headers {
		if i != r.kindAt && r.headers[i] != "" && !r.row.at(i).blank() && r.keyAt(i, r.layout) == "" {
			r.unused[unused{i, r.kind.Name}]++
		}
	}
}

func (s *sheetReader) problemAt(row gridRow, at int, c column, code, found string, expected schemas.Text) *Problem {
	p := &Problem{Title: c.title, Key: c.key, Code: code, Found: found, Expected: expected}
	if at >= 0 && at < len(s.headers) {
		p.Column, p.Cell = s.header(at), fmt.Sprintf("%s%d", letter(at), row.line)
	}
	return p
}

// problem says what is wrong in the column of a key.
func (r *rowReader) problem(key, code, found string, expected schemas.Text) {
	at, has := r.layout.at[key]
	if !has {
		at = -1
	}
	r.failed[key] = true
	r.out.Problems = append(r.out.Problems, *r.problemAt(r.row, at, r.columns[key], code, found, expected))
}

// fail says that a cell couldn't be read.
func (r *rowReader) fail(key string, err error) {
	var e *entry.Error
	if errors.As(err, &e) {
		r.problem(key, e.Problem.Code, e.Problem.Found, e.Problem.Expected)
		return
	}
	r.problem(key, schemas.CodeFormat, "", r.columns[key].expected())
}

func (r *rowReader) read() {
	reference := r.reference()
	end := r.when()
	for _, f := range r.kind.Fields() {
		switch {
		case f.Name == keyEnd:
			if !end.IsZero() {
				r.data[keyEnd] = end.Format(time.RFC3339)
			}
		case f.Type == schemas.FieldList:
			r.list(f)
		default:
			if v, given := r.value(f.Name, f); given {
				r.data[f.Name] = v
			}
		}
	}
	r.derive()
	r.identify(reference)
	event := r.check()
	if len(r.out.Problems) == 0 {
		r.out.Event = event
	}
}
