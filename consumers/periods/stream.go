package periods

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

// Stream says where the stream of events is.
type Stream interface {
	// Last is the sequence of the last message of the subjects that a filter matches; 0 if there is none.
	Last(ctx context.Context, filter string) (uint64, error)
	// Counted says whether all messages up to a sequence are counted.
	Counted(ctx context.Context, seq uint64) (bool, error)
}

// NewStream asks JetStream; durable is the name of the consumer that counts, "" the usual one.
func NewStream(js jetstream.JetStream, durable string) Stream {
	if durable == "" {
		durable = schemas.ConsumerDurable
	}
	return jetStream{js, durable}
}

type jetStream struct {
	js      jetstream.JetStream
	durable string
}

// Last implements [Stream].
func (j jetStream) Last(ctx context.Context, filter string) (uint64, error) {
	stream, err := j.js.Stream(ctx, schemas.StreamEvents)
	if err != nil {
		return 0, fmt.Errorf("stream %s: %w", schemas.StreamEvents, err)
	}
	m, err := stream.GetLastMsgForSubject(ctx, filter)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("last message of %s: %w", filter, err)
	}
	return m.Sequence, nil
}

// Counted implements [Stream]. What a consumer acknowledged is counted.
func (j jetStream) Counted(ctx context.Context, seq uint64) (bool, error) {
	consumer, err := j.js.Consumer(ctx, schemas.StreamEvents, j.durable)
	if err != nil {
		return false, fmt.Errorf("consumer %s: %w", j.durable, err)
	}
	info := consumer.CachedInfo()
	return info.AckFloor.Stream >= seq || info.NumPending == 0 && info.NumAckPending == 0 && info.Delivered.Stream >= seq, nil
}

// await waits until all up to a sequence is counted.
func (d *Desk) await(ctx context.Context, seq uint64) error {
	if seq == 0 {
		return nil // nothing was ever told
	}
	waiting, cancel := context.WithTimeout(ctx, d.config.Patience)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		counted, err := d.config.Stream.Counted(waiting, seq)
		if counted && err == nil {
			return nil
		}
		select {
		case <-waiting.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return &Behind{After: d.config.Patience, Cause: err}
		case <-tick.C:
		}
	}
}

// Behind says that the lab's last events weren't counted in time: nothing can be said about its figures yet.
type Behind struct {
	After time.Duration
	Cause error // why that can't be told, where it can't
}

// Error is [Behind.In] English.
func (b *Behind) Error() string { return b.In(schemas.English) }

// Unwrap is the cause.
func (b *Behind) Unwrap() error { return b.Cause }

// In says it in a language.
func (b *Behind) In(l schemas.Lang) string {
	text := schemas.Text{FR: "des événements de ce fab lab ne sont pas encore comptés après %s ; réessayez dans un instant",
		EN: "some of this lab's events aren't counted yet after %s; try again in a moment"}
	out := fmt.Sprintf(text.In(l), b.After)
	if b.Cause != nil {
		out += fmt.Sprintf(" (%v)", b.Cause)
	}
	return out
}
