package ingest

import (
	"context"
	"fmt"
)

// count takes the batches that were decided through the protocol, one after the other, and gives them back to be filled again. It
// ends when there are no more, or with ctx.
func (c *Consumer) count(ctx context.Context, at *progress, decided <-chan *batch, free chan<- *batch) {
	for {
		c.waiting.Add(1)
		b, more := <-decided
		c.waiting.Add(-1)
		if !more {
			return
		}
		if err := c.take(ctx, at, c.check(b)); err != nil {
			c.giveBack(b)
			continue // those that come now are given back, too
		}
		b.empty()
		free <- b
	}
}

// check makes sure that the batch may be added to what is there, and knows what that is. Where the figures were made again since the batch was
// decided, it comes from the stream again: some of its messages may be erased there.
func (c *Consumer) check(b *batch) step {
	return step{"check", func(ctx context.Context) (step, error) {
		if !c.config.replay {
			made, err := c.config.Store.FiguresMadeWith(ctx, c.madeWith)
			if err != nil {
				return step{}, err
			}
			if made != *b.made {
				c.made.Store(&made)
				c.giveBack(b)
				return step{}, nil
			}
		}
		// Again: the server may have been down while the batch was gathered.
		if err := c.sameStream(ctx); err != nil {
			return step{}, err
		}
		return c.store(b), c.config.Store.Foresee(ctx, len(b.rows), c.seen)
	}}
}

func (c *Consumer) store(b *batch) step {
	return step{"store", func(ctx context.Context) (step, error) {
		return c.recall(b), c.config.Store.InsertEvents(ctx, b.rows)
	}}
}

// recall finds out which events may have moved. After it was told that something is stored, nobody else takes its events for new.
func (c *Consumer) recall(b *batch) step {
	return step{"recall", func(ctx context.Context) (step, error) {
		doubtful, err := c.config.Store.Recall(ctx, b.rows, c.seen)
		b.doubtful = doubtful
		return c.settle(b), err
	}}
}

// settle looks for events that moved from one cell to another.
func (c *Consumer) settle(b *batch) step {
	return step{"settle", func(ctx context.Context) (step, error) {
		moved, err := c.config.Store.Settle(ctx, b.doubtful)
		if err != nil {
			return step{}, err
		}
		b.moved = moved
		return c.announce(b), nil
	}}
}

// announce tells other consumers into which cells something was written.
func (c *Consumer) announce(b *batch) step {
	return step{"announce", func(ctx context.Context) (step, error) {
		return c.recompute(b), c.config.Store.Announce(ctx, b.rows, b.moved, c.shelf)
	}}
}

func (c *Consumer) recompute(b *batch) step {
	return step{"recompute", func(ctx context.Context) (step, error) {
		cells, err := c.config.Store.Recompute(ctx, c.rules, b.rows, b.moved, c.shelf)
		b.cells = cells
		return c.reject(b), err
	}}
}

// reject keeps what can't be accepted, with its reason: in the stream and in ClickHouse.
func (c *Consumer) reject(b *batch) step {
	return step{"reject", func(ctx context.Context) (step, error) {
		if err := c.rejected.Add(ctx, b.rejected); err != nil {
			return step{}, err
		}
		failpoint("during", "reject")
		return c.ack(b), c.config.Store.InsertRejections(ctx, b.rejected)
	}}
}

// ack is last: whatever fails before costs a redelivery, never an event. An acknowledgement that gets
// lost does too.
func (c *Consumer) ack(b *batch) step {
	return step{"ack", func(context.Context) (step, error) {
		for i := range b.messages {
			if err := c.answer(&b.messages[i], acknowledged); err != nil {
				return step{}, fmt.Errorf("acknowledge: %w", err)
			}
			failpoint("during", "ack")
		}
		b.rest()
		c.anchor.advance(b.messages)
		c.metrics.finished(b)
		return step{}, nil
	}}
}
