package main

import (
	"context"
	"errors"
	"time"

	"github.com/shopspring/decimal"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/periods"
	"vitrine/dashboards/programme"
	"vitrine/schemas"
)

// programmePeriods gives the programme's pages the reporting periods, and does what is decided about them.
type programmePeriods struct {
	env *environment
	*services
	desk *periods.Desk
}

// Periods implements [programme.Periods].
func (p programmePeriods) Periods(ctx context.Context, lab string) ([]programme.Period, error) {
	states, err := p.desk.States(ctx, p.env.today(), lab)
	if err != nil {
		return nil, remaking(err, programme.ErrRemaking)
	}
	names, err := p.names(ctx, lab)
	if err != nil {
		return nil, err
	}
	out := make([]programme.Period, 0, len(states))
	for _, s := range states {
		out = append(out, p.shown(s, names[s.Lab]))
	}
	return out, nil
}

// names are the labs' by their slugs.
func (p programmePeriods) names(ctx context.Context, lab string) (map[string]string, error) {
	sheets, err := p.store.LabSheets(ctx, lab)
	names := map[string]string{}
	for _, s := range sheets {
		names[s.Lab] = s.Name
	}
	return names, err
}

func (p programmePeriods) shown(s clickhouse.PeriodState, name string) programme.Period {
	local := func(at *time.Time) *time.Time {
		if at == nil {
			return nil
		}
		t := at.In(p.env.Config.Zone)
		return &t
	}
	return programme.Period{Lab: s.Lab, LabName: name, Agreement: s.Agreement, Code: s.Period, Starts: s.Starts, Ends: s.Ends, Due: s.Due, State: s.State,
		SubmittedAt: local(s.SubmittedAt), ApprovedAt: local(s.ApprovedAt), ReopenedAt: local(s.ReopenedAt), OnTime: s.OnTime,
		Reason: s.Reason, Comment: s.Comment, Reopenings: int(s.Reopenings)}
}

// Figures implements [programme.Periods].
func (p programmePeriods) Figures(ctx context.Context, lab, period string) (*programme.PeriodFigures, error) {
	return wholeFor(ctx, p.store, programme.ErrRemaking, func() (*programme.PeriodFigures, error) { return p.figures(ctx, lab, period) })
}

func (p programmePeriods) figures(ctx context.Context, lab, period string) (*programme.PeriodFigures, error) {
	look, err := p.desk.Look(ctx, lab, period)
	if err != nil {
		return nil, programmeRefusal(err)
	}
	names, err := p.names(ctx, lab)
	if err != nil {
		return nil, err
	}
	out := &programme.PeriodFigures{Period: p.shown(look.PeriodState, names[lab]), Digest: look.Digest}
	if look.State != clickhouse.PeriodApproved {
		for _, f := range look.Figures {
			out.Figures = append(out.Figures, p.figure(f.Indicator, f.Segment, f.Value))
		}
		return out, nil
	}
	snapshot, err := p.store.Snapshot(ctx, lab, period)
	if err != nil {
		return nil, err
	}
	for _, f := range snapshot {
		out.Figures = append(out.Figures, p.figure(f.Indicator, f.Segment, f.Value))
	}
	adjustments, err := p.store.Adjustments(ctx, lab, period)
	if err != nil {
		return nil, err
	}
	archive := periods.Archive{Store: p.store, Catalogue: p.catalogue, Zone: p.env.Config.Zone}
	apart, err := archive.TakeApart(ctx, adjustments)
	if err != nil {
		return nil, err
	}
	for _, a := range apart {
		shown := programme.Adjustment{Indicator: a.Indicator, SegmentName: shownText(schemas.SegmentLabel(a.Segment)), Unit: a.Unit,
			Name: p.figure(a.Indicator, "", nil).Name, Approved: floatOf(a.Approved), Now: floatOf(a.Now), Difference: floatOf(a.Difference), Apart: a.Taken, MoreEvents: a.More}
		for _, l := range a.Behind {
			shown.Events = append(shown.Events, p.late(l))
		}
		out.Adjustments = append(out.Adjustments, shown)
	}
	return out, nil
}

func (p programmePeriods) figure(indicator, segment string, value *decimal.Decimal) programme.Figure {
	out := programme.Figure{Indicator: indicator, Name: programme.Text{FR: indicator, EN: indicator}, SegmentName: shownText(schemas.SegmentLabel(segment)), Value: floatOf(value)}
	if i, known := p.catalogue.Lookup(indicator); known {
		out.Name, out.Unit = shownText(i.Name), i.Unit
	}
	return out
}

func (p programmePeriods) late(l periods.Late) programme.AdjustingEvent {
	source := schemas.Event{Source: l.Latest.Source}
	out := programme.AdjustingEvent{ID: l.ID.String(), Kind: kindName(l.Latest.Kind), Day: l.Latest.LocalDay, At: l.Latest.ReceivedAt.In(p.env.Config.Zone),
		Reason: shownText(schemas.Reason(l.Latest.Reason)), System: source.System()}
	// What it adds, in the figure's unit; of a ratio's parts that above the line, and where it adds below alone, that.
	amount := func(a *periods.Added) *float64 {
		switch {
		case a == nil:
			return nil
		case a.Value != nil:
			return floatOf(a.Value)
		case a.Numerator != nil:
			return floatOf(a.Numerator)
		}
		return floatOf(a.Denominator)
	}
	out.Then, out.Now = amount(l.Then), amount(l.Now)
	return out
}

// Approve implements [programme.Actions].
func (p programmePeriods) Approve(ctx context.Context, lab, period, digest, comment string) error {
	return programmeRefusal(p.desk.Approve(ctx, lab, period, digest, comment))
}

// SendBack implements [programme.Actions].
func (p programmePeriods) SendBack(ctx context.Context, lab, period, reason string) error {
	return programmeRefusal(p.desk.SendBack(ctx, lab, period, reason))
}

// Reopen implements [programme.Actions].
func (p programmePeriods) Reopen(ctx context.Context, lab, period, reason string) error {
	return programmeRefusal(p.desk.Reopen(ctx, lab, period, reason))
}

// programmeRefusal says a desk's refusal as the pages know it.
func programmeRefusal(err error) error {
	var (
		refusal *periods.Refusal
		invalid *schemas.Invalid
	)
	switch {
	case errors.As(err, &invalid):
		return programme.ErrWords
	case !errors.As(err, &refusal):
		return err
	}
	switch refusal.Code {
	case periods.BeingRemade:
		return remaking(err, programme.ErrRemaking)
	case periods.UnknownPeriod:
		return programme.ErrUnknown
	case periods.FiguresChanged, periods.StillMoving:
		return programme.ErrMoved
	}
	return programme.ErrNotNow
}
