package ingest

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
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

// check makes sure that the batch may be added to what is there.
func (c *Consumer) check(b *batch) step {
	return step{"check", func(ctx context.Context) (step, error) {
		if !c.config.replay {
			if err := c.config.Store.CheckMadeWith(ctx, c.madeWith); err != nil {
				return step{}, err
			}
		}
		// Again: the server may have been down while the batch was gathered.
		if err := c.sameStream(ctx); err != nil {
			return step{}, err
		}
		return c.store(b), nil
	}}
}

func (c *Consumer) store(b *batch) step {
	return step{"store", func(ctx context.Context) (step, error) {
		return c.settle(b), c.config.Store.InsertEvents(ctx, b.rows)
	}}
}

// settle looks for events that moved from one cell to another.
func (c *Consumer) settle(b *batch) step {
	return step{"settle", func(ctx context.Context) (step, error) {
		ids := make([]clickhouse.EventID, len(b.rows)) // one that stands there twice does no harm
		cells := map[clickhouse.Cell]struct{}{}
		for i := range b.rows {
			r := &b.rows[i]
			ids[i] = clickhouse.EventID{Lab: r.Lab, ID: r.ID}
			cells[clickhouse.Cell{Lab: r.Lab, Kind: r.Kind, LocalDay: r.Place.LocalDay}] = struct{}{}
		}
		moved, err := c.config.Store.Settle(ctx, ids)
		if err != nil {
			return step{}, err
		}
		for _, cell := range moved {
			cells[clickhouse.Cell{Lab: cell.Lab, Kind: cell.Kind, LocalDay: cell.LocalDay.UTC()}] = struct{}{}
		}
		b.touched = b.touched[:0]
		for cell := range cells {
			b.touched = append(b.touched, cell)
		}
		return c.recompute(b), nil
	}}
}

func (c *Consumer) recompute(b *batch) step {
	return step{"recompute", func(ctx context.Context) (step, error) {
		return c.reject(b), c.config.Store.Recompute(ctx, c.rules, b.touched)
	}}
}

// reject keeps what can't be accepted, with its reason: in the stream and in ClickHouse.
func (c *Consumer) reject(b *batch) step {
	return step{"reject", func(ctx context.Context) (step, error) {
		if !c.config.published {
			if err := c.rejected.Add(ctx, b.rejected); err != nil {
				return step{}, err
			}
			failpoint("during", "reject")
		}
		return c.ack(b), c.config.Store.InsertRejections(ctx, b.rejected)
	}}
}

// ack is last: whatever fails before costs a redelivery, never an event. An acknowledgement that gets
// lost does too.
func (c *Consumer) ack(b *batch) step {
	return step{"ack", func(context.Context) (step, error) {
		for _, m := range b.messages {
			if err := m.Ack(); err != nil && !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
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
