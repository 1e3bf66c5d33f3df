package periods

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// Look is a reporting period as it stands: what whoever acts on it should have seen.
type Look struct {
	clickhouse.PeriodState
	// Story is what was told about it, in the stream's order.
	Story []clickhouse.PeriodEvent
	// Figures are those of the period itself, with what is carried on as of its last day (as of today, if it isn't over).
	Figures []clickhouse.Figure
	// Commitments are the lab's, as they stood on the period's last day (or stand today).
	Commitments []clickhouse.CommitmentStatus
	// Missing are the commitments that run in the period and of which it has no figure.
	Missing []clickhouse.CommitmentStatus
	// Digest names these figures and commitments: it is another as soon as one of them is.
	Digest string
}

// Whole are the figures without their segments.
func (l *Look) Whole() []clickhouse.Figure {
	return slices.DeleteFunc(slices.Clone(l.Figures), func(f clickhouse.Figure) bool { return f.Segment != "" })
}

// States are the periods of a lab ("" is all labs) as of a day.
func (d *Desk) States(ctx context.Context, asOf time.Time, lab string) (all []clickhouse.PeriodState, err error) {
	err = d.whole(ctx, func() (err error) { all, err = d.config.Store.PeriodStates(ctx, asOf, lab); return err })
	return all, err
}

// Look waits until what the lab sent is counted, and shows a period of it. Its errors are *[Refusal] for a period that
// isn't known or while the figures are being made again, and *[Behind].
func (d *Desk) Look(ctx context.Context, lab, period string) (*Look, error) {
	l := &Look{}
	err := d.whole(ctx, func() (err error) {
		if _, err = d.settled(ctx, lab); err != nil {
			return err
		}
		if l.PeriodState, err = d.state(ctx, lab, period); err != nil {
			return err
		}
		if l.Story, err = d.config.Store.PeriodEvents(ctx, d.today(), lab, period); err != nil {
			return err
		}
		return d.read(ctx, l)
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// read adds the figures to a look.
func (d *Desk) read(ctx context.Context, l *Look) (err error) {
	asOf := l.Ends
	if today := d.today(); today.Before(asOf) {
		asOf = today
	}
	if l.Figures, err = d.config.Store.PeriodFigures(ctx, l.Grain(), l.Lab, l.Starts, asOf); err != nil {
		return err
	}
	if l.Commitments, err = d.config.Store.CommitmentStatuses(ctx, asOf, l.Lab); err != nil {
		return err
	}
	l.Missing, l.Digest = missing(l), digest(l)
	return nil
}

// settled waits until the lab's last message is counted, and says which one it is.
func (d *Desk) settled(ctx context.Context, lab string) (last uint64, err error) {
	if !schemas.IsSlug(lab) {
		return 0, &Refusal{Code: UnknownPeriod, Lab: lab, Text: unknownLab(lab)}
	}
	if last, err = d.config.Stream.Last(ctx, schemas.SubjectsAbout(lab)); err != nil {
		return 0, err
	}
	return last, d.await(ctx, last)
}

// state is where a period of a lab stands today.
func (d *Desk) state(ctx context.Context, lab, period string) (clickhouse.PeriodState, error) {
	all, err := d.config.Store.PeriodStates(ctx, d.today(), lab)
	if err != nil {
		return clickhouse.PeriodState{}, err
	}
	for _, p := range all {
		if p.Period == period {
			return p, nil
		}
	}
	return clickhouse.PeriodState{}, &Refusal{Code: UnknownPeriod, Lab: lab, Period: period, Text: unknownPeriod(lab, period, all)}
}

// missing are the commitments that run in the period without a figure there.
func missing(l *Look) []clickhouse.CommitmentStatus {
	type series struct{ indicator, segment string }
	have := map[series]bool{}
	for _, f := range l.Figures {
		have[series{f.Indicator, f.Segment}] = true
	}
	var out []clickhouse.CommitmentStatus
	for _, c := range l.Commitments {
		if runs := !c.From.After(l.Ends) && !c.Due.Before(l.Starts); runs && !have[series{c.Indicator, c.Segment}] {
			out = append(out, c)
		}
	}
	return out
}

// digest is of what an approval freezes. Figures are in an order of their own, so that the same ones give the same digest.
func digest(l *Look) string {
	h := sha256.New()
	written := func(v any) string {
		if s, ok := v.(fmt.Stringer); ok {
			return s.String()
		}
		return fmt.Sprint(v)
	}
	for _, f := range l.Figures {
		fmt.Fprintf(h, "%s\x00%s\x00%s", f.Indicator, f.Segment, written(f.Numerator))
		if f.Denominator != nil {
			fmt.Fprintf(h, "\x00%s", written(*f.Denominator))
		}
		if f.Value != nil {
			fmt.Fprintf(h, "\x00%s", written(*f.Value))
		}
		h.Write([]byte{'\n'})
	}
	for _, c := range l.Commitments {
		fmt.Fprintf(h, "%s\x00%s\x00%v\x00%s\x00%s\x00%s", c.Indicator, c.Segment, c.Target, c.From.Format(time.DateOnly), c.Due.Format(time.DateOnly), c.Status)
		// An amendment that moves the line alone freezes another promise too.
		fmt.Fprintf(h, "\x00%s\x00%s\x00%s\x00%v", c.Agreement, c.Mode, c.Every, c.Expected)
		for _, v := range []*float64{c.Actual, c.Baseline} {
			if v != nil {
				fmt.Fprintf(h, "\x00%v", *v)
			}
			h.Write([]byte{0})
		}
		h.Write([]byte{'\n'})
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
