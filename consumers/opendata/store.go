package opendata

import (
	"context"
	"time"

	"vitrine/consumers/clickhouse"
)

// Registry lists the labs.
type Registry interface {
	PublicLabs(ctx context.Context) ([]clickhouse.PublicLab, error)
}

// Figures are what releases are worked out from.
type Figures interface {
	PublicFigures(ctx context.Context, until time.Time, codes ...string) ([]clickhouse.Figure, error)
	PublicCompanies(ctx context.Context, until time.Time, codes ...string) ([]clickhouse.PublicCompanies, error)
	CommitmentStatuses(ctx context.Context, asOf time.Time, lab string) ([]clickhouse.CommitmentStatus, error)
}

// Announcements are what labs make known of themselves.
type Announcements interface {
	PublicEvents(ctx context.Context) ([]clickhouse.PublicEvent, error)
	PublicSessions(ctx context.Context, since time.Time) ([]clickhouse.PublicSession, error)
}

// Store is what open data is read from; *clickhouse.Store is one.
type Store interface {
	Registry
	Figures
	Announcements
	// WhileWhole has read ask, and fails with a [clickhouse.ErrMadeOtherwise] unless what it asked for was whole all the while.
	WhileWhole(ctx context.Context, read func() error) error
}
