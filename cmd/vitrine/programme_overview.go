package main

import (
	"context"
	"time"

	"vitrine/consumers/alerts"
	"vitrine/consumers/call"
	"vitrine/consumers/clickhouse"
	"vitrine/dashboards/programme"
)

// programmeOverview gives the programme's pages what is shown over all labs.
type programmeOverview struct {
	env *environment
	*services
	log *alerts.Log
}

// Quality implements [programme.Overview].
func (p programmeOverview) Quality(ctx context.Context) ([]programme.Quality, error) {
	return wholeFor(ctx, p.store, programme.ErrRemaking, func() ([]programme.Quality, error) { return p.quality(ctx) })
}

func (p programmeOverview) quality(ctx context.Context) ([]programme.Quality, error) {
	today := p.env.today()
	labs, err := p.store.LabSigns(ctx, today, "")
	if err != nil {
		return nil, err
	}
	sendings, err := p.store.Sendings(ctx)
	if err != nil {
		return nil, err
	}
	waiting, err := p.store.CountRejections(ctx, "lab", clickhouse.RejectionFilter{})
	if err != nil {
		return nil, err
	}
	adjustments, err := p.store.Adjustments(ctx, "", "")
	if err != nil {
		return nil, err
	}
	month := time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, time.UTC)
	figures, err := p.store.FiguresBetween(ctx, "month", "", month.AddDate(0, -1, 0), today, "Q02", "Q03")
	if err != nil {
		return nil, err
	}
	rows := map[string]*programme.Quality{}
	out := make([]programme.Quality, len(labs))
	for i, l := range labs {
		out[i] = programme.Quality{Lab: l.Lab, Name: l.Name}
		if l.SilentDays != nil {
			days := float64(*l.SilentDays)
			out[i].Freshness = &days
		}
		rows[l.Lab] = &out[i]
	}
	for _, s := range sendings {
		if q := rows[s.Lab]; q != nil {
			q.Events, q.Corrected, q.Retracted, q.Resent = s.Events, s.Corrected, s.Retracted, s.Resent
		}
	}
	for _, w := range waiting {
		if q := rows[w.Key]; q != nil {
			q.Waiting = w.Open
		}
	}
	for _, a := range adjustments {
		if q := rows[a.Lab]; q != nil && a.Segment == "" {
			q.Adjustments++
		}
	}
	for _, f := range figures { // in time's order: the latest stays
		if q := rows[f.Lab]; q != nil && f.Segment == "" {
			if f.Indicator == "Q02" {
				q.Completeness = floatOf(f.Value)
			} else {
				q.Timeliness = floatOf(f.Value)
			}
		}
	}
	return out, nil
}

// Alerts implements [programme.Overview].
func (p programmeOverview) Alerts(ctx context.Context) ([]programme.Alert, error) {
	current, err := p.log.Current(ctx)
	out := make([]programme.Alert, 0, len(current))
	for _, a := range current {
		out = append(out, programme.Alert{Lab: a.Lab, LabName: a.LabName, Severity: string(a.Severity), Text: shownText(a.Text), Advice: shownText(a.Advice), Since: a.Since})
	}
	return out, err
}

// Call implements [programme.Overview].
func (p programmeOverview) Call(ctx context.Context) ([]programme.Phrase, error) {
	answer, err := wholeFor(ctx, p.store, programme.ErrRemaking, func() (*call.Answer, error) { return call.Read(ctx, p.store, p.catalogue, p.env.today()) })
	if err != nil {
		return nil, err
	}
	var out []programme.Phrase
	for _, line := range answer.Lines {
		phrase := programme.Phrase{Code: line.ID, Text: shownText(line.Text)}
		for _, f := range line.Figures {
			phrase.Indicators = append(phrase.Indicators, programme.PhraseFigure{Code: f.Indicator.Code, Name: shownText(f.Indicator.Name), Unit: f.Indicator.Unit, Value: f.Value, Labs: int(f.Labs)})
		}
		out = append(out, phrase)
	}
	return out, nil
}
