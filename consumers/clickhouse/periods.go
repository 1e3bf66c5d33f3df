package clickhouse

import (
	"context"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
)

// The states of a reporting period.
const (
	PeriodUpcoming  = "upcoming"  // not over, and nothing was submitted
	PeriodOpen      = "open"      // over; its due date is to come
	PeriodOverdue   = "overdue"   // its due date has passed, and nothing was ever submitted
	PeriodSubmitted = "submitted" // waits for the programme
	PeriodSentBack  = "sent_back" // submitted and not approved: the lab has to mend it
	PeriodApproved  = "approved"  // its figures are frozen
	PeriodReopened  = "reopened"  // was approved, and isn't any more
)

// PeriodState is one row of period_states.
type PeriodState struct {
	Lab       string    `json:"lab"`
	Agreement string    `json:"agreement"` // "" if no agreement in force asks for the period
	Period    string    `json:"period"`    // "2026-Q1" or "2026-03"
	Starts    time.Time `json:"starts"`    // its first day, midnight UTC
	Ends      time.Time `json:"ends"`      // its last day
	// Due is the last day to submit it on; nil if no agreement in force asks for it.
	Due   *time.Time `json:"due"`
	State string     `json:"state"`
	// FirstSubmittedAt and SubmittedAt are the first and the last submission, nil if there was none.
	FirstSubmittedAt *time.Time `json:"first_submitted_at"`
	SubmittedAt      *time.Time `json:"submitted_at"`
	// OnTime says whether the first submission came by the due date; nil without a submission or a date.
	OnTime *bool `json:"on_time"`
	// ApprovedAt, ApprovalID, ApprovalSeq and Comment are the approval's that is in force: nil, 0 and "" if none is.
	// ApprovalSeq is where the stream told it first: the figures are frozen as all messages before it make them.
	ApprovedAt  *time.Time `json:"approved_at"`
	ApprovalID  *uuid.UUID `json:"approval_id"`
	ApprovalSeq uint64     `json:"approval_seq"`
	Comment     string     `json:"comment"`
	// ReopenedAt and Reason are those of the last time that it was sent back or reopened, also when it was submitted since.
	ReopenedAt *time.Time `json:"reopened_at"`
	Reason     string     `json:"reason"`
	Reopenings uint64     `json:"reopenings"` // how often it was sent back or reopened
}

// Grain is how long the period is: "month" or "quarter".
func (p PeriodState) Grain() string {
	if strings.Contains(p.Period, "Q") {
		return "quarter"
	}
	return "month"
}

// PeriodEvent is one event of a period's story.
type PeriodEvent struct {
	Kind    string    `json:"kind"` // period.submitted, period.approved or period.reopened
	ID      uuid.UUID `json:"id"`
	At      time.Time `json:"at"`
	Words   string    `json:"words"`    // the comment or the reason
	ToldSeq uint64    `json:"told_seq"` // sequence in the stream of its first telling: its place in the story
}

// PeriodStates are the reporting periods as of a day, by lab and in time's order; lab "" is all labs.
func (s *Store) PeriodStates(ctx context.Context, asOf time.Time, lab string) ([]PeriodState, error) {
	return selectAll[PeriodState](ctx, s, "period_states", clickhouse.Parameters{"as_of": asOf.Format(time.DateOnly), "lab": lab})
}

// PeriodEvents are a period's story up to a day, in the stream's order.
func (s *Store) PeriodEvents(ctx context.Context, asOf time.Time, lab, period string) ([]PeriodEvent, error) {
	return selectAll[PeriodEvent](ctx, s, "period_events", clickhouse.Parameters{"as_of": asOf.Format(time.DateOnly), "lab": lab, "period": period})
}

// PeriodFigures are a lab's figures of one reporting period, in the catalogue's order; starts is its first day, grain
// "month" or "quarter". What looks back or is carried on does so up to asOf.
func (s *Store) PeriodFigures(ctx context.Context, grain, lab string, starts, asOf time.Time) ([]Figure, error) {
	return selectAll[Figure](ctx, s, "period_figures", clickhouse.Parameters{
		"grain": grain, "lab": lab, "period": starts.Format(time.DateOnly), "as_of": asOf.Format(time.DateOnly),
	})
}
