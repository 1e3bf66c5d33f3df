package ingest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// sizes remembers how large the batches were that were stored, and calls decided when the first is being decided.
type sizes struct {
	ingest.Store
	decided func()

	once   sync.Once
	mu     sync.Mutex
	stored []int
}

func (s *sizes) FiguresMade(ctx context.Context) (clickhouse.Made, error) {
	s.once.Do(s.decided)
	return s.Store.FiguresMade(ctx)
}

func (s *sizes) InsertEvents(ctx context.Context, rows []clickhouse.Row) error {
	s.mu.Lock()
	s.stored = append(s.stored, len(rows))
	s.mu.Unlock()
	return s.Store.InsertEvents(ctx, rows)
}

func (s *sizes) all() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stored
}

const waitingEvents = 6000

// newPipelineWithEvents is a pipeline with events that wait.
func newPipelineWithEvents(t *testing.T) *pipeline {
	t.Helper()
	p := newPipeline(t)
	for range waitingEvents {
		raw, err := json.Marshal(discovery(t, uuid.New(), "2026-03-12 18:00", "companies", 1))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.js.PublishAsync(schemas.Subject(lab, "discovery.held"), raw); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-p.js.PublishAsyncComplete():
	case <-time.After(time.Minute):
		t.Fatal("the stream doesn't acknowledge")
	}
	return p
}

// behind is a pipeline with events that wait, and a consumer that could count the first few at once.
func behind(t *testing.T, decided func(*pipeline)) (*pipeline, *sizes) {
	t.Helper()
	p := newPipelineWithEvents(t)
	store := &sizes{Store: p.store, decided: func() { decided(p) }}
	_, stop := p.run(ingest.Config{JetStream: p.js, Store: store, BatchAge: time.Nanosecond})
	t.Cleanup(stop)
	return p, store
}

func TestABatchTakesItsShareOfWhatWaits(t *testing.T) {
	p, store := behind(t, func(*pipeline) {})
	p.awaitCounted()
	// There are three hands, and nothing is counted yet: a sixteenth of what waits behind it is a seventeenth of all.
	if first := store.all()[0]; first < waitingEvents/17 {
		t.Errorf("batches of %d: the first is less than a seventeenth of %d", store.all(), waitingEvents)
	}
	p.want(p.figures("month"), map[string]string{"D02 2026-03-01": strconv.Itoa(waitingEvents)})
}

// A consumer that is held gets no more, however many messages wait: what it has is counted.
func TestABatchIsCountedThoughNoMoreComes(t *testing.T) {
	_, store := behind(t, func(p *pipeline) {
		if _, err := p.js.PauseConsumer(t.Context(), schemas.StreamEvents, schemas.ConsumerDurable, time.Now().Add(time.Hour)); err != nil {
			t.Error(err)
		}
	})
	testkit.Eventually(t, time.Minute, func() error {
		if stored := store.all(); len(stored) == 0 || stored[0] >= waitingEvents/17 {
			return fmt.Errorf("batches of %d were stored, expected a small one", stored)
		}
		return nil
	})
}

// undecided never learns which figures there are, so that nothing is decided.
type undecided struct {
	ingest.Store
	once    sync.Once
	entered chan struct{}
}

func (s *undecided) FiguresMade(ctx context.Context) (clickhouse.Made, error) {
	s.once.Do(func() { close(s.entered) })
	<-ctx.Done()
	return clickhouse.Made{}, ctx.Err()
}

// A consumer that is stopped while it decides gives back what it asked for meanwhile, too.
func TestWhatComesWhileABatchIsDecidedIsGivenBack(t *testing.T) {
	p := newPipelineWithEvents(t)
	store := &undecided{Store: p.store, entered: make(chan struct{})}
	_, stop := p.run(ingest.Config{JetStream: p.js, Store: store, AckWait: time.Hour})
	<-store.entered
	testkit.Eventually(t, time.Minute, func() error {
		if given := p.info().NumAckPending; given < 2 {
			return fmt.Errorf("%d messages are given, expected more than the one that is decided", given)
		}
		return nil
	})
	stop()
	_, stop = p.run(ingest.Config{JetStream: p.js, Store: p.store, AckWait: time.Hour})
	defer stop()
	testkit.Eventually(t, time.Minute, func() error {
		if floor := p.info().AckFloor.Stream; floor < waitingEvents {
			return fmt.Errorf("counted up to message %d of %d, and AckWait is an hour", floor, waitingEvents)
		}
		return nil
	})
	p.want(p.figures("month"), map[string]string{"D02 2026-03-01": strconv.Itoa(waitingEvents)})
}
