package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// watch looks at the backlog every so often until ctx ends. It asks the stream, not the loop: a loop
// that hangs, or to which nothing is delivered, has nothing to say.
func (c *Consumer) watch(ctx context.Context) {
	tick := time.NewTicker(c.config.WatchEvery)
	defer tick.Stop()
	for {
		b, err := c.look(ctx)
		if ctx.Err() != nil {
			return
		}
		c.updateHealth(func(h *Health) {
			h.BacklogErr = err
			if err == nil {
				b.MovedAt = time.Now()
				// While verify or rebuild hold it nothing is to move; MaxLag bounds that.
				if before := h.Backlog; !b.Paused && b.Waiting > 0 && before.Waiting > 0 && b.First == before.First {
					b.MovedAt = before.MovedAt
				}
				h.Backlog = b
			}
		})
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look asks the stream what waits.
func (c *Consumer) look(ctx context.Context) (Backlog, error) {
	ctx, cancel := context.WithTimeout(ctx, max(c.config.WatchEvery, 2*time.Second))
	defer cancel()
	stream, err := c.config.JetStream.Stream(ctx, streamEvents)
	if err != nil {
		return Backlog{}, fmt.Errorf("stream %s: %w", streamEvents, err)
	}
	consumer, err := stream.Consumer(ctx, c.config.Consumer)
	if errors.Is(err, jetstream.ErrConsumerNotFound) { // somebody deleted it: everything waits until the loop has made it anew
		state := stream.CachedInfo().State
		return Backlog{Waiting: state.Msgs, First: state.FirstSeq, Stored: state.FirstTime}, nil
	}
	if err != nil {
		return Backlog{}, fmt.Errorf("consumer %s: %w", c.config.Consumer, err)
	}
	info := consumer.CachedInfo()
	b := Backlog{Waiting: info.NumPending + uint64(info.NumAckPending), Paused: info.Paused}
	if b.Waiting == 0 {
		return b, nil
	}
	m, err := stream.GetMsg(ctx, info.AckFloor.Stream+1, jetstream.WithGetMsgSubject(">"))
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound): // acknowledged meanwhile, or erased
		return Backlog{Paused: b.Paused}, nil
	case err != nil:
		return Backlog{}, fmt.Errorf("first message after %d: %w", info.AckFloor.Stream, err)
	}
	b.First, b.Stored = m.Sequence, m.Time
	return b, nil
}
