package showcase

import (
	"context"
	"time"

	"vitrine/internal/pages"
)

// Source gives the programme as it stands. It is asked by one goroutine at a
// time, and its answer is shared between requests: it must not change afterwards.
type Source interface {
	Programme(ctx context.Context) (Programme, error)
}

// Programme is all that the pages show. Days and clock times are shown as they
// read in each time's own location: give them in the programme's zone.
type Programme struct {
	// AsOf is the day that the figures stand for; "3 days ago" is counted from it. Zero: today.
	AsOf time.Time
	// UpdatedAt is when the figures last changed. Zero: not shown.
	UpdatedAt time.Time
	// Totals are the programme's figures since its beginning, in the order to show.
	Totals []Total
	// Labs are all labs, in any order.
	Labs []Lab
	// Loading is set while the history is still being counted, and the figures provisional.
	Loading *Progress
}

// Progress is how many events out of how many have been counted. Total 0: not known.
type Progress struct {
	Done, Total uint64
}

// Total is one figure over the whole programme.
type Total struct {
	Code   string // the indicator's
	NameFR string
	NameEN string
	Unit   string // the catalogue's: "hour", "EUR", "%", …
	Value  float64
}

// Lab is one lab and how it stands.
type Lab struct {
	Slug                string // stands in the page's address
	Name                string
	Commune             string
	Region              string
	Latitude, Longitude *float64 // degrees, WGS 84; nil: not known
	// WorstStatus is that of its commitment that stands worst, MeanStatus that of all together.
	WorstStatus, MeanStatus Status
	// Counts is how many commitments have which status.
	Counts map[pages.Status]int
	// LastEvent is when its last activity happened. nil: there was none.
	LastEvent *time.Time
	// SilentDays is how many days it has been without activity. nil: not known.
	SilentDays *int
	// Events is how many live events are counted for it.
	Events uint64
	// OverduePeriods is how many reporting periods it ought to have submitted and hasn't.
	OverduePeriods int
	Commitments    []Commitment
}

// Commitment is one promise of a lab, and what has become of it.
type Commitment struct {
	Indicator string // the catalogue's code
	NameFR    string
	NameEN    string
	Unit      string
	// Segment narrows the indicator, e.g. to one audience; empty: all of it.
	Segment, SegmentFR, SegmentEN string
	Target                        float64
	// Actual is nil when nothing has been reported.
	Actual *float64
	// Percent is Actual of Target, per hundred.
	Percent *float64
	// Expected is what Actual should be on the day AsOf.
	Expected float64
	// Pace is Actual ÷ Expected.
	Pace *float64
	// Projected is what Actual will be on Due if it goes on as in recent months.
	Projected *float64
	Status    Status
	From, Due time.Time // the first and the last day; zero: not shown
}
