package ingest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// A file may be sent to a programme whose consumer is just starting: it waits, as it does for one that is behind.
func TestAConsumerThatIsntThereYetIsWaitedFor(t *testing.T) {
	js := testkit.Streams(t)
	sent, err := js.Publish(t.Context(), "vitrine.events.atelier-nord.training.held", []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	hasty, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err = WaitCountedUpTo(hasty, js, schemas.ConsumerDurable, sent.Sequence)
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, jetstream.ErrConsumerNotFound) {
		t.Fatalf("it doesn't wait until it may no more, or doesn't say what for: %v", err)
	}

	counted := make(chan error, 1)
	go func() { counted <- WaitCountedUpTo(t.Context(), js, schemas.ConsumerDurable, sent.Sequence) }()
	consumer, err := js.CreateConsumer(t.Context(), schemas.StreamEvents, jetstream.ConsumerConfig{Durable: schemas.ConsumerDurable, AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		t.Fatal(err)
	}
	message, err := consumer.Next()
	if err == nil {
		err = message.DoubleAck(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := <-counted; err != nil {
		t.Error(err)
	}
}
