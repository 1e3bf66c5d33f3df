package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sync/semaphore"

	"vitrine/producers/form"
	"vitrine/producers/gateway"
	"vitrine/producers/importers"
	"vitrine/producers/importers/spreadsheet"
	"vitrine/schemas"
)

// sheets reads spreadsheets for the gateway. By what ClickHouse has of the lab, a row that has changed
// since it was sent gets a higher revision; one that hasn't is sent again as it was, which changes nothing.
type sheets struct {
	labs   *registeredLabs
	ledger importers.Ledger
	turns  turns
}

// turns bounds the files that are read at once, from the gateway and the form together: a large one takes a gigabyte.
type turns struct{ *semaphore.Weighted }

const (
	// filesAtOnce is how many files are read at once.
	filesAtOnce = 2
	// turnWithin is how long a file waits for its turn.
	turnWithin = 20 * time.Second
)

func newTurns() turns { return turns{semaphore.NewWeighted(filesAtOnce)} }

// take waits for a turn; done ends it.
func (t turns) take(ctx context.Context) (done func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, turnWithin)
	defer cancel()
	if err := t.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("too many files are read at once: %w", err)
	}
	return func() { t.Release(1) }, nil
}

// formFiles are the form's, which take turns with the gateway's.
type formFiles struct {
	form.FileReader
	turns turns
}

// Read implements [form.FileReader].
func (f formFiles) Read(ctx context.Context, file form.File) (form.Analysis, error) {
	done, err := f.turns.take(ctx)
	if err != nil {
		return form.Analysis{}, err
	}
	defer done()
	read, err := f.FileReader.Read(ctx, file)
	return read, remaking(err, form.ErrRemaking)
}

// Analyse implements [gateway.FileImporter].
func (s *sheets) Analyse(ctx context.Context, lab, name string, r io.Reader, o gateway.ImportOptions) (gateway.Sheet, error) {
	sheet, err := s.analyse(ctx, lab, name, r, o)
	if spoken, is := errors.AsType[importers.Localized](err); is {
		return gateway.Sheet{}, &gateway.FileError{Text: schemas.Text{FR: spoken.In(schemas.French), EN: spoken.In(schemas.English)}}
	}
	return sheet, err
}

func (s *sheets) analyse(ctx context.Context, lab, name string, r io.Reader, o gateway.ImportOptions) (out gateway.Sheet, err error) {
	zone, err := s.labs.zone(ctx, lab)
	if err != nil {
		return out, notNow(err)
	}
	raw, err := io.ReadAll(r) // first: a slow sender mustn't hold up the others
	if err != nil {
		return out, err
	}
	done, err := s.turns.take(ctx)
	if err != nil {
		return out, notNow(err)
	}
	read, err := spreadsheet.Read(ctx, spreadsheet.Config{Lab: lab, Zone: zone, Kind: o.Kind}, name, bytes.NewReader(raw))
	done()
	if err != nil {
		return out, err
	}
	out.Rows = len(read.Rows)
	var events []*schemas.Event
	for _, row := range read.Rows {
		if row.Event != nil {
			events = append(events, row.Event)
			out.Events = append(out.Events, gateway.RowEvent{Sheet: row.Sheet, Row: row.Line})
		}
		for _, p := range row.Problems {
			out.Problems = append(out.Problems, gateway.RowProblem{Sheet: row.Sheet, Row: row.Line, Column: p.Column,
				Text: schemas.Text{FR: p.In(schemas.French), EN: p.In(schemas.English)}})
		}
	}
	if o.Retract {
		gone, err := read.Missing(ctx, s.ledger, importers.Range{}, zone)
		if err != nil {
			return out, notNow(err)
		}
		events = append(events, gone...)
		out.Events = append(out.Events, make([]gateway.RowEvent, len(gone))...)
	}
	i := 0
	for e, err := range importers.ReviseAll(ctx, s.ledger, lab, importers.Valid(slices.Values(events))) {
		if err != nil {
			return out, notNow(err)
		}
		out.Events[i].Event = e // in their order
		i++
	}
	return out, nil
}

// notNow says that the file may be read later, unless the error has words for who sent it.
func notNow(err error) error {
	if _, spoken := errors.AsType[importers.Localized](err); spoken {
		return err
	}
	return fmt.Errorf("%w: %w", gateway.ErrNotNow, remaking(err, gateway.ErrRemaking))
}

// writeTemplate writes a file to fill in: a workbook with a sheet for each kind, or the header of a CSV file.
func writeTemplate(w io.Writer, kinds []string, format string, l schemas.Lang) error {
	if format == "csv" {
		return spreadsheet.TemplateCSV(w, kinds[0], l)
	}
	return spreadsheet.Template(w, kinds, l)
}
