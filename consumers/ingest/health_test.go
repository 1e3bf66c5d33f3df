package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"vitrine/consumers/claim"
	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// watched is a consumer whose health is looked at often and judged soon.
func (p *pipeline) watched(store ingest.Store) ingest.Config {
	return ingest.Config{JetStream: p.js, Store: store, BatchSize: 2, BatchAge: 20 * time.Millisecond,
		WatchEvery: 20 * time.Millisecond, StallAfter: 200 * time.Millisecond}
}

// awaitProblem returns when a consumer tells a problem that holds all the words; with none, when it tells none.
func awaitProblem(t *testing.T, c *ingest.Consumer, words ...string) {
	t.Helper()
	testkit.Eventually(t, time.Minute, func() error {
		problem := c.Problem()
		missing := slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(fmt.Sprint(problem), word) })
		if missing || len(words) == 0 && problem != nil {
			return fmt.Errorf("the problem told is %v; want %q", problem, words)
		}
		return nil
	})
}

func gaugeOf(t *testing.T, registry *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

// A step that hangs fails in no way: that messages wait and nothing moves tells it.
func TestAConsumerThatHangsIsNotWell(t *testing.T) {
	p := newPipeline(t)
	store := &slow{Store: p.store, entered: make(chan struct{}, 1), release: make(chan struct{})}
	registry := prometheus.NewRegistry()
	config := p.watched(store)
	config.MaxLag, config.Registerer = 300*time.Millisecond, registry
	consumer, stop := p.run(config)
	defer stop()
	awaitProblem(t, consumer)
	p.publish(discovery(t, uuid.New(), "2026-03-12 18:00", "companies", 3), discovery(t, uuid.New(), "2026-03-12 18:00", "companies", 4))
	awaitProblem(t, consumer, "no progress for", "2 messages wait, from 1 on", "the step recompute has been under way", "the oldest message that isn't counted, 1, was stored")
	for name, least := range map[string]float64{"vitrine_consumer_pending_messages": 2, "vitrine_consumer_stalled_seconds": 0.2, "vitrine_consumer_oldest_pending_seconds": 0.3} {
		if got := gaugeOf(t, registry, name); got < least {
			t.Errorf("%s is %v, want %v at least", name, got, least)
		}
	}
	if healthy := gaugeOf(t, registry, "vitrine_consumer_healthy"); healthy != 0 {
		t.Errorf("healthy is %v", healthy)
	}
	close(store.release)
	awaitProblem(t, consumer)
	if healthy := gaugeOf(t, registry, "vitrine_consumer_healthy"); healthy != 1 {
		t.Errorf("healthy is %v after recovering", healthy)
	}
	p.awaitCounted()
	p.want(p.figures("month"), map[string]string{"D02 2026-03-01": "7"})
}

// A consumer that is held, as verify and rebuild do, isn't fed; it says so only if that lasts.
func TestAPausedConsumerSaysSo(t *testing.T) {
	p := newPipeline(t)
	config := p.watched(p.store)
	config.MaxLag = 3 * config.StallAfter // a stall would be told before
	consumer, stop := p.run(config)
	defer stop()
	p.publish(discovery(t, uuid.New(), "2026-03-12 18:00", "companies", 3))
	p.awaitCounted()
	p.want(p.figures("month"), map[string]string{"D02 2026-03-01": "3"})
	_, release, err := ingest.Hold(t.Context(), schemas.ConsumerDurable, claim.Config{JetStream: p.js, Command: "verify"})
	if err != nil {
		t.Fatal(err)
	}
	p.publish(discovery(t, uuid.New(), "2026-03-12 18:00", "companies", 4))
	awaitProblem(t, consumer, "the figures are behind", "1 wait", "paused")
	if problem := consumer.Problem(); strings.Contains(problem.Error(), "no progress") {
		t.Errorf("a hold is taken for a stall: %v", problem)
	}
	release()
	awaitProblem(t, consumer)
	p.awaitCounted()
	p.want(p.figures("month"), map[string]string{"D02 2026-03-01": "7"})
}

// clockAhead is a NATS server whose clock is ahead of this machine's.
type clockAhead struct {
	jetstream.JetStream
	by    time.Duration
	until time.Time // that it was told to pause
}

type infoAhead struct {
	jetstream.Consumer
	by time.Duration
}

func (c *clockAhead) Consumer(ctx context.Context, stream, name string) (jetstream.Consumer, error) {
	consumer, err := c.JetStream.Consumer(ctx, stream, name)
	return infoAhead{consumer, c.by}, err
}

func (c infoAhead) CachedInfo() *jetstream.ConsumerInfo {
	info := *c.Consumer.CachedInfo()
	info.TimeStamp = info.TimeStamp.Add(c.by)
	return &info
}

func (c *clockAhead) PauseConsumer(ctx context.Context, stream, name string, until time.Time) (*jetstream.ConsumerPauseResponse, error) {
	c.until = until
	return c.JetStream.PauseConsumer(ctx, stream, name, until.Add(-c.by))
}

// A hold lasts as long by the server's clock, whatever this machine's says: else nobody would be held.
func TestAHoldGoesByTheServersClock(t *testing.T) {
	p := newPipeline(t)
	p.consume(1)
	server := &clockAhead{JetStream: p.js, by: time.Hour}
	_, release, err := ingest.Hold(t.Context(), schemas.ConsumerDurable, claim.Config{JetStream: server, Command: "verify"})
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if left := time.Until(server.until) - server.by; left < ingest.HoldFor/2 || left > ingest.HoldFor {
		t.Errorf("held for %s by the server's clock, want %s", left, ingest.HoldFor)
	}
	if !p.info().Paused {
		t.Error("nobody is held")
	}
}

// A consumer that starts while all are held, as by an erasure, doesn't end that.
func TestAConsumerThatStartsStaysHeld(t *testing.T) {
	p := newPipeline(t)
	config := p.watched(p.store)
	_, stop := p.run(config)
	p.publish(discovery(t, uuid.New(), "2026-03-12 18:00", "companies", 3))
	p.awaitCounted()
	stop()
	_, release, err := ingest.Hold(t.Context(), schemas.ConsumerDurable, claim.Config{JetStream: p.js, Command: "verify"})
	if err != nil {
		t.Fatal(err)
	}
	config.AckWait += time.Second // by which it's seen that it has started
	_, stop = p.run(config)
	defer stop()
	testkit.Eventually(t, time.Minute, func() error {
		if wait := p.info().Config.AckWait; wait != config.AckWait {
			return fmt.Errorf("AckWait is still %s", wait)
		}
		return nil
	})
	if !p.info().Paused {
		t.Error("its start ended the pause")
	}
	release()
	p.publish(discovery(t, uuid.New(), "2026-03-12 18:00", "companies", 4))
	p.awaitCounted()
	p.want(p.figures("month"), map[string]string{"D02 2026-03-01": "7"})
}

// Somebody deletes the durable consumer: it is made anew, and what is counted again gives the same figures.
func TestADeletedConsumerIsMadeAnew(t *testing.T) {
	p := newPipeline(t)
	consumer, stop := p.run(p.watched(p.store))
	defer stop()
	p.publish(discovery(t, uuid.New(), "2026-03-12 18:00", "companies", 3))
	p.awaitCounted()
	p.want(p.figures("month"), map[string]string{"D02 2026-03-01": "3"})
	if err := p.js.DeleteConsumer(t.Context(), schemas.StreamEvents, schemas.ConsumerDurable); err != nil {
		t.Fatal(err)
	}
	p.publish(discovery(t, uuid.New(), "2026-03-12 18:00", "companies", 4))
	testkit.Eventually(t, time.Minute, func() error {
		_, err := p.js.Consumer(t.Context(), schemas.StreamEvents, schemas.ConsumerDurable)
		return err
	})
	p.awaitCounted()
	p.want(p.figures("month"), map[string]string{"D01 2026-03-01": "2", "D02 2026-03-01": "7"})
	awaitProblem(t, consumer)
}

// ClickHouse refuses inserts by itself, here for too many parts: readiness names the cause, the metric
// counts it, and the consumer recovers when it is mended.
func TestARefusalOfClickHouseIsNamed(t *testing.T) {
	p := newPipeline(t)
	registry := prometheus.NewRegistry()
	store, err := clickhouse.Open(clickhouse.Config{URL: p.url, Registerer: registry})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	testkit.Exec(t, p.url, "SYSTEM STOP MERGES event_store")
	testkit.Exec(t, p.url, "ALTER TABLE event_store MODIFY SETTING parts_to_delay_insert = 1, parts_to_throw_insert = 1")
	consumer, stop := p.run(p.watched(store))
	defer stop()
	for n := range 6 {
		p.publish(discovery(t, uuid.New(), "2026-03-12 18:00", "companies", int64(n)))
	}
	awaitProblem(t, consumer, "ClickHouse refuses inserts, too many parts: the consumer's step store has been failing")
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := false
	for _, f := range families {
		for _, m := range f.GetMetric() {
			counted = counted || f.GetName() == "vitrine_store_refusals_total" && m.GetLabel()[0].GetValue() == string(clickhouse.RefusalParts) && m.GetCounter().GetValue() > 0
		}
	}
	if !counted {
		t.Error("the refusals aren't counted")
	}
	testkit.Exec(t, p.url, "ALTER TABLE event_store RESET SETTING parts_to_delay_insert, parts_to_throw_insert")
	testkit.Exec(t, p.url, "SYSTEM START MERGES event_store")
	awaitProblem(t, consumer)
	p.awaitCounted()
	p.want(p.figures("month"), map[string]string{"D01 2026-03-01": "6", "D02 2026-03-01": "15"})
}

// What each failure means for readiness, without engines.
func TestHealthInWords(t *testing.T) {
	now := time.Date(2026, 3, 12, 18, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		health ingest.Health
		want   string // empty: well
	}{
		"idle":                      {ingest.Health{Step: "fetch"}, ""},
		"nothing waits for long":    {ingest.Health{Step: "fetch", Backlog: ingest.Backlog{MovedAt: now.Add(-time.Hour)}}, ""},
		"a failing step":            {ingest.Health{Step: "store", Err: errors.New("connection refused"), Since: now.Add(-90 * time.Second)}, "the consumer's step store has been failing for 1m30s: connection refused"},
		"the stream can't be asked": {ingest.Health{Step: "fetch", BacklogErr: errors.New("timeout")}, "how much waits can't be told: timeout"},
		"in another's hands": {ingest.Health{Step: "fetch", Backlog: ingest.Backlog{Waiting: 3, First: 17, Stored: now, MovedAt: now.Add(-5 * time.Minute)}},
			"no progress for 5m0s though 3 messages wait, from 17 on: nothing is delivered to this process; another one may have it in hand"},
	} {
		t.Run(name, func(t *testing.T) {
			problem := c.health.Problem(now)
			if got := fmt.Sprint(problem); problem == nil && c.want != "" || problem != nil && got != c.want {
				t.Errorf("got %v, want %q", problem, c.want)
			}
		})
	}
}

// Who can't have a hold of his own, or has lost it, doesn't end another one's: consumers would store what is being erased.
func TestAHoldIsEndedByItsHolderAlone(t *testing.T) {
	p := newPipeline(t)
	p.consume(1)
	hold := func(command string) (held context.Context, release func(), err error) {
		return ingest.Hold(t.Context(), schemas.ConsumerDurable, claim.Config{JetStream: p.js, Command: command, Patience: time.Nanosecond})
	}
	_, lost, err := hold("rebuild")
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := p.js.Stream(t.Context(), "KV_"+claim.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	if err := bucket.Purge(t.Context()); err != nil { // as when it expires
		t.Fatal(err)
	}
	_, release, err := hold("erase")
	if err != nil {
		t.Fatal(err)
	}
	var second *claim.HeldError
	if _, _, err := hold("verify"); !errors.As(err, &second) || second.By.Command != "erase" {
		t.Errorf("a second hold beside an erasure: %v", err)
	}
	lost()
	if !p.info().Paused {
		t.Error("the consumers go on, and an erasure holds them")
	}
	release()
	if p.info().Paused {
		t.Error("nobody holds the consumers, and they don't go on")
	}
}
