// Package periods is what happens to reporting periods: a lab submits one, the programme approves it or sends it back, and
// may reopen what it approved. Everything is an event of the programme's kinds, so that a period's state follows from the
// stream alone:
//
//	Look ─► what is seen ─► Submit, Approve, SendBack, Reopen ─► may it? ─► the event, if the lab's subjects stand still ─► stream
package periods

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// Defaults of [DeskConfig].
const (
	DefaultPatience = 10 * time.Second
	DefaultTries    = 5
)

// DeskConfig says what a [Desk] works with.
type DeskConfig struct {
	// Store is what is read: states, figures and events. Required.
	Store Store
	// Stream says where the stream is. Required; [NewStream] makes one.
	Stream Stream
	// Publisher publishes the events; nil: the desk only looks.
	Publisher Publisher
	// Zone is the programme's: its days decide whether a period is over. Default UTC.
	Zone *time.Location
	// Clock is the time of events and of today. Default [time.Now].
	Clock func() time.Time
	// Patience is how long it is waited for events that are being counted. Default [DefaultPatience].
	Patience time.Duration
	// Tries is how often an approval looks again when the lab's events keep coming. Default [DefaultTries].
	Tries int
}

// Store is what a desk reads.
type Store interface {
	PeriodStates(ctx context.Context, asOf time.Time, lab string) ([]clickhouse.PeriodState, error)
	PeriodEvents(ctx context.Context, asOf time.Time, lab, period string) ([]clickhouse.PeriodEvent, error)
	PeriodFigures(ctx context.Context, grain, lab string, starts, asOf time.Time) ([]clickhouse.Figure, error)
	CommitmentStatuses(ctx context.Context, asOf time.Time, lab string) ([]clickhouse.CommitmentStatus, error)
	Versions(ctx context.Context, lab string, id uuid.UUID) ([]clickhouse.EventVersion, error)
	// WhileWhole has read ask, and fails with a [clickhouse.ErrMadeOtherwise] unless what it asked for was whole all the while.
	WhileWhole(ctx context.Context, read func() error) error
}

// Publisher publishes an event, provided that the last message of the subjects that a filter matches is still the one of
// a sequence (0: there is none). It returns once the stream has it; [ErrMoved] says that another message came first.
type Publisher interface {
	PublishAfter(ctx context.Context, event *schemas.Event, filter string, last uint64) error
}

// ErrMoved is a [Publisher]'s: a message came in between, and nothing was published.
var ErrMoved = errors.New("another message came first")

// Desk looks at periods and acts on them. Its methods may be called by several goroutines, and by several processes:
// who comes second is told so.
type Desk struct{ config DeskConfig }

// NewDesk checks the configuration.
func NewDesk(c DeskConfig) (*Desk, error) {
	if c.Store == nil || c.Stream == nil {
		return nil, errors.New("periods: a store and a stream are required")
	}
	if c.Patience < 0 || c.Tries < 0 {
		return nil, fmt.Errorf("periods: Patience is %s and Tries %d: expected none below 0", c.Patience, c.Tries)
	}
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	c.Patience, c.Tries = cmp.Or(c.Patience, DefaultPatience), cmp.Or(c.Tries, DefaultTries)
	return &Desk{config: c}, nil
}

// whole has read ask the store. While the figures there are being made again nothing is said of them, and nothing done by them.
func (d *Desk) whole(ctx context.Context, read func() error) error {
	err := d.config.Store.WhileWhole(ctx, read)
	if errors.Is(err, clickhouse.ErrMadeOtherwise) {
		return beingRemade(err)
	}
	return err
}

// today is the programme's day, midnight UTC.
func (d *Desk) today() time.Time {
	y, m, day := d.config.Clock().In(d.config.Zone).Date()
	return time.Date(y, m, day, 0, 0, 0, 0, time.UTC)
}
