package main

import (
	"context"
	"errors"
	"io"
	"slices"

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
		return out, err
	}
	read, err := spreadsheet.Read(ctx, spreadsheet.Config{Lab: lab, Zone: zone, Kind: o.Kind}, name, r)
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
		gone, err := read.Missing(ctx, s.ledger, zone)
		if err != nil {
			return out, err
		}
		events = append(events, gone...)
		out.Events = append(out.Events, make([]gateway.RowEvent, len(gone))...)
	}
	i := 0
	for e, err := range importers.ReviseAll(ctx, s.ledger, lab, importers.Valid(slices.Values(events))) {
		if err != nil {
			return out, err
		}
		out.Events[i].Event = e // in their order
		i++
	}
	return out, nil
}

// writeTemplate writes a file to fill in: a workbook with a sheet for each kind, or the header of a CSV file.
func writeTemplate(w io.Writer, kinds []string, format string, l schemas.Lang) error {
	if format == "csv" {
		return spreadsheet.TemplateCSV(w, kinds[0], l)
	}
	return spreadsheet.Template(w, kinds, l)
}
