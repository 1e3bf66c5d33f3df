package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/consumers/rollup"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// faulty is a store whose every step fails the first times it is asked, once with nothing done and
// once after all was done: the reply got lost.
type faulty struct {
	ingest.Store
	mu    sync.Mutex
	asked map[string]int
}

var errFault = errors.New("injected fault")

func (f *faulty) inject(step string, do func() error) error {
	f.mu.Lock()
	f.asked[step]++
	n := f.asked[step]
	f.mu.Unlock()
	if n == 1 {
		return errFault
	}
	if err := do(); err != nil {
		return err
	}
	if n == 2 {
		return errFault
	}
	return nil
}

func (f *faulty) InsertEvents(ctx context.Context, rows []clickhouse.Row) error {
	return f.inject("store", func() error { return f.Store.InsertEvents(ctx, rows) })
}

func (f *faulty) Recall(ctx context.Context, rows []clickhouse.Row, seen *clickhouse.Seen) (doubtful []clickhouse.EventID, err error) {
	err = f.inject("recall", func() (err error) {
		doubtful, err = f.Store.Recall(ctx, rows, seen)
		return err
	})
	return doubtful, err
}

func (f *faulty) Settle(ctx context.Context, ids []clickhouse.EventID) (cells []clickhouse.Cell, err error) {
	err = f.inject("settle", func() (err error) {
		cells, err = f.Store.Settle(ctx, ids)
		return err
	})
	return cells, err
}

func (f *faulty) Announce(ctx context.Context, rows []clickhouse.Row, moved []clickhouse.Cell, shelf *clickhouse.Shelf) error {
	return f.inject("announce", func() error { return f.Store.Announce(ctx, rows, moved, shelf) })
}

func (f *faulty) Recompute(ctx context.Context, rules *rollup.Rules, rows []clickhouse.Row, moved []clickhouse.Cell, shelf *clickhouse.Shelf) (cells int, err error) {
	err = f.inject("recompute", func() (err error) {
		cells, err = f.Store.Recompute(ctx, rules, rows, moved, shelf)
		return err
	})
	return cells, err
}

func (f *faulty) InsertRejections(ctx context.Context, rejections []clickhouse.Rejection) error {
	return f.inject("reject", func() error { return f.Store.InsertRejections(ctx, rejections) })
}

// run runs a consumer until stop; the error of Run fails the test.
func (p *pipeline) run(c ingest.Config) (consumer *ingest.Consumer, stop func()) {
	p.t.Helper()
	consumer, err := ingest.New(c)
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(p.t.Context())
	done := make(chan error, 1)
	go func() { done <- consumer.Run(ctx) }()
	return consumer, sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			p.t.Error(err)
		}
	})
}

func (p *pipeline) info() *jetstream.ConsumerInfo {
	p.t.Helper()
	consumer, err := p.js.Consumer(p.t.Context(), schemas.StreamEvents, schemas.ConsumerDurable)
	if err != nil {
		p.t.Fatal(err)
	}
	return consumer.CachedInfo()
}

// Each step that fails is repeated, counted, and shown by Health; nothing is lost or doubled.
func TestAFailedStepIsRepeated(t *testing.T) {
	p := newPipeline(t)
	p.publish(discovery(t, uuid.New(), "2026-03-12 18:00", "companies", 3))
	p.publishRaw("vitrine.events.x.discovery.held", []byte("{"))
	registry := prometheus.NewRegistry()
	consumer, stop := p.run(ingest.Config{JetStream: p.js, Store: &faulty{Store: p.store, asked: map[string]int{}}, Registerer: registry})
	defer stop()
	testkit.Eventually(t, time.Minute, func() error {
		if h := consumer.Health(); !errors.Is(h.Err, errFault) {
			return fmt.Errorf("health shows %v", h.Err)
		}
		return nil
	})
	testkit.Eventually(t, time.Minute, func() error {
		if info := p.info(); info.AckFloor.Stream != 2 {
			return fmt.Errorf("acknowledged up to %d", info.AckFloor.Stream)
		}
		return nil
	})
	stop()
	if h := consumer.Health(); h.Err != nil {
		t.Errorf("health still shows %v", h.Err)
	}
	p.want(p.figures("month"), map[string]string{"D01 2026-03-01": "1", "D02 2026-03-01": "3"})
	if rejections, err := p.store.Rejections(t.Context()); err != nil || len(rejections) != 1 {
		t.Errorf("rejections: %+v, %v", rejections, err)
	}
	failures, err := testutil.GatherAndCount(registry, "vitrine_consumer_step_failures_total")
	if err != nil || failures != 6 {
		t.Errorf("failures are counted for %d steps, %v; want store, recall, settle, announce, recompute, reject", failures, err)
	}
}

// slow takes longer over a batch than the stream waits for an acknowledgement.
type slow struct {
	ingest.Store
	entered chan struct{}
	release chan struct{}
}

func (s *slow) Recompute(ctx context.Context, rules *rollup.Rules, rows []clickhouse.Row, moved []clickhouse.Cell, shelf *clickhouse.Shelf) (int, error) {
	select {
	case s.entered <- struct{}{}:
	default:
	}
	select {
	case <-s.release:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	return s.Store.Recompute(ctx, rules, rows, moved, shelf)
}

// A batch that takes long isn't delivered again meanwhile: the consumer gives signs of life.
func TestALongBatchIsKeptAlive(t *testing.T) {
	p := newPipeline(t)
	p.publish(discovery(t, uuid.New(), "2026-03-12 18:00", "companies", 3))
	store := &slow{Store: p.store, entered: make(chan struct{}, 1), release: make(chan struct{})}
	const ackWait = 3 * time.Second // with a sign of life every third from the second on, and a machine that may be busy
	_, stop := p.run(ingest.Config{JetStream: p.js, Store: store, AckWait: ackWait})
	defer stop()
	<-store.entered
	// Another consumer would get the message if it were delivered again.
	other, err := p.js.Consumer(t.Context(), schemas.StreamEvents, schemas.ConsumerDurable)
	if err != nil {
		t.Fatal(err)
	}
	again, err := other.Fetch(1, jetstream.FetchMaxWait(2*ackWait))
	if err != nil {
		t.Fatal(err)
	}
	for m := range again.Messages() {
		t.Errorf("delivered again: %s", m.Subject())
	}
	close(store.release)
	testkit.Eventually(t, time.Minute, func() error {
		if info := p.info(); info.NumAckPending > 0 || info.AckFloor.Stream != 1 {
			return fmt.Errorf("%d in hand", info.NumAckPending)
		}
		return nil
	})
}

// What can't be finished in time at shutdown is given back at once, and counted by the next consumer.
func TestAnUnfinishedBatchIsGivenBack(t *testing.T) {
	p := newPipeline(t)
	p.publish(discovery(t, uuid.New(), "2026-03-12 18:00", "companies", 3))
	store := &slow{Store: p.store, entered: make(chan struct{}, 1), release: make(chan struct{})}
	_, stop := p.run(ingest.Config{JetStream: p.js, Store: store, AckWait: time.Hour, ShutdownTimeout: 50 * time.Millisecond})
	<-store.entered
	stop()
	_, stop = p.run(ingest.Config{JetStream: p.js, Store: p.store, AckWait: time.Hour})
	defer stop()
	testkit.Eventually(t, time.Minute, func() error {
		if info := p.info(); info.AckFloor.Stream != 1 {
			return errors.New("the message isn't counted, though AckWait is an hour")
		}
		return nil
	})
	p.want(p.figures("month"), map[string]string{"D02 2026-03-01": "3"})
}
