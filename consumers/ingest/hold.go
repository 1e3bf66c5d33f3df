package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// HoldFor is how long a hold lasts by itself: should its holder be killed, consumers go on then.
const HoldFor = 30 * time.Second

// Hold pauses a durable consumer until release is called: nothing is delivered to anybody, while what
// is in hand may be finished. Events are accepted and kept meanwhile. Without such a consumer there
// is nothing to hold.
func Hold(ctx context.Context, js jetstream.JetStream, durable string, logger *slog.Logger) (release func(), err error) {
	pause := func() error {
		ctx, cancel := context.WithTimeout(ctx, askWithin)
		defer cancel()
		consumer, err := js.Consumer(ctx, streamEvents, durable)
		if err != nil {
			return err
		}
		// By the server's clock: by one that is behind it the pause would be over at once, and nobody held.
		_, err = js.PauseConsumer(ctx, streamEvents, durable, consumer.CachedInfo().TimeStamp.Add(HoldFor))
		return err
	}
	switch err := pause(); {
	case errors.Is(err, jetstream.ErrConsumerNotFound):
		return func() {}, nil
	case err != nil:
		return nil, fmt.Errorf("pause consumer %s: %w", durable, err)
	}
	renewing, stop := context.WithCancel(ctx)
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
				if err := pause(); err != nil {
					logger.WarnContext(ctx, "the consumers could not be kept paused", "error", err)
				}
			}
		}
	}()
	return func() {
		stop()
		<-stopped
		if _, err := js.ResumeConsumer(context.WithoutCancel(ctx), streamEvents, durable); err != nil {
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
