package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/periods"
	"vitrine/producers/form"
	"vitrine/producers/gateway"
	"vitrine/schemas"
)

// labPeriods gives the gateway and the form a lab's reporting periods. What they publish is the programme's kind, in the
// service's name: labs' own credentials can't.
type labPeriods struct {
	env  *environment
	desk *periods.Desk
}

// Periods implements [gateway.Periods].
func (l labPeriods) Periods(ctx context.Context, lab string) ([]gateway.Period, error) {
	states, err := l.desk.States(ctx, l.env.today(), lab)
	if err != nil {
		return nil, remaking(err, gateway.ErrRemaking)
	}
	out := make([]gateway.Period, 0, len(states))
	for _, p := range states {
		out = append(out, gatewayPeriod(p))
	}
	return out, nil
}

func gatewayPeriod(p clickhouse.PeriodState) gateway.Period {
	out := gateway.Period{Period: p.Period, Starts: p.Starts.Format(time.DateOnly), Ends: p.Ends.Format(time.DateOnly), State: p.State,
		SubmittedAt: p.SubmittedAt, OnTime: p.OnTime, ApprovedAt: p.ApprovedAt, Comment: p.Comment, ReopenedAt: p.ReopenedAt, Reason: p.Reason}
	if p.Due != nil {
		due := p.Due.Format(time.DateOnly)
		out.Due = &due
	}
	return out
}

// Submit implements [gateway.Periods].
func (l labPeriods) Submit(ctx context.Context, lab, period string) error {
	err := l.desk.Submit(ctx, lab, periods.Parse(period))
	var refusal *periods.Refusal
	switch {
	case errors.As(err, &refusal) && refusal.Code == periods.BeingRemade:
		return remaking(err, gateway.ErrRemaking)
	case errors.As(err, &refusal):
		return &gateway.PeriodRefused{Unknown: refusal.Code == periods.UnknownPeriod, Code: string(refusal.Code), Text: refusal.Text}
	case errors.As(err, new(*periods.Behind)):
		return fmt.Errorf("%w: %w", gateway.ErrUncounted, err)
	}
	return err
}

// formPeriods are a lab's periods as the form shows them.
type formPeriods struct {
	labPeriods
	catalogue *schemas.Catalogue
}

// Periods implements [form.Periods].
func (f formPeriods) Periods(ctx context.Context, lab string) ([]form.Period, error) {
	states, err := f.desk.States(ctx, f.env.today(), lab)
	out := make([]form.Period, 0, len(states))
	for _, p := range states {
		out = append(out, formPeriod(p))
	}
	return out, remaking(err, form.ErrRemaking)
}

func formPeriod(p clickhouse.PeriodState) form.Period {
	return form.Period{Period: p.Period, Due: p.Due, State: p.State, SubmittedAt: p.SubmittedAt, Reason: p.Reason}
}

// Figures implements [form.Periods].
func (f formPeriods) Figures(ctx context.Context, lab, period string) (form.PeriodFigures, error) {
	look, err := f.desk.Look(ctx, lab, period)
	if err != nil {
		return form.PeriodFigures{}, formRefusal(err)
	}
	out := form.PeriodFigures{Period: formPeriod(look.PeriodState)}
	for _, figure := range look.Whole() {
		shown := form.PeriodFigure{Name: schemas.Text{FR: figure.Indicator, EN: figure.Indicator}}
		if i, known := f.catalogue.Lookup(figure.Indicator); known {
			shown.Name, shown.Unit = i.Name, i.Unit
		}
		if figure.Value != nil {
			value := figure.Value.InexactFloat64()
			shown.Value = &value
		}
		out.Figures = append(out.Figures, shown)
	}
	for _, c := range look.Missing {
		name := schemas.Text{FR: c.NameFR, EN: c.NameEN}
		if c.Segment != "" {
			label := schemas.SegmentLabel(c.Segment)
			name = schemas.Text{FR: name.FR + " – " + label.FR, EN: name.EN + " – " + label.EN}
		}
		out.Missing = append(out.Missing, name)
	}
	return out, nil
}

// Submit implements [form.Periods].
func (f formPeriods) Submit(ctx context.Context, lab, period string) error {
	return formRefusal(f.desk.Submit(ctx, lab, period))
}

// formRefusal names a period that isn't known as the form does; another refusal says itself why.
func formRefusal(err error) error {
	var refusal *periods.Refusal
	if errors.As(err, &refusal) && refusal.Code == periods.UnknownPeriod {
		return form.ErrNoPeriod
	}
	return remaking(err, form.ErrRemaking)
}
