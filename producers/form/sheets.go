package form

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"vitrine/producers/importers"
	"vitrine/producers/importers/spreadsheet"
	"vitrine/schemas"
)

// Sheets is the [FileReader] and the [Templates] of package spreadsheet. Its zero value works.
type Sheets struct {
	// Ledger remembers what was sent, so that unchanged rows are told and changed ones get a higher
	// revision. nil: every row is sent, under the same id each time.
	Ledger importers.Ledger
	// Clock is the time that "in the future" is judged by; nil: [time.Now].
	Clock func() time.Time
}

// Read is [FileReader]. Its errors about the file say so in both languages.
func (s *Sheets) Read(ctx context.Context, f File) (Analysis, error) {
	read, err := spreadsheet.Read(ctx, spreadsheet.Config{Lab: f.Lab, Zone: f.Zone, Clock: s.Clock}, f.Name, f.Content)
	if err != nil {
		return Analysis{}, fmt.Errorf("form: read a spreadsheet: %w", err)
	}
	var out Analysis
	for _, n := range read.Notes {
		out.Notes = append(out.Notes, schemas.Text{FR: n.In(schemas.French), EN: n.In(schemas.English)})
	}
	for _, r := range read.Rows {
		row := Row{Sheet: r.Sheet, Line: r.Line, Event: r.Event, Notes: r.Notes}
		for _, p := range r.Problems {
			row.Problems = append(row.Problems, Problem{Column: p.Where(f.Lang), Found: strings.Trim(p.Found, `"`), What: whatOf(p)})
		}
		out.Rows = append(out.Rows, row)
	}
	return out, s.compare(ctx, f.Lab, out.Rows)
}

func whatOf(p spreadsheet.Problem) schemas.Text {
	what := schemas.ProblemName(p.Code)
	if p.Expected != (schemas.Text{}) {
		what.FR += " ; attendu : " + p.Expected.FR
		what.EN += "; expected: " + p.Expected.EN
	}
	return what
}

// compare lays the rows beside what was sent before.
func (s *Sheets) compare(ctx context.Context, lab string, rows []Row) error {
	if s.Ledger == nil {
		return nil
	}
	var ids []uuid.UUID
	for _, r := range rows {
		if r.Event != nil {
			ids = append(ids, r.Event.ID)
		}
	}
	last, err := s.Ledger.Last(ctx, lab, ids)
	if err != nil {
		return fmt.Errorf("form: what was sent before: %w", err)
	}
	for i := range rows {
		e := rows[i].Event
		if e == nil {
			continue
		}
		before, known := last[e.ID]
		if !known {
			continue
		}
		now, err := importers.SentOf(e)
		if err != nil {
			return fmt.Errorf("form: %w", err)
		}
		if rows[i].Unchanged = now.Digest == before.Digest; !rows[i].Unchanged {
			changed := *e
			changed.Revision = max(e.Revision, before.Revision+1)
			rows[i].Event = &changed
			rows[i].Notes = append(rows[i].Notes, replacing(before))
		}
	}
	return nil
}

// replacing says what sending a row changes: she may have corrected or taken back the entry since, and not the file.
func replacing(before importers.Sent) schemas.Text {
	if before.Retracted {
		return schemas.Text{
			FR: "cette activité a été retirée : envoyer la ligne la rétablira. Sinon, supprimez-la du fichier",
			EN: "this activity was taken back: sending the row brings it back. If it should stay away, remove it from the file"}
	}
	return schemas.Text{
		FR: "déjà enregistrée autrement, par un fichier ou une correction : envoyer la ligne remplacera ce qui est enregistré",
		EN: "already recorded otherwise, by a file or a correction: sending the row replaces what is recorded"}
}

// Sent is [FileReader].
func (s *Sheets) Sent(ctx context.Context, lab string, events []*schemas.Event) error {
	if s.Ledger == nil {
		return nil
	}
	list := make([]importers.Sent, 0, len(events))
	for _, e := range events {
		sent, err := importers.SentOf(e)
		if err != nil {
			return fmt.Errorf("form: %w", err)
		}
		list = append(list, sent)
	}
	return s.Ledger.Record(ctx, lab, list)
}

// Template is [Templates].
func (s *Sheets) Template(w io.Writer, kind, format string, l schemas.Lang) error {
	if format == "csv" {
		return spreadsheet.TemplateCSV(w, kind, l)
	}
	return spreadsheet.Template(w, []string{kind}, l)
}
