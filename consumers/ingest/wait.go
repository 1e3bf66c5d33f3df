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
		consumer, err := js.Consumer(ctx, streamEvents, durable)
		if err != nil {
			return fmt.Errorf("consumer %s: %w", durable, err)
		}
		// The last messages may have been erased from the stream: then nothing waits and nothing is in hand.
		info := consumer.CachedInfo()
		if info.AckFloor.Stream >= seq || info.Delivered.Stream > 0 && info.NumPending == 0 && info.NumAckPending == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("message %d of %d is counted: %w", info.AckFloor.Stream, seq, ctx.Err())
		case <-tick.C:
		}
	}
}
