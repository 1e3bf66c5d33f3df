package ingest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/rejected"
	"vitrine/consumers/rollup"
)

// Consumer takes batches from the stream and acknowledges each when it is counted.
type Consumer struct {
	config Config
	rules  *rollup.Rules
	zones  *zones
	// rejected is the account of rejected events.
	rejected *rejected.Log
	metrics  *metrics
	// madeWith is what this consumer's figures depend on besides the events.
	madeWith string
	pull     jetstream.Consumer
	batch    batch
	anchor   anchor

	mu     sync.Mutex
	health Health
}

// New checks the configuration and starts nothing.
func New(c Config) (*Consumer, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	consumer := &Consumer{config: c, rules: rollup.NewRules(c.Catalogue), zones: newZones(c.JetStream, c.Zone), rejected: rejected.NewLog(c.JetStream), metrics: newMetrics(c.Registerer), madeWith: clickhouse.MadeWith(c.Catalogue, c.Zone)}
	consumer.health = Health{Step: "fetch", Began: time.Now(), stallAfter: c.StallAfter, maxLag: c.MaxLag}
	consumer.metrics.watch(consumer.Health)
	return consumer, nil
}

// Run consumes until ctx ends, then finishes the batch in hand. It returns an error only if the
// consumer can't be set up; whatever fails later is repeated for as long as it takes, since an
// accepted event must not be lost to a fault of ours.
func (c *Consumer) Run(ctx context.Context) error {
	if err := c.attach(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	go c.watch(ctx)
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(c.config.ShutdownTimeout, cancel) })()

	backoff := time.Duration(0)
	for step := (step{"fetch", c.fetch}); ; {
		idle := step.name == "fetch"
		if ctx.Err() != nil && idle {
			return nil
		}
		stepCtx := work
		if idle {
			stepCtx = ctx
		}
		c.entering(step.name)
		failpoint("before", step.name)
		began := time.Now()
		next, err := step.do(stepCtx)
		failpoint("after", step.name)
		c.metrics.steps.WithLabelValues(step.name).Observe(time.Since(began).Seconds())
		if err == nil {
			c.succeeded()
			step, backoff = next, 0
			continue
		}
		if idle && ctx.Err() != nil {
			return nil
		}
		if work.Err() != nil {
			c.giveBack()
			return nil
		}
		c.metrics.failures.WithLabelValues(step.name).Inc()
		c.failing(step.name, err)
		backoff = min(max(2*backoff, 100*time.Millisecond), 15*time.Second)
		select {
		case <-stepCtx.Done():
		case <-time.After(backoff/2 + rand.N(backoff)): // jitter: many consumers mustn't come back at once
		}
	}
}

// step is one named state of the loop: what to do, which gives the next step. A step that fails is
// done again; each may be.
type step struct {
	name string
	do   func(context.Context) (step, error)
}

func (c *Consumer) attach(ctx context.Context) error {
	config := jetstream.ConsumerConfig{
		Durable:       c.config.Consumer,
		Description:   "events into ClickHouse",
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       c.config.AckWait,
		MaxDeliver:    -1, // bad data is rejected; everything else is a fault that passes
		MaxAckPending: max(20*c.config.BatchSize, 100_000),
	}
	if c.config.from > 1 {
		config.DeliverPolicy, config.OptStartSeq = jetstream.DeliverByStartSequencePolicy, c.config.from
	}
	pull, err := c.config.JetStream.CreateOrUpdateConsumer(ctx, streamEvents, config)
	if err != nil {
		return fmt.Errorf("consumer %s of stream %s: %w", c.config.Consumer, streamEvents, err)
	}
	c.pull = pull
	return nil
}

// fetch waits for a batch: full, or BatchAge after the first message.
func (c *Consumer) fetch(ctx context.Context) (step, error) {
	c.batch = batch{}
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
		return step{"fetch", c.fetch}, ctx.Err()
	case err != nil:
		c.pull = nil // it may have been deleted: then it is made anew, and what was counted is counted again, to the same figures
		return step{}, err
	}
	c.batch.add(first)
	if err := c.batch.fill(c.pull, c.config.BatchSize, c.config.BatchAge); err != nil { // what came is handled; the rest comes again
		c.config.Logger.Warn("fetch was cut short", "error", err)
	}
	c.batch.keepAlive(c.config.AckWait / 3)
	return step{"decide", c.decide}, nil
}

