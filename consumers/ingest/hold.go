package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/claim"
)

// HoldFor is how long a hold lasts by itself: should its holder be killed, consumers go on then.
const HoldFor = claim.Lease

// Hold claims the figures, so that nobody else has a hold, and pauses a durable consumer until release is called: nothing is delivered to anybody, while what
// is in hand may be finished. Events are accepted and kept meanwhile. Without such a consumer there
// is nothing to pause. What is done under the hold is done with the context held, which ends if the hold is lost; its error goes through [claim.Cause].
func Hold(ctx context.Context, durable string, c claim.Config) (held context.Context, release func(), err error) {
	js, logger := c.JetStream, c.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	claimed, err := claim.Take(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	held = claimed.Context()
	pause := func() error {
		ctx, cancel := context.WithTimeout(held, askWithin)
		defer cancel()
		consumer, err := js.Consumer(ctx, streamEvents, durable)
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		// By the server's clock: by one that is behind it the pause would be over at once, and nobody held.
		_, err = js.PauseConsumer(ctx, streamEvents, durable, consumer.CachedInfo().TimeStamp.Add(HoldFor))
		return err
	}
	if err := pause(); err != nil {
		claimed.Release()
		return nil, nil, fmt.Errorf("pause consumer %s: %w", durable, err)
	}
	renewing, stop := context.WithCancel(held)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(HoldFor / 3)
		defer tick.Stop()
		for {
			select {
			case <-renewing.Done():
				return
			case <-tick.C:
				if err := pause(); err != nil && renewing.Err() == nil {
					logger.WarnContext(ctx, "the consumers could not be kept paused", "error", err)
				}
			}
		}
	}()
	return held, func() {
		stop()
		<-stopped
		defer claimed.Release()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askWithin)
		defer cancel()
		if errors.Is(claimed.Renew(ctx), claim.ErrLost) { // they are somebody else's to resume
			return
		}
		if _, err := js.ResumeConsumer(ctx, streamEvents, durable); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			logger.WarnContext(ctx, "the consumers could not be resumed; they go on by themselves", "within", HoldFor, "error", err)
		}
	}, nil
}

// WaitHandsEmpty returns when nothing delivered by a durable consumer is unacknowledged, or with false
// after a time: what a consumer that was killed had in hand stays so while the consumers are held.
func WaitHandsEmpty(ctx context.Context, js jetstream.JetStream, durable string, atMost time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		consumer, err := js.Consumer(ctx, streamEvents, durable)
		if errors.Is(err, jetstream.ErrConsumerNotFound) || err == nil && consumer.CachedInfo().NumAckPending == 0 {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}
