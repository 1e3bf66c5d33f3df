package entry

import (
	"fmt"
	"strings"

	"vitrine/schemas"
)

// Error says why a text couldn't be read: what stood there and what was expected, in words for the
// person who typed it. Its problem has no Field: the caller knows where the text stood.
type Error struct{ Problem schemas.Problem }

// Error is [Error.In] English.
func (e *Error) Error() string { return e.In(schemas.English) }

// In says the error in a language.
func (e *Error) In(l schemas.Lang) string { return e.Problem.In(l) }

// maxExcerpt bounds what a message repeats of a text, in bytes.
const maxExcerpt = 60

// Excerpt quotes a text for a message: on one line, shortened, without personal data.
func Excerpt(text string) string {
	return fmt.Sprintf("%q", schemas.Evidence(strings.Join(strings.Fields(text), " "), maxExcerpt))
}

func fail(code, text, fr, en string) error {
	return &Error{schemas.Problem{Code: code, Found: Excerpt(text), Expected: schemas.Text{FR: fr, EN: en}}}
}