// fetchWait is after how long an idle fetch is asked anew, so that one that goes well after a failure is
// seen to; fetchHeartbeat is how often an idle stream says that it is there: two missed are an error.
const (
	fetchWait      = 10 * time.Second
	fetchHeartbeat = fetchWait / 4
)

// decide reads each message through the door: it is a row to store or a rejection.
func (c *Consumer) decide(ctx context.Context) (step, error) {
	if !c.config.replay {
		if err := c.config.Store.CheckMadeWith(ctx, c.madeWith); err != nil {
			return step{}, err
		}
	}
	// Again: the server may have been down while fetch waited.
	if err := c.sameStream(ctx); err != nil {
		return step{}, err
	}
	c.batch.rows, c.batch.rejected = c.batch.rows[:0], c.batch.rejected[:0]
	for _, m := range c.batch.messages {
		row, rejection, err := c.judge(ctx, m)
		switch {
		case err != nil:
			return step{}, err
		case rejection != nil:
			c.batch.rejected = append(c.batch.rejected, *rejection)
		default:
			c.batch.rows = append(c.batch.rows, *row)
		}
	}
	return step{"store", c.store}, nil
}

func (c *Consumer) store(ctx context.Context) (step, error) {
	return step{"settle", c.settle}, c.config.Store.InsertEvents(ctx, c.batch.rows)
}

// settle looks for events that moved from one cell to another.
func (c *Consumer) settle(ctx context.Context) (step, error) {
	ids := map[clickhouse.EventID]bool{}
	for _, r := range c.batch.rows {
		ids[clickhouse.EventID{Lab: r.Lab, ID: r.ID}] = true
	}
	moved, err := c.config.Store.Settle(ctx, keysOf(ids))
	if err != nil {
		return step{}, err
	}
	cells := map[clickhouse.Cell]bool{}
	for _, r := range c.batch.rows {
		cells[clickhouse.Cell{Lab: r.Lab, Kind: r.Kind, LocalDay: r.Place.LocalDay}] = true
	}
	for _, cell := range moved {
		cells[clickhouse.Cell{Lab: cell.Lab, Kind: cell.Kind, LocalDay: cell.LocalDay.UTC()}] = true
	}
	c.batch.touched = keysOf(cells)
	return step{"recompute", c.recompute}, nil
}

func (c *Consumer) recompute(ctx context.Context) (step, error) {
	return step{"reject", c.reject}, c.config.Store.Recompute(ctx, c.batch.touched)
}

// reject keeps what can't be accepted, with its reason: in the stream and in ClickHouse.
func (c *Consumer) reject(ctx context.Context) (step, error) {
	if !c.config.published {
		if err := c.rejected.Add(ctx, c.batch.rejected); err != nil {
			return step{}, err
		}
		failpoint("during", "reject")
	}
	return step{"ack", c.ack}, c.config.Store.InsertRejections(ctx, c.batch.rejected)
}

// ack is last: whatever fails before costs a redelivery, never an event. An acknowledgement that gets
// lost does too.
func (c *Consumer) ack(context.Context) (step, error) {
	for _, m := range c.batch.messages {
		if err := m.Ack(); err != nil && !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
			return step{}, fmt.Errorf("acknowledge: %w", err)
		}
		failpoint("during", "ack")
	}
	c.batch.rest()
	c.anchor.advance(c.batch.messages)
	c.metrics.finished(&c.batch)
	return step{"fetch", c.fetch}, nil
}

// giveBack has the stream deliver the batch in hand again at once.
func (c *Consumer) giveBack() {
	c.batch.rest()
	for _, m := range c.batch.messages {
		if err := m.Nak(); err != nil {
			c.config.Logger.Warn("could not give a message back; it comes again after AckWait", "error", err)
			return
		}
	}
	c.config.Logger.Info("gave back a batch that could not be finished in time", "messages", len(c.batch.messages))
}

func keysOf[K comparable](set map[K]bool) []K {
	keys := make([]K, 0, len(set))
	for k := range set {
		keys = append(keys, k)
	}
	return keys
}
