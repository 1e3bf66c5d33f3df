package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// gather takes messages from the stream into the batches that come from free, decides what becomes of each, and hands them
// on to be counted, until ctx ends.
func (c *Consumer) gather(ctx context.Context, free <-chan *batch, decided chan<- *batch) {
	defer close(decided)
	for {
		var b *batch
		select {
		case <-ctx.Done():
			return
		case b = <-free:
		}
		if err := c.take(ctx, &c.gathering, c.fetch(b)); err != nil {
			c.giveBack(b)
			return
		}
		select {
		case <-ctx.Done():
			c.giveBack(b)
			return
		case decided <- b:
		}
	}
}

func (c *Consumer) attach(ctx context.Context) error {
	config := jetstream.ConsumerConfig{
		Durable:       c.config.Consumer,
		Description:   "events into ClickHouse",
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       c.config.AckWait,
		MaxDeliver:    -1,                                            // bad data is rejected; everything else is a fault that passes
		MaxAckPending: 4 * max(c.config.BatchSize, DefaultBatchSize), // the same for all who share it, whatever their memory
	}
	if c.config.from > 1 {
		config.DeliverPolicy, config.OptStartSeq = jetstream.DeliverByStartSequencePolicy, c.config.from
	}
	// A pause outlasts this: the server leaves it as it is.
	pull, err := c.config.JetStream.CreateOrUpdateConsumer(ctx, streamEvents, config)
	if err != nil {
		return fmt.Errorf("consumer %s of stream %s: %w", c.config.Consumer, streamEvents, err)
	}
	c.pull = pull
	return nil
}

// fetch waits for a batch's first message.
func (c *Consumer) fetch(b *batch) step {
	return step{"fetch", func(ctx context.Context) (step, error) {
		if c.pull == nil {
			if err := c.attach(ctx); err != nil {
				return step{}, err
			}
		}
		if err := c.sameStream(ctx); err != nil {
			return step{}, err
		}
		waiting, cancel := context.WithTimeout(ctx, fetchWait)
		defer cancel()
		first, err := c.pull.Next(jetstream.FetchContext(waiting), jetstream.FetchHeartbeat(fetchHeartbeat))
		switch {
		case errors.Is(err, jetstream.ErrNoMessages), errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout): // idle; a server that is gone misses its heartbeats
			return c.fetch(b), ctx.Err()
		case err != nil:
			c.pull = nil // it may have been deleted: then it is made anew, and what was counted is counted again, to the same figures
			return step{}, err
		}
		b.began = time.Now()
		b.keepAlive(c.config.Answers, c.config.AckWait/3)
		if err := b.add(first); err != nil {
			return step{}, fmt.Errorf("message on %s without metadata: %w", first.Subject(), err)
		}
		return c.fill(b), nil
	}}
}

// fetchWait is after how long an idle fetch is asked anew, so that one that goes well after a failure is
// seen to; fetchHeartbeat is how often an idle stream says that it is there: two missed are an error.
const (
	fetchWait      = 10 * time.Second
	fetchHeartbeat = fetchWait / 4
)

// ask asks for more messages, which come while others are decided: for as long as a batch may wait to be filled, and then for a moment at a time.
func (c *Consumer) ask(b *batch) error {
	wait := c.config.BatchAge - time.Since(b.began)
	if wait < time.Millisecond {
		wait = whileCounting
	}
	asked := b.next(c.config.room)
	if b.behind >= asked {
		wait = max(wait, whileBehind)
	}
	b.grow(asked, c.config.room)
	coming, err := c.pull.Fetch(asked, jetstream.FetchMaxWait(wait), jetstream.FetchMaxBytes(b.left(c.config.room)))
	b.coming = coming
	return err
}

// fill takes what was asked for, and asks for more until the batch before is counted, or it has its share of what waits.
func (c *Consumer) fill(b *batch) step {
	return step{"fetch", func(ctx context.Context) (step, error) {
		err := b.receive()
		ready := b.full(c.config.room) || time.Since(b.began) > c.config.BatchAge && c.waiting.Load() > 0 && c.enough(b)
		if err == nil && !ready {
			err = c.ask(b)
		}
		if err != nil && ctx.Err() == nil { // what came is handled; the rest comes again
			c.config.Logger.Warn("fetch was cut short", "error", err)
			ready = true
		}
		if ready {
			return c.decide(b, step{}), ctx.Err()
		}
		return c.decide(b, c.fill(b)), ctx.Err()
	}}
}

// whileCounting is how often a batch that is old enough looks whether it can be counted.
const whileCounting = 20 * time.Millisecond

// whileBehind is how long messages that wait in the stream may take to come. They come at once, unless the consumer is held or others have as many
// as may be unacknowledged.
const whileBehind = time.Second

// decide reads each message through the door: it is a row to store or a rejection.
func (c *Consumer) decide(b *batch, next step) step {
	return step{"decide", func(ctx context.Context) (step, error) {
		if err := c.notice(ctx, b); err != nil {
			return step{}, err
		}
		if len(b.messages) > 0 {
			c.zones.upTo(b.messages[len(b.messages)-1].seq)
		}
		for ; b.decided < len(b.messages); b.decided++ {
			if err := c.judge(ctx, b, &b.messages[b.decided]); err != nil {
				return step{}, err
			}
		}
		return next, nil
	}}
}

// enough says that a batch that could be counted needn't be larger. While many messages wait it takes its share of them, though a hand is idle: in fewer, larger batches a cell is
// written less often, and a table has fewer parts to merge. A stream that gives no more has nothing to wait for, and one that gives them slowly, across a thin line, isn't waited for long.
func (c *Consumer) enough(b *batch) bool {
	share := b.behind / (c.config.Hands + 1)
	if int(c.waiting.Load()) == len(c.counting) { // nothing is counted meanwhile, so that a core would be idle
		share /= 4
	}
	return b.dry || len(b.messages) >= share || time.Since(b.began) > c.config.AckWait/2
}

// notice has a batch remember which figures it is decided for. For other ones than the batch before labs are asked for anew: an erasure
// may have taken a registration away.
func (c *Consumer) notice(ctx context.Context, b *batch) error {
	if b.made != nil || c.config.replay {
		return nil
	}
	if c.made.Load() == nil {
		made, err := c.config.Store.FiguresMade(ctx)
		if err != nil {
			return err
		}
		c.made.CompareAndSwap(nil, &made)
	}
	b.made = c.made.Load()
	if b.made != c.zonesOf {
		c.zones, c.zonesOf = newZones(c.config.JetStream, c.config.Zone), b.made
	}
	return nil
}

// giveBack has the stream deliver a batch again at once.
func (c *Consumer) giveBack(b *batch) {
	if err := b.receive(); err != nil {
		c.config.Logger.Warn("some messages may not have come; they come again after AckWait", "error", err)
	}
	if len(b.messages) == 0 {
		return
	}
	b.rest()
	for i := range b.messages {
		if err := c.answer(&b.messages[i], givenBack); err != nil {
			c.config.Logger.Warn("could not give a message back; it comes again after AckWait", "error", err)
			return
		}
	}
	c.config.Logger.Info("gave back a batch that could not be finished", "messages", len(b.messages))
}

// answer tells the stream what became of a delivery.
func (c *Consumer) answer(m *message, how string) error {
	return c.config.Answers.Publish(m.reply, []byte(how))
}
