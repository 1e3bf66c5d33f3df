package running

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/bench/load"
	"vitrine/schemas"
)

// Send publishes messages from one of the load on, so many per second (0: as fast as the stream takes them), and returns when
// all are acknowledged.
func Send(ctx context.Context, js jetstream.JetStream, events *load.Load, from, n int, rate float64) error {
	began := time.Now()
	var acks []jetstream.PubAckFuture
	settle := func(keep int) error {
		for len(acks) > keep {
			select {
			case <-acks[0].Ok():
			case err := <-acks[0].Err():
				return fmt.Errorf("publish the load: %w", err)
			case <-ctx.Done():
				return ctx.Err()
			}
			acks = acks[1:]
		}
		return nil
	}
	for i := range n {
		if rate > 0 {
			// Some at a time: a timer for each would cost more than it sends.
			due := began.Add(time.Duration(float64(i) / rate * float64(time.Second)))
			if wait := time.Until(due); wait > 5*time.Millisecond {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(wait):
				}
			}
		}
		subject, raw := events.Append(nil, from+i)
		ack, err := js.PublishMsgAsync(Message(subject, raw), jetstream.WithMsgID(uuid.NewString()))
		if err != nil {
			return fmt.Errorf("publish the load: %w", err)
		}
		acks = append(acks, ack)
		if err := settle(2000); err != nil {
			return err
		}
	}
	return settle(0)
}

// Message is a message of the load as publishers send it.
func Message(subject string, raw []byte) *nats.Msg {
	m := nats.NewMsg(subject)
	m.Data = raw
	m.Header.Set(schemas.HeaderContentType, schemas.ContentTypeEvent)
	return m
}
