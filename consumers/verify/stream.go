package verify

import (
	"context"
	"fmt"
	"runtime"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"vitrine/consumers/readout"
	"vitrine/schemas"
)

// progressEvery is after how many messages progress is told.
const progressEvery = 10_000

// pageful is how many messages are judged together: enough that handing them over costs nothing.
const pageful = 256

// page is consecutive messages of the stream; judged is closed when each has its verdict.
type page struct {
	messages []judged
	judged   chan struct{}
}

// read feeds an oracle the stream's messages from first to last, and says how many there were. They are
// judged on all cores and entered in the stream's order.
func (c Config) read(ctx context.Context, o *Oracle, first, last uint64) (n int, err error) {
	if last < first {
		return 0, nil
	}
	workers := runtime.GOMAXPROCS(0)
	group, ctx := errgroup.WithContext(ctx)
	open, inOrder := make(chan *page, workers), make(chan *page, 2*workers)
	group.Go(func() error {
		defer close(inOrder)
		defer close(open)
		return c.fetch(ctx, first, last, func(p *page) error {
			for _, to := range []chan *page{open, inOrder} {
				select {
				case to <- p:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	})
	for range workers {
		group.Go(func() error {
			for p := range open {
				for i := range p.messages {
					p.messages[i] = judge(p.messages[i].Message)
				}
				close(p.judged)
			}
			return nil
		})
	}
	group.Go(func() error {
		total := last - first + 1
		for p := range inOrder {
			select {
			case <-p.judged:
			case <-ctx.Done():
				return ctx.Err()
			}
			for _, m := range p.messages {
				if err := o.take(m); err != nil {
					return err
				}
				if n++; n%progressEvery == 0 {
					c.Progress(uint64(n), max(total, uint64(n)))
				}
			}
		}
		c.Progress(uint64(n), max(total, uint64(n)))
		return nil
	})
	if err := group.Wait(); err != nil {
		return n, fmt.Errorf("read stream %s after %d messages: %w", schemas.StreamEvents, n, err)
	}
	return n, nil
}

// fetch gives the messages from first to last by pages.
func (c Config) fetch(ctx context.Context, first, last uint64, give func(*page) error) error {
	if newest, err := c.newest(ctx); err != nil || newest < first {
		return err // all of it may have been erased: nothing will come then
	}
	consumer, err := c.JetStream.OrderedConsumer(ctx, schemas.StreamEvents,
		jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: first})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages()
	if err != nil {
		return err
	}
	defer messages.Stop()
	next := &page{judged: make(chan struct{})}
	for done := false; !done; {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		at, err := m.Metadata()
		if err != nil {
			return err
		}
		if at.Sequence.Stream <= last {
			next.messages = append(next.messages, judged{Message: Message{Seq: at.Sequence.Stream, Subject: m.Subject(), Stored: at.Timestamp, Data: m.Data()}})
		}
		// The last message may have been erased from the stream; then another came since, or nothing is pending.
		done = at.Sequence.Stream >= last || at.NumPending == 0
		if done && at.Sequence.Stream < last {
			if err := c.reached(ctx, at.Sequence.Stream); err != nil {
				return err
			}
		}
		if done || len(next.messages) == pageful {
			if err := give(next); err != nil {
				return err
			}
			next = &page{judged: make(chan struct{})}
		}
	}
	return nil
}

// reached fails if the stream's leader has a message after seq: in a cluster, whoever reads it out may lag behind.
func (c Config) reached(ctx context.Context, seq uint64) error {
	newest, err := c.newest(ctx)
	if err == nil && newest > seq {
		err = fmt.Errorf("it was read up to message %d of %d: the server that answers lags behind, try again", seq, newest)
	}
	return err
}

// newest is the last message that the stream's leader has; 0 if there is none, or none any more.
func (c Config) newest(ctx context.Context) (uint64, error) {
	stream, err := c.JetStream.Stream(ctx, schemas.StreamEvents)
	if err != nil {
		return 0, err
	}
	return readout.Last(ctx, stream)
}
