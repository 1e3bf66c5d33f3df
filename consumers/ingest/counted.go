package ingest

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Counted is up to which message of the stream a durable consumer has counted everything.
func Counted(ctx context.Context, js jetstream.JetStream, durable string) (seq uint64, err error) {
	stream, err := js.Stream(ctx, streamEvents) // before the consumer: what comes in between isn't taken for counted
	if err != nil {
		return 0, fmt.Errorf("stream %s: %w", streamEvents, err)
	}
	consumer, err := stream.Consumer(ctx, durable)
	if err != nil {
		return 0, fmt.Errorf("consumer %s: %w", durable, err)
	}
	info := consumer.CachedInfo()
	if info.NumPending == 0 && info.NumAckPending == 0 && info.Delivered.Stream > 0 {
		return stream.CachedInfo().State.LastSeq, nil
	}
	return info.AckFloor.Stream, nil
}
