package clickhouse

import (
	"context"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
)

// DayActivity is how many events of a lab's own happened on a day.
type DayActivity struct {
	Day    time.Time // midnight UTC of the local day
	Events uint64
}

// Activity is that of a lab on the days from..to; days without any aren't there.
func (s *Store) Activity(ctx context.Context, lab string, from, to time.Time) ([]DayActivity, error) {
	return selectAll[DayActivity](ctx, s, "programme_activity", clickhouse.Parameters{"lab": lab, "from": from.Format(time.DateOnly), "to": to.Format(time.DateOnly)})
}

// Correction is a version of an event that says something else than the one before it.
type Correction struct {
	ID              uuid.UUID
	LocalDay        time.Time // midnight UTC
	Kind            string
	OccurredAt      time.Time
	Retracted       bool
	Reason, Source  string
	ReceivedAt      time.Time
	Data            string
	BeforeKind      string
	BeforeAt        time.Time
	BeforeRetracted bool
	BeforeData      string
}

// Corrections are a lab's that were received before a day (midnight UTC), the latest first, at most limit.
func (s *Store) Corrections(ctx context.Context, lab string, before time.Time, limit int) ([]Correction, error) {
	return selectAll[Correction](ctx, s, "programme_corrections", clickhouse.Parameters{
		"lab": lab, "before": before.Format(time.DateOnly), "limit": strconv.Itoa(limit)})
}

// Sending is how a lab sends its events: those that hold, those of them that were corrected, those that were withdrawn, and
// how often one was sent again unchanged.
type Sending struct {
	Lab                                  string
	Events, Corrected, Retracted, Resent uint64
}

// Sendings are those of all labs that ever sent something.
func (s *Store) Sendings(ctx context.Context) ([]Sending, error) {
	return selectAll[Sending](ctx, s, "programme_conduct", nil)
}
