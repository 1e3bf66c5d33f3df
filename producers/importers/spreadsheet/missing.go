package spreadsheet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// UnsureError says that nothing is retracted, because rows can't be read: which events they are can't be told, and theirs might be
// taken for missing.
type UnsureError struct {
	// First is the first such row, Rows how many there are.
	First Row
	Rows  int
}

// Error is [UnsureError.In] English.
func (e *UnsureError) Error() string { return e.In(schemas.English) }

// In says what to do in a language.
func (e *UnsureError) In(l schemas.Lang) string {
	return schemas.Counted(e.Rows, schemas.Text{
		FR: "rien n'est retiré, car %d ligne illisible pourrait être un événement déjà envoyé. Corrigez d'abord la %s",
		EN: "nothing is retracted, since %d row that can't be read may be an event that was sent before. First correct %s"}, schemas.Text{
		FR: "rien n'est retiré, car %d lignes illisibles pourraient être des événements déjà envoyés. Corrigez d'abord la %s",
		EN: "nothing is retracted, since %d rows that can't be read may be events that were sent before. First correct %s"}, e.First.Place(l)).In(l)
}

// Missing are the retractions of what spreadsheets told before and this file no longer has: events of its kinds
// from its first to its last day of each kind, in cfg's zone, the ones in the range that the ledger knows. A row with problems is
// in the file, and its event stays. Where rows can't be told the error is an *[UnsureError].
//
// All spreadsheets of a lab are one system: with several files for the same time and kind, retract
// nothing, or keep them in one workbook.
func (a *Analysis) Missing(ctx context.Context, ledger importers.Ledger, r importers.Range, zone *time.Location) ([]*schemas.Event, error) {
	present := map[uuid.UUID]bool{}
	spans := map[string]*span{}
	unsure := &UnsureError{}
	for _, row := range a.Rows {
		if row.ID == uuid.Nil {
			if unsure.Rows++; unsure.Rows == 1 {
				unsure.First = row
			}
			continue
		}
		present[row.ID] = true
		if row.Event != nil {
			if spans[row.Kind] == nil {
				spans[row.Kind] = &span{}
			}
			spans[row.Kind].add(dayOf(row.Event.Time, zone))
		}
	}
	if unsure.Rows > 0 {
		return nil, unsure
	}
	known, err := ledger.OfSystem(ctx, a.lab, System)
	if err != nil {
		return nil, fmt.Errorf("what was sent before: %w", err)
	}
	var gone []*schemas.Event
	for _, sent := range known {
		if s := spans[sent.Kind]; s != nil && !sent.Retracted && !present[sent.ID] && r.Contains(sent.Time) && s.has(dayOf(sent.Time, zone)) {
			gone = append(gone, importers.Retraction(sent.ID, a.lab, System, sent.Kind, sent.Time.In(zone), schemas.ReasonGoneFromSpreadsheet))
		}
	}
	slices.SortFunc(gone, func(a, b *schemas.Event) int {
		if c := a.Time.Compare(b.Time); c != 0 {
			return c
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
	return gone, nil
}

// Missing are the retractions in the range that the file calls for, if that was asked for (setting retract-missing); else none.
// Give them after the import's events, through [importers.Revise] as well.
func (im *Importer) Missing(ctx context.Context, ledger importers.Ledger, r importers.Range) ([]*schemas.Event, error) {
	if !im.retract {
		return nil, nil
	}
	a, err := im.Analyse(ctx)
	if err != nil {
		return nil, err
	}
	gone, err := a.Missing(ctx, ledger, r, im.cfg.Zone)
	var unsure *UnsureError
	if errors.As(err, &unsure) {
		return nil, inBoth(func(l schemas.Lang) error {
			return &importers.RecordError{Origin: a.Name, Record: unsure.First.Place(l), What: schemas.Text{FR: unsure.In(schemas.French), EN: unsure.In(schemas.English)}}
		})
	}
	return gone, err
}

// span is the local days that a file covers for a kind.
type span struct{ first, last time.Time }

func dayOf(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

func (s *span) add(day time.Time) {
	if s.first.IsZero() || day.Before(s.first) {
		s.first = day
	}
	if day.After(s.last) {
		s.last = day
	}
}

func (s *span) has(day time.Time) bool { return !day.Before(s.first) && !day.After(s.last) }
