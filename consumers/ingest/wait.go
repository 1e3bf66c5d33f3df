package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// WaitCountedUpTo returns when a durable consumer is done with everything up to a message of the stream,
// whatever comes after it. A consumer that isn't there is waited for too: the first to start makes it.
// When ctx ends it says how far the counting was.
func WaitCountedUpTo(ctx context.Context, js jetstream.JetStream, durable string, seq uint64) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	state := errors.New("nobody said how far it is")
	for {
		counted, err := Counted(ctx, js, durable)
		switch {
		case ctx.Err() != nil: // whatever the question came to
		case errors.Is(err, jetstream.ErrConsumerNotFound):
			state = err
		case err != nil || counted >= seq:
			return err
		default:
			state = fmt.Errorf("counted up to message %d", counted)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("message %d isn't counted: %w (%w)", seq, ctx.Err(), state)
		case <-tick.C:
		}
	}
}
