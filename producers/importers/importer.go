package importers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"time"

	"github.com/google/uuid"

	"vitrine/schemas"
)

// Importer says the records of a lab's system as events.
type Importer interface {
	// Events reads what happened in the range and is over. Every event is valid. The same records
	// give the same events, ids and bytes included, in the same order, so that a second import
	// changes nothing; a record that has changed since gives the same id with new content.
	//
	// An error that [Continues] is about one record, and the sequence goes on; any other one ends it.
	Events(ctx context.Context, r Range) iter.Seq2[*schemas.Event, error]
}

// Localized is an error that can be said in the language of the person who reads it.
type Localized interface {
	error
	In(l schemas.Lang) string
}

// Say is an error in a language, as far as it can be said in it.
func Say(err error, l schemas.Lang) string {
	var localized Localized
	if errors.As(err, &localized) {
		return localized.In(l)
	}
	var file *fs.PathError
	if l == schemas.French && errors.As(err, &file) {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return file.Path + " : ce fichier ou dossier n'existe pas"
		case errors.Is(err, fs.ErrPermission):
			return file.Path + " : accès refusé"
		case errors.Is(err, fs.ErrExist):
			return file.Path + " : ce fichier existe déjà"
		}
	}
	return err.Error()
}

// RecordError says that one record, or one part of the source, couldn't be used.
type RecordError struct {
	// Origin is the file or address where it stands.
	Origin string
	// Record is which one, e.g. "reservation 1001"; Field which part of it. Both may be empty.
	Record, Field string
	// What is wrong with it, and what was expected.
	What schemas.Text
}

// Error is [RecordError.In] English.
func (e *RecordError) Error() string { return e.In(schemas.English) }

// In says the error in a language.
func (e *RecordError) In(l schemas.Lang) string {
	colon := ": "
	if l == schemas.French {
		colon = " : "
	}
	var where []string
	for _, s := range []string{e.Origin, e.Record, e.Field} {
		if s != "" {
			where = append(where, s)
		}
	}
	return strings.Join(where, ", ") + colon + e.What.In(l)
}

// Continues says whether an error leaves the rest of an import untouched.
func Continues(err error) bool {
	var record *RecordError
	return errors.As(err, &record) || IsWarning(err)
}

// Range is the time that an import covers: from Since, before Until. A zero bound is none.
type Range struct{ Since, Until time.Time }

// Contains says whether a moment lies in the range.
func (r Range) Contains(t time.Time) bool {
	return !t.Before(r.Since) && (r.Until.IsZero() || t.Before(r.Until))
}

// Overlaps says whether a part of what lasted from start to end lies in the range.
func (r Range) Overlaps(start, end time.Time) bool {
	return (r.Since.IsZero() || end.After(r.Since)) && (r.Until.IsZero() || start.Before(r.Until)) || r.Contains(start)
}

// Retraction is the event that takes back a record's event, if there was one: harmless if not.
// at is when it would have happened.
func Retraction(id uuid.UUID, lab, system, kind string, at time.Time, reason string) *schemas.Event {
	return &schemas.Event{
		SpecVersion: "1.0", ID: id, Source: schemas.SourceOf(lab, system), Type: schemas.TypePrefix + kind,
		Time: at, Retracted: true, Reason: reason,
	}
}

// Check passes an event through the door. The error names the record, so that it can be corrected
// where it stands.
func Check(e *schemas.Event, now time.Time, origin, record string) error {
	raw, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("%s, %s: %w", origin, record, err)
	}
	if _, err = schemas.Decode(raw, now); err == nil {
		return nil
	}
	var invalid *schemas.Invalid
	if !errors.As(err, &invalid) {
		return fmt.Errorf("%s, %s: %w", origin, record, err)
	}
	return &RecordError{Origin: origin, Record: record,
		What: schemas.Text{FR: invalid.In(schemas.French), EN: invalid.In(schemas.English)}}
}
