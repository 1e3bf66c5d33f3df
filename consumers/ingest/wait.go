package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// WaitCountedUpTo returns when a durable consumer is done with everything up to a message of the stream,
// whatever comes after it.
func WaitCountedUpTo(ctx context.Context, js jetstream.JetStream, durable string, seq uint64) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		counted, err := Counted(ctx, js, durable)
		if err != nil || counted >= seq {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("message %d of %d is counted: %w", counted, seq, ctx.Err())
		case <-tick.C:
		}
	}
}
