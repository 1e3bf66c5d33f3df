package ingest

import (
	"context"
	"errors"
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
	info, last := consumer.CachedInfo(), stream.CachedInfo().State.LastSeq
	if info.NumPending > 0 || info.NumAckPending > 0 || info.Delivered.Stream == 0 {
		return info.AckFloor.Stream, nil
	}
	unheard, err := unheardOf(ctx, stream, info)
	if err != nil || unheard {
		return info.AckFloor.Stream, err
	}
	return last, nil
}

// unheardOf says that the stream has a message for a consumer after the last that it was given, which the consumer hears of a moment after the
// stream has it: until then it says that none waits. The stream may end later than that without one: messages are erased.
func unheardOf(ctx context.Context, stream jetstream.Stream, info *jetstream.ConsumerInfo) (bool, error) {
	if info.Delivered.Stream >= stream.CachedInfo().State.LastSeq {
		return false, nil
	}
	for _, subject := range subjectsOf(info.Config) {
		switch _, err := stream.GetMsg(ctx, info.Delivered.Stream+1, jetstream.WithGetMsgSubject(subject)); {
		case errors.Is(err, jetstream.ErrMsgNotFound):
		case err != nil:
			return false, fmt.Errorf("stream %s: %w", streamEvents, err)
		default:
			return true, nil
		}
	}
	return false, nil
}

// subjectsOf are those of the messages that a consumer is given; ours takes all.
func subjectsOf(c jetstream.ConsumerConfig) []string {
	switch {
	case c.FilterSubject != "":
		return []string{c.FilterSubject}
	case len(c.FilterSubjects) > 0:
		return c.FilterSubjects
	}
	return []string{">"}
}
