package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"testing"
	"time"

	"github.com/google/uuid"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/schemas"
)

// widest remembers the most rejections that came at once.
type widest struct {
	ingest.Store
	most int
}

func (w *widest) InsertRejections(ctx context.Context, rejections []clickhouse.Rejection) error {
	w.most = max(w.most, len(rejections))
	return w.Store.InsertRejections(ctx, rejections)
}

// Large messages behind small ones take no more memory than a batch may: what is asked for is bounded in bytes, too.
func TestABatchOfLargeMessagesEnds(t *testing.T) {
	p := newPipeline(t)
	const small, large, size = 300, 100, 250 << 10
	for range small {
		p.publish(discovery(t, uuid.New(), "2026-03-12 18:00", "companies", 1))
	}
	for range large {
		p.publishRaw("vitrine.events.x.discovery.held", bytes.Repeat([]byte("x"), size))
	}
	store := &widest{Store: p.store}
	limit := debug.SetMemoryLimit(300 << 20) // a batch may hold 4 MiB then
	config := ingest.Config{JetStream: p.js, Store: store, Hands: 1}
	consumer, err := ingest.New(config)
	debug.SetMemoryLimit(limit)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- consumer.Run(ctx) }()
	waiting, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	if err := ingest.WaitCountedUpTo(waiting, p.js, schemas.ConsumerDurable, small+large); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := errors.Join(<-done, p.allRejected(large)); err != nil {
		t.Error(err)
	}
	if store.most*size > 5<<20 {
		t.Errorf("%d messages of %d KiB were taken at once", store.most, size>>10)
	}
	p.want(p.figures("month"), map[string]string{"D02 2026-03-01": fmt.Sprint(small)})
}

func (p *pipeline) allRejected(want int) error {
	rejections, err := p.store.Rejections(p.t.Context())
	if err == nil && len(rejections) != want {
		err = fmt.Errorf("%d rejections, want %d", len(rejections), want)
	}
	return err
}
