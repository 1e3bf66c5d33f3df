package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Replay takes the whole stream through a consumer of its own, from the first message to the last,
// and returns when all of it is counted. It may run beside other consumers. Rejections that the stream of rejected events
// lacks are published, as those of a door that has become stricter. progress, which may be nil, hears how many of the messages are done.
func Replay(ctx context.Context, c Config, progress func(done, total uint64)) error {
	c.Consumer, c.replay = "vitrine-rebuild", true
	consumer, err := New(c)
	if err != nil {
		return err
	}
	// An earlier rebuild that was interrupted left its position; this one begins at the beginning.
	if err := c.JetStream.DeleteConsumer(ctx, streamEvents, c.Consumer); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return fmt.Errorf("replay: %w", err)
	}
	if err := consumer.attach(ctx); err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- consumer.Run(running) }()
	waitErr := WaitCounted(ctx, c.JetStream, c.Consumer, progress)
	stop()
	if err := errors.Join(waitErr, <-done); err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	return c.JetStream.DeleteConsumer(ctx, streamEvents, c.Consumer)
}

// CatchUp takes what stands in the stream behind a message into a store that has everything up to it, as a restored backup
// does, and returns when all of it is counted. Rejections are published as by [Replay]. progress may be nil.
func CatchUp(ctx context.Context, c Config, counted uint64, progress func(done, total uint64)) error {
	stream, err := c.JetStream.Stream(ctx, streamEvents)
	if err != nil {
		return fmt.Errorf("stream %s: %w", streamEvents, err)
	}
	switch last := stream.CachedInfo().State.LastSeq; {
	case counted > last:
		return fmt.Errorf("%w: ClickHouse has message %d, the stream ends with message %d", ErrOtherStream, counted, last)
	case counted == last:
		return nil
	}
	c.from = counted + 1
	return Replay(ctx, c, progress)
}

// WaitCounted returns when a durable consumer has nothing left to deliver and nothing in hand.
// progress, which may be nil, hears how many of the stream's messages are done.
func WaitCounted(ctx context.Context, js jetstream.JetStream, durable string, progress func(done, total uint64)) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		waiting, total, err := backlog(ctx, js, durable)
		if err != nil {
			return err
		}
		if progress != nil {
			progress(total-min(waiting, total), total)
		}
		if waiting == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d messages are not counted yet: %w", waiting, total, ctx.Err())
		case <-tick.C:
		}
	}
}

func backlog(ctx context.Context, js jetstream.JetStream, durable string) (waiting, total uint64, err error) {
	consumer, err := js.Consumer(ctx, streamEvents, durable)
	if err != nil {
		return 0, 0, fmt.Errorf("consumer %s: %w", durable, err)
	}
	info := consumer.CachedInfo()
	stream, err := js.Stream(ctx, streamEvents)
	if err != nil {
		return 0, 0, fmt.Errorf("stream %s: %w", streamEvents, err)
	}
	total = stream.CachedInfo().State.Msgs
	waiting = info.NumPending + uint64(info.NumAckPending)
	if waiting == 0 && info.Delivered.Stream == 0 {
		waiting = total // a consumer that was just made doesn't know yet how much waits for it
	}
	if waiting == 0 {
		unheard, err := unheardOf(ctx, stream, info)
		if err != nil {
			return 0, 0, err
		}
		if unheard {
			waiting = 1
		}
	}
	return waiting, total, nil
}
