package ingest

import (
	"context"
	"math"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/rollup"
	"vitrine/schemas"
)

// endOfStream is the place of a message that isn't in the stream yet.
const endOfStream = math.MaxUint64

// Door says beforehand what a consumer will decide about a message at the end of the stream, for whoever
// publishes anew what was rejected. It is for one goroutine.
type Door struct{ consumer Consumer }

// NewDoor is the door of consumers with this catalogue and programme's zone.
func NewDoor(js jetstream.JetStream, catalogue *schemas.Catalogue, zone *time.Location) *Door {
	return &Door{Consumer{rules: rollup.NewRules(catalogue), zones: newZones(js, zone), door: schemas.NewDecoder(), days: rollup.NewCalendar()}}
}

// Admit gives the row that a message would become, but for its sequence. Its error is a
// *schemas.Invalid where the message would be rejected; any other says that it can't be told.
func (d *Door) Admit(ctx context.Context, subject string, raw []byte, now time.Time) (*clickhouse.Row, error) {
	row, err := d.consumer.accept(ctx, given{subject: subject, seq: endOfStream, received: now, raw: raw}, new(parts))
	if err != nil {
		return nil, err
	}
	return &row, nil
}
