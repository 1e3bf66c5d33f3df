package reports

import (
	"context"
	"time"

	"vitrine/consumers/clickhouse"
)

// Build makes a report. Its errors are an *[UnknownLab], a *[BadPeriod], or those of the store.
func Build(ctx context.Context, s Sources, q Question) (*Report, error) {
	if q.Lab == "" {
		return buildProgramme(ctx, s, q)
	}
	e, err := s.edition(ctx, q, ofLabs())
	if err != nil {
		return nil, err
	}
	if len(e.raw.sheets) == 0 {
		all, err := s.Store.LabSheets(ctx, "")
		if err != nil {
			return nil, err
		}
		return nil, &UnknownLab{Lab: q.Lab, Have: slugs(all)}
	}
	return e.labReport(ctx, q, e.raw.sheets[0])
}

// BuildAll makes the reports of all labs and, last, the programme's, and hands over each; what they share is read
// once. q's Lab is ignored. It ends with the first error.
func BuildAll(ctx context.Context, s Sources, q Question, each func(*Report) error) error {
	q.Lab = ""
	e, err := s.edition(ctx, q, ofLabs())
	if err != nil {
		return err
	}
	for _, sheet := range e.raw.sheets {
		of := q
		of.Lab = sheet.Lab
		r, err := e.labReport(ctx, of, sheet)
		if err == nil {
			err = each(r)
		}
		if err != nil {
			return err
		}
	}
	p, err := e.portfolio(ctx)
	if err != nil {
		return err
	}
	return each(e.programmeReport(q, p))
}

// edition is what reports of one period share.
type edition struct {
	Sources
	span
	words
	asOf time.Time
	raw  raw
	made time.Time
}

func (s Sources) edition(ctx context.Context, q Question, of scope) (*edition, error) {
	s, err := s.checked()
	if err != nil {
		return nil, err
	}
	w, err := wordsOf(q.Lang)
	if err != nil {
		return nil, err
	}
	w.zone = s.Zone
	made := s.Now().In(s.Zone)
	asOf := q.AsOf
	if asOf.IsZero() {
		asOf = time.Date(made.Year(), made.Month(), made.Day(), 0, 0, 0, 0, time.UTC)
	}
	p, ok := parsePeriod(q.Period)
	if !ok {
		return nil, &BadPeriod{Period: q.Period, Last: quarterOf(asOf)}
	}
	if p.starts.After(asOf) {
		return nil, &BadPeriod{Period: p.name, Future: true, Last: quarterOf(asOf)}
	}
	e := &edition{Sources: s, span: p, words: w, asOf: earlier(p.ends, asOf), made: made}
	e.raw, err = s.read(ctx, q.Lab, p, e.asOf, asOf, of)
	return e, err
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func buildProgramme(ctx context.Context, s Sources, q Question) (*Report, error) {
	e, err := s.edition(ctx, q, ofProgramme())
	if err != nil {
		return nil, err
	}
	p, err := e.portfolio(ctx)
	if err != nil {
		return nil, err
	}
	return e.programmeReport(q, p), nil
}

// portfolio reads the programme's figures and cuts out each lab's.
func (e *edition) portfolio(ctx context.Context) (*portfolio, error) {
	p := &portfolio{catalogue: e.Catalogue, figures: map[string]clickhouse.ProgrammeFigure{}, period: map[string]clickhouse.ProgrammeFigure{}}
	since, err := e.Store.ProgrammeFigures(ctx, e.asOf, false)
	if err != nil {
		return nil, err
	}
	by, err := e.Store.ProgrammeFiguresBetween(ctx, e.grain, e.starts, e.asOf, false)
	if err != nil {
		return nil, err
	}
	for _, f := range since {
		p.figures[f.Indicator] = f
	}
	for _, f := range by {
		p.period[f.Indicator] = f
	}
	for _, sheet := range e.raw.sheets {
		p.labs = append(p.labs, e.raw.of(sheet, e.span, e.asOf, e.Sources))
	}
	byName(p.labs)
	return p, nil
}
