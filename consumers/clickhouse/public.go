package clickhouse

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
)

// PublicLab is a lab as the registry has it.
type PublicLab struct {
	Lab, Name, Commune, INSEE, Department, Region, Archetype, Zone string
	Latitude, Longitude                                            *float64
	Opened                                                         *time.Time
	Website                                                        string
}

// PublicCompanies are the different companies of a lab that an indicator counts in a quarter.
type PublicCompanies struct {
	Lab, Indicator string
	Quarter        time.Time // its first day
	Refs           []string
}

// PublicEvent is one of the events that labs make known of themselves.
type PublicEvent struct {
	Lab, Kind string
	ID        uuid.UUID
	Day       time.Time
	Data      string
}

// PublicSession is an announced session by what was last said of it.
type PublicSession struct {
	Lab       string
	ID        uuid.UUID
	Data      string
	Cancelled bool
	Version   uint64 // how many versions of it there are
	Changed   time.Time
}

// PublicLabs are all labs of the registry, by their codes.
func (s *Store) PublicLabs(ctx context.Context) ([]PublicLab, error) {
	return selectAll[PublicLab](ctx, s, "public_labs", nil)
}

// PublicFigures are some indicators' figures of all labs by quarter, up to the quarter that begins on a day. They aren't masked.
func (s *Store) PublicFigures(ctx context.Context, until time.Time, codes ...string) ([]Figure, error) {
	return selectAll[Figure](ctx, s, "public_figures", clickhouse.Parameters{"until": until.Format(time.DateOnly), "codes": arrayOf(codes)})
}

// PublicCompanies are the companies that some indicators count, by quarter, up to a day. They are for counting, not for showing.
func (s *Store) PublicCompanies(ctx context.Context, until time.Time, codes ...string) ([]PublicCompanies, error) {
	return selectAll[PublicCompanies](ctx, s, "public_companies", clickhouse.Parameters{"until": until.Format(time.DateOnly), "codes": arrayOf(codes)})
}

// PublicEvents are the services, machines, media mentions and projects of all labs, each lab's latest first.
func (s *Store) PublicEvents(ctx context.Context) ([]PublicEvent, error) {
	return selectAll[PublicEvent](ctx, s, "public_events", nil)
}

// PublicSessions are the announced sessions that begin at a time or later, cancelled ones too, in order.
func (s *Store) PublicSessions(ctx context.Context, since time.Time) ([]PublicSession, error) {
	return selectAll[PublicSession](ctx, s, "public_sessions", clickhouse.Parameters{"since": since.UTC().Format(time.DateTime)})
}
