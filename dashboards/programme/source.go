package programme

import (
	"context"
	"errors"
	"time"

	"vitrine/internal/pages"
)

// What sources and actions answer where the page asked for can't be shown, or the action not be done.
var (
	// ErrUnknown says that there is no such lab or period.
	ErrUnknown = errors.New("programme: unknown")
	// ErrToken says that a token is nobody's, or no longer.
	ErrToken = errors.New("programme: wrong token")
	// ErrLabToken says that a token is a lab's, which these pages aren't for.
	ErrLabToken = errors.New("programme: a lab's token")
	// ErrMoved says that a period's figures are no longer those that were looked at.
	ErrMoved = errors.New("programme: the figures have changed")
	// ErrNotNow says that the period's state doesn't allow the action.
	ErrNotNow = errors.New("programme: not in this state")
	// ErrRemaking says that the figures are being made again: what could be read is half of them.
	ErrRemaking = errors.New("programme: the figures are being made again")
	// ErrWords says that a comment or reason can't be taken: it is too long, or names a person.
	ErrWords = errors.New("programme: words refused")
)

// Accounts says whether a token is the programme's: nil, [ErrToken], [ErrLabToken], or another error where it
// couldn't be checked.
type Accounts interface {
	Check(ctx context.Context, token string) error
}

// Labs gives the labs. Answers are shared between requests: they must not change afterwards. Days and clock times
// are shown as they read in their own location: give them in the programme's zone.
type Labs interface {
	// Portfolio is every lab as of a day; zero is today.
	Portfolio(ctx context.Context, asOf time.Time) (*Portfolio, error)
	// Lab is one of them, or [ErrUnknown].
	Lab(ctx context.Context, lab string, asOf time.Time) (*LabSheet, error)
}

// Periods gives the reporting periods.
type Periods interface {
	// Periods are those of a lab, or of all where lab is empty, in any order.
	Periods(ctx context.Context, lab string) ([]Period, error)
	// Figures are those of one period, or [ErrUnknown].
	Figures(ctx context.Context, lab, period string) (*PeriodFigures, error)
}

// Actions changes the state of a period; an answer may be [ErrNotNow], [ErrMoved] or [ErrRemaking].
type Actions interface {
	// Approve freezes the figures, if they still are those of the digest.
	Approve(ctx context.Context, lab, period, digest, comment string) error
	SendBack(ctx context.Context, lab, period, reason string) error
	Reopen(ctx context.Context, lab, period, reason string) error
}

// Overview gives what is shown over all labs.
type Overview interface {
	Quality(ctx context.Context) ([]Quality, error)
	Alerts(ctx context.Context) ([]Alert, error)
	Call(ctx context.Context) ([]Phrase, error)
}

// Status is how a commitment stands.
type Status = pages.Status

// Text is something in both languages.
type Text struct{ FR, EN string }

// In is the text in a language, as it is set.
func (t Text) In(l pages.Lang) string { return l.Typeset(l.Pick(t.FR, t.EN)) }

// Portfolio is all labs as of a day.
type Portfolio struct {
	AsOf time.Time // the day that the figures stand for
	Labs []Lab     // in any order
}

// Lab is one lab and how it stands.
type Lab struct {
	Slug, Name      string
	Commune, Region string
	Archetype       string // its code
	ArchetypeName   Text
	Worst, Mean     Status // of all commitments
	LastEvent       *time.Time
	SilentDays      *int // nil: not known
	Events          uint64
	OverduePeriods  int
	Commitments     []Commitment
}

// Commitment is one promise of a lab, and what has become of it.
type Commitment struct {
	Agreement   string
	Number      int // in the agreement
	Indicator   string
	Name        Text
	Unit        string
	Segment     string // "audience=companies"; empty: the whole
	SegmentName Text
	Mode, Every string // cumulative or periodic; month, quarter or year
	Direction   string // up, down or cap
	Target      float64
	// Baseline, Actual, Percent (of the target), Pace (actual ÷ expected), Projected (at the due day, with its range)
	// and NeededPerMonth are nil where there is none.
	Baseline, Actual, Percent, Pace, Projected, ProjectedLow, ProjectedHigh, NeededPerMonth *float64
	Expected                                                                                float64
	Status                                                                                  Status
	From, Due                                                                               time.Time
}

