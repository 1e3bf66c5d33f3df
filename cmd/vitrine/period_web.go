package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/periods"
	"vitrine/producers/gateway"
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
		return nil, err
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
	case errors.As(err, &refusal):
		return &gateway.PeriodRefused{Unknown: refusal.Code == periods.UnknownPeriod, Code: string(refusal.Code), Text: refusal.Text}
	case errors.As(err, new(*periods.Behind)):
		return fmt.Errorf("%w: %w", gateway.ErrUncounted, err)
	}
	return err
}
