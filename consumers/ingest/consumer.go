package ingest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/rejected"
	"vitrine/consumers/rollup"
	"vitrine/schemas"
)

// Consumer takes batches from the stream and acknowledges each when it is counted. One loop gathers them, and others count what it
// gathered, side by side: the protocol allows for it, as it does for several consumers.
//
//	gather:  fetch ─► decide ─► fetch … ─┐ while the batches before are being counted
//	count:   check ─► store ─► recall ─► settle ─► announce ─► recompute ─► reject ─► ack
type Consumer struct {
	config Config
	rules  *rollup.Rules
	zones  *zones
	// zonesOf is what was made when zones began to ask.
	zonesOf *clickhouse.Made
	// door reads events, days is where the days of the zones begin; gather's alone, as zones and pull are.
	door *schemas.Decoder
	days *rollup.Calendar
	// shelf is what it remembers of the cells; the counting loops share it.
	shelf *clickhouse.Shelf
	// seen is what it remembers of the events that were ever stored.
	seen *clickhouse.Seen
	// rejected is the account of rejected events.
	rejected *rejected.Log
	metrics  *metrics
	// madeWith is what this consumer's figures depend on besides the events.
	madeWith string
	// made is what the figures were made with, and when, as the last batch found it; nil before the first.
	made   atomic.Pointer[clickhouse.Made]
	pull   jetstream.Consumer
	anchor anchor
	// waiting is how many of the counting loops have nothing to do.
	waiting atomic.Int32

	mu        sync.Mutex
	health    Health
	gathering progress
	counting  []progress // by loop
}

// New checks the configuration and starts nothing.
func New(c Config) (*Consumer, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	consumer := &Consumer{config: c, rules: rollup.NewRules(c.Catalogue), zones: newZones(c.JetStream, c.Zone), door: schemas.NewDecoder(), days: rollup.NewCalendar(), shelf: clickhouse.NewShelf(c.ShelfBytes), seen: c.Seen,
		rejected: rejected.NewLog(c.JetStream), metrics: newMetrics(c.Registerer), madeWith: clickhouse.MadeWith(c.Catalogue, c.Zone)}
	consumer.health = Health{stallAfter: c.StallAfter, maxLag: c.MaxLag}
	consumer.gathering, consumer.counting = progress{step: "fetch", began: time.Now()}, make([]progress, max(1, c.Hands-1))
	consumer.metrics.watch(consumer.Health)
	return consumer, nil
}

// Run consumes until ctx ends, then finishes the batch that is being counted. It returns an error only if the
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

	free, decided := make(chan *batch, c.config.Hands), make(chan *batch)
	for range c.config.Hands {
		free <- new(batch)
	}
	go c.gather(ctx, free, decided)
	var counting sync.WaitGroup
	for i := range c.counting {
		counting.Go(func() { c.count(work, &c.counting[i], decided, free) })
	}
	counting.Wait()
	return nil
}
