package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"

	"vitrine/producers"
	"vitrine/schemas"
)

// File is a file of one request.
type File struct {
	Name string
	Body io.Reader
	// DryRun sends nothing. Partial sends the good rows though others have problems.
	DryRun, Partial bool
	ImportOptions
}

// events is 1: how many events there are is known too late to refuse the file for them.
func (f File) events() int { return 1 }

// Imported is how a file fared.
type Imported struct {
	Sheet  Sheet
	DryRun bool
	// Accepted is how many events are stored, or would be sent in a dry run.
	Accepted int
	// Refused are the rows' problems, those of events that the door refused among them.
	Refused []RowProblem
}

func (s *service) Import(ctx context.Context, p Principal, f File) (Imported, error) {
	switch {
	case s.cfg.Importer == nil:
		return Imported{}, notWired("imports")
	case p.Lab == "":
		return Imported{}, forbidden("un fichier d'activité est envoyé par le laboratoire lui-même", "a file of activity is sent by the lab itself")
	}
	sheet, err := s.cfg.Importer.Analyse(ctx, p.Lab, f.Name, f.Body, f.ImportOptions)
	var file *FileError
	switch {
	case errors.As(err, &file):
		return Imported{}, badRequest("unreadable_file", file.Text.FR, file.Text.EN)
	case errors.Is(err, ErrNotNow):
		return Imported{}, unreadable(err)
	case err != nil:
		return Imported{}, err
	}
	raws, refused := s.check(p, &sheet)
	out := Imported{Sheet: sheet, DryRun: f.DryRun, Refused: refused}
	switch {
	case len(out.Refused) > 0 && !f.DryRun && (!f.Partial || len(sheet.Events) == 0):
		return out, &Fault{Status: http.StatusUnprocessableEntity, Code: "invalid_rows", Rows: out.Refused, Detail: schemas.Counted(rowsOf(out.Refused), schemas.Text{
			FR: "%d ligne à corriger ; rien n'est envoyé (avec ?partial=1, les autres lignes le seraient)", EN: "%d row to correct; nothing is sent (with ?partial=1 the others would be)"}, schemas.Text{
			FR: "%d lignes à corriger ; rien n'est envoyé (avec ?partial=1, les autres lignes le seraient)", EN: "%d rows to correct; nothing is sent (with ?partial=1 the others would be)"})}
	case f.DryRun:
		out.Accepted = len(sheet.Events)
		return out, nil
	}
	d, err := s.deliverFile(ctx, p, raws)
	out.Accepted = len(d.Accepted)
	for _, r := range d.Refused { // since it was checked a moment ago: an event in the future by a second
		out.Refused = append(out.Refused, rowProblem(sheet.Events[r.Index], r.Err))
	}
	return out, err
}

// rowsOf is how many rows have problems: one may have several.
func rowsOf(problems []RowProblem) int {
	type place struct {
		sheet string
		row   int
	}
	rows := map[place]bool{}
	for _, p := range problems {
		rows[place{p.Sheet, p.Row}] = true
	}
	return len(rows)
}

// importChunk is how many of a file's events have [Config.Timeout] together. A file may hold tens of thousands, and where
// each is flushed to the disk only some hundreds a second are acknowledged: with one time for all, a large file would
// never get through, however often it is sent.
const importChunk = 256

// deliverFile publishes a file's events. The error is a *[Fault] if any wasn't confirmed.
func (s *service) deliverFile(ctx context.Context, p Principal, raws [][]byte) (Delivery, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.ImportTimeout)
	defer cancel()
	var all Delivery
	for done := 0; done < len(raws); done += importChunk {
		chunk := raws[done:min(done+importChunk, len(raws))]
		var d Delivery
		err := s.deliver(ctx, p, len(chunk), &d, func(ctx context.Context, to *producers.Publisher, o producers.Options) error {
			_, err := to.PublishAllRaw(ctx, slices.Values(chunk), o)
			return err
		})
		all.add(d, done)
		var f *Fault
		if errors.As(err, &f) {
			all.Unconfirmed = append(all.Unconfirmed, from(done+len(chunk), len(raws))...)
			return all, unconfirmed(&all, f.Err)
		}
	}
	return all, nil
}

// check takes the events out of a sheet that the door or the sender's rights refuse, so that a file that
// is sent whole or not at all isn't sent in part. It gives what is left as it travels, and all problems.
func (s *service) check(p Principal, sheet *Sheet) (raws [][]byte, problems []RowProblem) {
	problems = sheet.Problems
	var good []RowEvent
	for _, e := range sheet.Events {
		raw, err := json.Marshal(e.Event)
		var read *schemas.Event
		if err == nil {
			read, err = schemas.Decode(raw, s.cfg.Clock())
		}
		if err == nil {
			err = p.publishes(read)
		}
		if err != nil {
			problems = append(problems, rowProblem(e, err))
			continue
		}
		good, raws = append(good, e), append(raws, raw)
	}
	sheet.Events = good
	return raws, problems
}

func rowProblem(e RowEvent, err error) RowProblem {
	p := RowProblem{Sheet: e.Sheet, Row: e.Row, Text: schemas.Text{FR: err.Error(), EN: err.Error()}}
	var invalid *schemas.Invalid
	var other *notYours
	switch {
	case errors.As(err, &invalid):
		p.Text = schemas.Text{FR: invalid.In(schemas.French), EN: invalid.In(schemas.English)}
	case errors.As(err, &other):
		p.Text = other.text
	}
	return p
}
