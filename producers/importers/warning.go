package importers

import (
	"errors"

	"vitrine/schemas"
)

// Warning says that a record, whose event is told nevertheless, should be looked at: its hours are
// implausible, its end was guessed by the source. It [Continues], and is no unusable record.
type Warning RecordError

// Error is [Warning.In] English.
func (w *Warning) Error() string { return w.In(schemas.English) }

// In says the warning in a language.
func (w *Warning) In(l schemas.Lang) string { return (*RecordError)(w).In(l) }

// IsWarning says whether an error is about a record whose event is told nevertheless.
func IsWarning(err error) bool {
	var warning *Warning
	return errors.As(err, &warning)
}
