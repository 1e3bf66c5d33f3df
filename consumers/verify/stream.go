package verify

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

// progressEvery is after how many messages progress is told.
const progressEvery = 10_000

// read feeds an oracle the stream's messages from first to last, and says how many there were.
func (c Config) read(ctx context.Context, o *Oracle, first, last uint64) (int, error) {
	if last < first {
		return 0, nil
	}
	fail := func(n int, err error) (int, error) {
		return n, fmt.Errorf("read stream %s after %d messages: %w", schemas.StreamEvents, n, err)
	}
	consumer, err := c.JetStream.OrderedConsumer(ctx, schemas.StreamEvents,
		jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: first})
	if err != nil {
		return fail(0, err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		return fail(0, err)
	}
	defer messages.Stop()
	for n := 0; ; {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fail(n, err)
		}
		at, err := m.Metadata()
		if err != nil {
			return fail(n, err)
		}
		if at.Sequence.Stream > last { // it arrived since
			return n, nil
		}
		if err := o.Add(Message{Seq: at.Sequence.Stream, Subject: m.Subject(), Stored: at.Timestamp, Data: m.Data()}); err != nil {
			return n, err
		}
		n++
		// The last message may have been erased from the stream; then nothing is pending before it.
		done := at.Sequence.Stream == last || at.NumPending == 0
		if done || n%progressEvery == 0 {
			c.Progress(uint64(n), max(last-first+1, uint64(n)))
		}
		if done {
			return n, nil
		}
	}
}
