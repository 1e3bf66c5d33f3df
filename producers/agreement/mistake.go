package agreement

import (
	"fmt"
	"slices"
	"strings"

	"vitrine/schemas"
)

// Mistake is one thing wrong with a file.
type Mistake struct {
	place
	schemas.Problem
	// Near is the field or code that was probably meant; may be empty.
	Near string
	// Other says what is wrong where it is none of the door's sorts of problems.
	Other schemas.Text
}

// Line and Column are where it stands, from 1.
func (m Mistake) Line() int { return m.line }

// Column is the column of [Mistake.Line].
func (m Mistake) Column() int { return m.column }

// In says it in a language, without the file's name: "12:5: commitments[2].target: …".
func (m Mistake) In(l schemas.Lang) string {
	s := m.Other.In(l)
	if s == "" {
		s = m.Problem.In(l)
	} else if m.Field != "" {
		s = m.Field + schemas.Text{FR: " : ", EN: ": "}.In(l) + s
	}
	if m.Near != "" {
		s += fmt.Sprintf(schemas.Text{FR: " ; vouliez-vous dire %s ?", EN: "; did you mean %s?"}.In(l), m.Near)
	}
	return fmt.Sprintf("%d:%d: %s", m.line, m.column, s)
}

// Mistakes is the error of a file that can't be signed, with all that is wrong with it, in the file's order.
type Mistakes struct {
	File string
	List []Mistake
}

// Error is [Mistakes.In] English.
func (e *Mistakes) Error() string { return e.In(schemas.English) }

// In says all of them, one a line: "convention.yaml:12:5: commitments[2].target: …".
func (e *Mistakes) In(l schemas.Lang) string {
	lines := make([]string, len(e.List))
	for i, m := range e.List {
		lines[i] = e.File + ":" + m.In(l)
	}
	return strings.Join(lines, "\n")
}

func mistakes(file string, list []Mistake) error {
	if len(list) == 0 {
		return nil
	}
	slices.SortStableFunc(list, func(a, b Mistake) int {
		if a.line != b.line {
			return a.line - b.line
		}
		return a.column - b.column
	})
	return &Mistakes{File: file, List: list}
}
