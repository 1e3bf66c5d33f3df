package importers

import (
	"fmt"
	"strings"

	"vitrine/schemas"
)

// Problems are all that is wrong with a source's settings, in both languages: a person must correct them.
type Problems struct {
	// Of is what people call the source, e.g. "Fabman".
	Of   string
	errs []error
}

// Add adds a problem. An argument that is an error is said in the reader's language.
func (p *Problems) Add(fr, en string, args ...any) {
	p.errs = append(p.errs, Problem(fr, en, args...))
}

// AddError adds an error as it is; nil adds nothing.
func (p *Problems) AddError(err error) {
	if err != nil {
		p.errs = append(p.errs, err)
	}
}

// Err is nil if there is no problem.
func (p *Problems) Err() error {
	if len(p.errs) == 0 {
		return nil
	}
	return p
}

// Error is [Problems.In] English.
func (p *Problems) Error() string { return p.In(schemas.English) }

// In says every problem in a language.
func (p *Problems) In(l schemas.Lang) string {
	colon, between := ": ", "; "
	if l == schemas.French {
		colon, between = " : ", " ; "
	}
	var all []string
	for _, err := range p.errs {
		all = append(all, Say(err, l))
	}
	return p.Of + colon + strings.Join(all, between)
}

// Unwrap are the problems.
func (p *Problems) Unwrap() []error { return p.errs }

// Problem is an error for people. An argument that is an error is said in the reader's language.
func Problem(fr, en string, args ...any) error { return problem{schemas.Text{FR: fr, EN: en}, args} }

type problem struct {
	text schemas.Text
	args []any
}

func (p problem) Error() string { return p.In(schemas.English) }

func (p problem) In(l schemas.Lang) string {
	args := make([]any, len(p.args))
	for i, a := range p.args {
		if err, is := a.(error); is {
			a = Say(err, l)
		}
		args[i] = a
	}
	return fmt.Sprintf(p.text.In(l), args...)
}
