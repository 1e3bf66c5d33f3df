package periods

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// Submit tells that the period's data are complete: the lab's own act. Only a period that is over can be, once, or again
// after it was sent back or reopened. The errors of all four are *[Refusal], *[Behind], *[schemas.Invalid] where the door
// refuses the words, and the publisher's.
func (d *Desk) Submit(ctx context.Context, lab, period string) error {
	return d.act(ctx, lab, period, mayBeSubmitted, func(p clickhouse.PeriodState) any {
		data := schemas.PeriodSubmitted{Period: period}
		if p.Due != nil {
			data.Deadline = p.Due.Format(time.DateOnly)
		}
		return data
	})
}

// SendBack asks the lab to mend what it submitted, and says why.
func (d *Desk) SendBack(ctx context.Context, lab, period, reason string) error {
	return d.reopen(ctx, lab, period, reason, mayBeJudged)
}

// Reopen undoes an approval, and says why: the figures are frozen no longer.
func (d *Desk) Reopen(ctx context.Context, lab, period, reason string) error {
	return d.reopen(ctx, lab, period, reason, mayBeReopened)
}

func (d *Desk) reopen(ctx context.Context, lab, period, reason string, may func(clickhouse.PeriodState, time.Time) *Refusal) error {
	reason = strings.TrimSpace(reason)
	return d.act(ctx, lab, period, func(p clickhouse.PeriodState, today time.Time) *Refusal {
		if refusal := may(p, today); refusal != nil {
			return refusal
		}
		if reason == "" {
			return refuse(ReasonMissing, p, "un motif est attendu : le fab lab doit savoir pourquoi", "expected a reason: the lab must know why")
		}
		return nil
	}, func(clickhouse.PeriodState) any { return schemas.PeriodReopened{Period: period, Why: reason} })
}

// Approve freezes the figures of a submitted period as they are. seen is the [Look.Digest] of what was looked at: where the
// figures are others by now, nothing is approved. That holds up to the moment of the approval: it is published only if
// no message of the lab came since the figures were compared.
func (d *Desk) Approve(ctx context.Context, lab, period, seen, comment string) error {
	for range d.config.Tries {
		var last uint64
		look := &Look{}
		err := d.whole(ctx, func() (err error) {
			if last, err = d.settled(ctx, lab); err != nil {
				return err
			}
			if look.PeriodState, err = d.state(ctx, lab, period); err != nil {
				return err
			}
			if refusal := mayBeJudged(d.local(look.PeriodState), d.today()); refusal != nil {
				return refusal
			}
			return d.read(ctx, look)
		})
		if err != nil {
			return err
		}
		if look.Digest != seen {
			return refuse(FiguresChanged, look.PeriodState, "les chiffres ont changé depuis que vous les avez consultés ; regardez-les à nouveau",
				"the figures changed since you looked; look at them again")
		}
		err = d.publish(ctx, look.PeriodState, schemas.PeriodApproved{Period: period, Comment: strings.TrimSpace(comment)}, schemas.SubjectsAbout(lab), last)
		if !errors.Is(err, ErrMoved) {
			return err
		}
	}
	return stillMoving(lab, period)
}

