package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"vitrine/schemas"
)

// Periods are the reporting periods of labs.
type Periods interface {
	// Periods are a lab's, in time's order.
	Periods(ctx context.Context, lab string) ([]Period, error)
	// Submit tells the programme that a period's data are complete. Its error is a *[PeriodRefused] where that may not be,
	// an [ErrUncounted] where the lab's last events aren't counted yet, and an [ErrRemaking].
	Submit(ctx context.Context, lab, period string) error
}

// Period is a reporting period of a lab.
type Period struct {
	Period      string     `json:"period"` // "2026-Q1" or "2026-03"
	Starts      string     `json:"starts"` // YYYY-MM-DD
	Ends        string     `json:"ends"`
	Due         *string    `json:"due"`   // null where no agreement asks for it any more
	State       string     `json:"state"` // upcoming, open, overdue, submitted, sent_back, approved or reopened
	SubmittedAt *time.Time `json:"submitted_at"`
	OnTime      *bool      `json:"on_time"`
	ApprovedAt  *time.Time `json:"approved_at"`
	Comment     string     `json:"comment,omitempty"` // the approval's
	ReopenedAt  *time.Time `json:"reopened_at"`
	Reason      string     `json:"reason,omitempty"` // why it was sent back or reopened last
}

// PeriodRefused says why a period may not be submitted.
type PeriodRefused struct {
	Unknown bool // there is no such period
	Code    string
	Text    schemas.Text
}

// Error is the reason in English.
func (r *PeriodRefused) Error() string { return r.Text.EN }

// ErrUncounted is what an error of [Periods] wraps where the lab's last events aren't counted yet.
var ErrUncounted = errors.New("gateway: the lab's last events aren't counted yet")

type (
	periodRequest   struct{ lab, period string }
	periodsResponse struct {
		Periods []Period `json:"periods"`
	}
)

// Periods are a lab's reporting periods.
func (s *service) Periods(ctx context.Context, p Principal, lab string) ([]Period, error) {
	switch {
	case !p.reads(lab):
		return nil, notYourLab(p, lab)
	case s.cfg.Periods == nil:
		return nil, notWired("periods")
	}
	all, err := s.cfg.Periods.Periods(ctx, lab)
	if err != nil {
		return nil, unreadable(err)
	}
	return all, nil
}

// SubmitPeriod submits a period of the caller's own lab; the programme may for each.
func (s *service) SubmitPeriod(ctx context.Context, p Principal, lab, period string) error {
	switch {
	case !p.reads(lab):
		return forbidden("ces identifiants sont ceux de "+p.name()+" : ils ne déclarent pas pour le laboratoire "+lab,
			"these credentials are "+p.name()+"'s: they don't report for lab "+lab)
	case s.cfg.Periods == nil:
		return notWired("periods")
	}
	err := s.cfg.Periods.Submit(ctx, lab, period)
	var refused *PeriodRefused
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && refused.Unknown:
		return notFound(refused.Text.FR, refused.Text.EN)
	case errors.As(err, &refused):
		return &Fault{Status: http.StatusConflict, Code: refused.Code, Detail: refused.Text}
	case errors.Is(err, ErrRemaking):
		return unreadable(err)
	case errors.Is(err, ErrUncounted):
		return &Fault{Status: http.StatusServiceUnavailable, Code: "uncounted", RetryAfter: 2 * time.Second, Err: err, Detail: schemas.Text{
			FR: "vos derniers événements ne sont pas encore comptés ; réessayez dans un instant", EN: "your last events aren't counted yet; try again in a moment"}}
	}
	return &Fault{Status: http.StatusServiceUnavailable, Code: "unavailable", RetryAfter: 5 * time.Second, Err: err, Detail: schemas.Text{
		FR: "la déclaration n'a pas pu être enregistrée pour le moment ; réessayez", EN: "the submission couldn't be stored for now; try again"}}
}

// events is what a submission counts for in a lab's rate.
func (periodRequest) events() int { return 1 }

func decodePeriod(_ context.Context, r *http.Request) (any, error) {
	lab, err := slug(r.PathValue("lab"))
	return periodRequest{lab, r.PathValue("period")}, err
}