// LabSheet is what is shown of one lab.
type LabSheet struct {
	Lab
	AsOf       time.Time
	Opened     *time.Time
	Department string
	Website    string
	Agreements []Agreement
	// Lines are the commitments over time: of each Commitments[i], Lines[i]. May be empty.
	Lines []Line
	// Activity is how many events happened on each day of the last twelve months; days without any may lack.
	Activity    []DayCount
	Corrections []Correction // the latest first
	Rejections  []Rejection  // that wait, the latest first
	// Waiting is how many rejections wait in all: Rejections may be only the latest.
	Waiting int
}

// Agreement is what a lab and the programme signed.
type Agreement struct {
	Number, Programme         string
	Starts, Ends              time.Time
	Grant, Budget, AidRateCap *float64 // EUR, EUR, %
	Amendments                int
}

// Line is a commitment on the last day of each month.
type Line []LinePoint

// LinePoint is a commitment on a day; Actual is nil where nothing was known or the day is to come.
type LinePoint struct {
	Day      time.Time
	Actual   *float64
	Expected *float64
}

// DayCount is how many events happened on a day.
type DayCount struct {
	Day    time.Time
	Events int
}

// Correction is an event that was told anew.
type Correction struct {
	At        time.Time
	Kind      Text
	EventDay  time.Time
	ID        string // the event's
	Retracted bool
	Restored  bool // it had been retracted, and counts again
	Changes   []Change
	Reason    Text   // as it is, what a person wrote is the same in both
	System    string // where it came from: form, fabmanager; empty: not told
}

// Change is a field before and after; empty is not there.
type Change struct {
	Field, Old, New Text
}

// Rejection is an event that was refused and waits for somebody.
type Rejection struct {
	At       time.Time
	Sequence uint64 // for vitrine rejected show
	Kind     Text
	Field    string
	Reason   Text
}

// Period is a reporting period of a lab's agreement.
type Period struct {
	Lab, LabName, Agreement string
	Code                    string // 2026-Q1, 2026-03
	Starts, Ends            time.Time
	Due                     *time.Time // nil: an amendment no longer asks for it
	// State is upcoming, open, overdue, submitted, sent_back, approved or reopened.
	State                               string
	SubmittedAt, ApprovedAt, ReopenedAt *time.Time
	OnTime                              *bool
	Reason, Comment                     string
	Reopenings                          int
}

// PeriodFigures are the figures of a period: as they stand, or as they were approved with what has changed since.
type PeriodFigures struct {
	Period
	// Digest stands for the figures as they are; approving asks for it again.
	Digest      string
	Figures     []Figure
	Adjustments []Adjustment
}

// Figure is one figure of a period.
type Figure struct {
	Indicator   string
	Name        Text
	SegmentName Text
	Unit        string
	Value       *float64 // as approved, where the period is
}

// Adjustment is a figure of an approved period that has changed since.
type Adjustment struct {
	Indicator     string
	Name          Text
	SegmentName   Text
	Unit          string
	Approved, Now *float64
	// Difference is now − approved, where a figure that isn't there counts as 0; nil: a ratio without one of the two.
	Difference *float64
	// Apart says that Events are those behind it, and MoreEvents how many there are besides.
	Apart      bool
	Events     []AdjustingEvent
	MoreEvents int
}

// AdjustingEvent is an event that adds something else now than when the period was approved.
type AdjustingEvent struct {
	ID        string
	Kind      Text
	Day       time.Time
	At        time.Time // when it was told
	Then, Now *float64  // what it adds, in the figure's unit; nil: it isn't there
	Reason    Text      // as it is, what a person wrote is the same in both
	System    string
}

// Quality is how well a lab reports.
type Quality struct {
	Lab, Name string
	// Freshness in days, Completeness and Timeliness in %; nil: none.
	Freshness, Completeness, Timeliness *float64
	Events                              uint64
	Waiting                             uint64 // rejected events that wait
	Corrected, Retracted, Resent        uint64
	Adjustments                         int // -1: not known
}

// Alert is something that wants attention.
type Alert struct {
	Lab, LabName string
	Severity     string // critical, warning or notice
	Text, Advice Text   // what is so, and what to do
	Since        time.Time
}

// Phrase is a phrase of the call with the indicators that serve it.
type Phrase struct {
	Code       string // S01 … S20
	Text       Text
	Indicators []PhraseFigure
}

// PhraseFigure is an indicator over the whole programme.
type PhraseFigure struct {
	Code  string
	Name  Text
	Unit  string
	Value *float64
	Labs  int // that have a figure; 0: none
}