// act publishes an event about a period if it may be, and nobody else did something to the lab's periods meanwhile.
func (d *Desk) act(ctx context.Context, lab, period string, may func(clickhouse.PeriodState, time.Time) *Refusal, data func(clickhouse.PeriodState) any) error {
	for range d.config.Tries {
		if !schemas.IsSlug(lab) {
			return &Refusal{Code: UnknownPeriod, Lab: lab, Text: unknownLab(lab)}
		}
		last, err := d.config.Stream.Last(ctx, schemas.SubjectsOfPeriods(lab))
		if err != nil {
			return err
		}
		var state clickhouse.PeriodState
		err = d.whole(ctx, func() (err error) {
			if _, err = d.settled(ctx, lab); err != nil { // an agreement may have come just now
				return err
			}
			if state, err = d.state(ctx, lab, period); err != nil {
				return err
			}
			if refusal := may(d.local(state), d.today()); refusal != nil {
				return refusal
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := d.publish(ctx, state, data(state), schemas.SubjectsOfPeriods(lab), last); !errors.Is(err, ErrMoved) {
			return err
		}
	}
	return stillMoving(lab, period)
}

// System is the system of the events that a desk publishes, in their source.
const System = "periods"

// publish sends an event about a period. Its id follows from the lab, the period, the act and how often the period was sent
// back before: whoever does the same at the same time sends the same event.
func (d *Desk) publish(ctx context.Context, p clickhouse.PeriodState, data any, filter string, last uint64) error {
	if d.config.Publisher == nil {
		return errors.New("periods: no publisher is configured")
	}
	event, err := schemas.NewEvent(p.Lab, System, d.config.Clock().In(d.config.Zone), data)
	if err != nil {
		return err
	}
	if err := d.whole(ctx, func() (err error) { event.ID, err = d.freeID(ctx, p, event.Kind()); return err }); err != nil {
		return err
	}
	if err := d.config.Publisher.PublishAfter(ctx, event, filter, last); err != nil {
		return err
	}
	// It is told. Whoever looks next should find it, but that it isn't counted yet is no failure.
	if last, err = d.config.Stream.Last(ctx, schemas.Subject(p.Lab, event.Kind())); err == nil {
		_ = d.await(ctx, last)
	}
	return nil
}

// freeID is the act's id. One that was used and taken back stays used: an event told again under it would keep its former place.
func (d *Desk) freeID(ctx context.Context, p clickhouse.PeriodState, kind string) (uuid.UUID, error) {
	for nth := p.Reopenings; ; nth++ {
		id := schemas.RecordID(p.Lab, System, fmt.Sprintf("%s\x00%s\x00%d", p.Period, kind, nth))
		versions, err := d.config.Store.Versions(ctx, p.Lab, id)
		if err != nil || len(versions) == 0 {
			return id, err
		}
	}
}

// local is a period with its moments by the programme's clock, as refusals name their days.
func (d *Desk) local(p clickhouse.PeriodState) clickhouse.PeriodState {
	for _, at := range []**time.Time{&p.SubmittedAt, &p.ApprovedAt, &p.ReopenedAt} {
		if *at != nil {
			*at = new((*at).In(d.config.Zone))
		}
	}
	return p
}

func mayBeSubmitted(p clickhouse.PeriodState, today time.Time) *Refusal {
	switch {
	case p.State == clickhouse.PeriodSubmitted:
		return refuse(AlreadySubmitted, p, "la période est déjà déclarée, depuis le %s", "the period is submitted already, since %s", p.SubmittedAt.Format(time.DateOnly))
	case p.State == clickhouse.PeriodApproved:
		return refuse(AlreadyApproved, p, "la période est validée, ses chiffres sont arrêtés depuis le %s ; pour une correction, demandez au programme de la rouvrir",
			"the period is approved, its figures are frozen since %s; for a correction ask the programme to reopen it", p.ApprovedAt.Format(time.DateOnly))
	case !today.After(p.Ends):
		return refuse(NotOver, p, "la période n'est pas terminée : elle pourra être déclarée après le %s", "the period isn't over: it can be submitted after %s", p.Ends.Format(time.DateOnly))
	}
	return nil
}

// mayBeJudged is for approving and sending back.
func mayBeJudged(p clickhouse.PeriodState, _ time.Time) *Refusal {
	switch p.State {
	case clickhouse.PeriodSubmitted:
		return nil
	case clickhouse.PeriodApproved:
		return refuse(AlreadyApproved, p, "la période est déjà validée, depuis le %s", "the period is approved already, since %s", p.ApprovedAt.Format(time.DateOnly))
	case clickhouse.PeriodSentBack, clickhouse.PeriodReopened:
		return refuse(NothingSubmitted, p, "le fab lab n'a pas déclaré la période à nouveau depuis le %s", "the lab hasn't submitted the period again since %s", p.ReopenedAt.Format(time.DateOnly))
	}
	return refuse(NothingSubmitted, p, "le fab lab n'a pas déclaré cette période", "the lab hasn't submitted this period")
}

func mayBeReopened(p clickhouse.PeriodState, _ time.Time) *Refusal {
	switch p.State {
	case clickhouse.PeriodApproved:
		return nil
	case clickhouse.PeriodSubmitted:
		return refuse(NotApproved, p, "la période n'est pas validée : elle peut être renvoyée au fab lab", "the period isn't approved: it can be sent back")
	}
	return refuse(NotApproved, p, "la période n'est pas validée, il n'y a rien à rouvrir", "the period isn't approved, there is nothing to reopen")
}

func stillMoving(lab, period string) *Refusal {
	return refuse(StillMoving, clickhouse.PeriodState{Lab: lab, Period: period},
		"des événements de ce fab lab arrivent sans cesse ; réessayez dans un instant", "this lab's events keep coming; try again in a moment")
}
