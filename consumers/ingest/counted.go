package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// askWithin bounds a question to the NATS server. Its client has the same bound, but only where the context has none: a question
// that was lost with its server would otherwise be waited for as long as the caller's whole work may take.
const askWithin = 5 * time.Second

// Counted is up to which message of the stream a durable consumer has counted everything.
func Counted(ctx context.Context, js jetstream.JetStream, durable string) (seq uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
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
