package verify

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

// laterConsumer makes the durable consumer when the stream is looked at for the second time.
type laterConsumer struct {
	jetstream.JetStream
	looks int
}

func (l *laterConsumer) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	if l.looks++; l.looks == 2 {
		_, err := l.CreateConsumer(ctx, name, jetstream.ConsumerConfig{Durable: schemas.ConsumerDurable, AckPolicy: jetstream.AckExplicitPolicy})
		if err != nil {
			return nil, err
		}
	}
	return l.JetStream.Stream(ctx, name)
}

// A verification that begins before there is a consumer waits for all that is in the stream; it once called
// exact what was counted until the consumer showed up.
func TestVerifyWaitsForAConsumerThatComesLater(t *testing.T) {
	s := newSystem(t, schemas.DefaultCatalogue())
	s.publish(sent{kind: "discovery.held", data: "'type':'open_day','audience':'companies','attendance':3"})
	report, err := Verify(t.Context(), Config{JetStream: &laterConsumer{JetStream: s.js}, Store: s.store, AsOf: s.asOf, Timeout: time.Second})
	var behind *BehindError
	if !errors.As(err, &behind) || behind.Pending != 1 || behind.Cause != nil {
		t.Fatalf("%v after %d messages; want to be told that 1 message waits", err, report.Messages)
	}
}
