package spreadsheet

import (
	"fmt"
	"strings"

	"vitrine/schemas"
)

// FileError says that a file can't be read as a spreadsheet: another file must be given.
type FileError struct {
	// Name is the file's; may be empty.
	Name string
	// What is wrong with it and what was expected.
	What schemas.Text
	// Err is the cause; may be nil.
	Err error
}

// Error is [FileError.In] English.
func (e *FileError) Error() string { return e.In(schemas.English) }

// In says what is wrong in a language.
func (e *FileError) In(l schemas.Lang) string {
	switch {
	case e.Name == "": // as of a request's body
		return e.What.In(l)
	case l == schemas.French:
		return e.Name + " : " + e.What.FR
	}
	return e.Name + ": " + e.What.EN
}

// Unwrap is the cause.
func (e *FileError) Unwrap() error { return e.Err }

// KindError says that a name is no kind that a spreadsheet may hold.
type KindError struct{ Found string }

// Error is [KindError.In] English.
func (e *KindError) Error() string { return e.In(schemas.English) }

// In says what was expected in a language.
func (e *KindError) In(l schemas.Lang) string {
	var names []string
	for _, k := range labKinds() {
		names = append(names, k.Name)
	}
	return fmt.Sprintf(schemas.Text{FR: "type %q inconnu : attendu un de %s", EN: "unknown kind %q: expected one of %s"}.In(l), e.Found, strings.Join(names, ", "))
}
