package ingest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// pipeline is a stream, a migrated store and a way to run consumers between them.
type pipeline struct {
	t     *testing.T
	js    jetstream.JetStream
	store *clickhouse.Store
}

func newPipeline(t *testing.T) *pipeline {
	t.Helper()
	nc, err := nats.Connect(testkit.NATS(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range schemas.Streams() {
		if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: s.Name, Subjects: s.Subjects}); err != nil {
			t.Fatal(err)
		}
	}
	store, err := clickhouse.Open(clickhouse.Config{URL: testkit.ClickHouse(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if _, err := store.Migrate(t.Context(), schemas.DefaultZone, schemas.DefaultCatalogue()); err != nil {
		t.Fatal(err)
	}
	return &pipeline{t: t, js: js, store: store}
}

func (p *pipeline) publish(events ...*schemas.Event) {
	p.t.Helper()
	for _, e := range events {
		raw, err := json.Marshal(e)
		if err != nil {
			p.t.Fatal(err)
		}
		if _, err := p.js.Publish(p.t.Context(), schemas.Subject(e.Lab(), e.Kind()), raw); err != nil {
			p.t.Fatal(err)
		}
	}
}

// consume runs a consumer until nothing is left to do.
func (p *pipeline) consume() {
	p.t.Helper()
	c, err := ingest.New(ingest.Config{JetStream: p.js, Store: p.store})
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(p.t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	testkit.Eventually(p.t, time.Minute, func() error {
		if h := c.Health(); h.Err != nil {
			return h.Err
		}
		consumer, err := p.js.Consumer(p.t.Context(), schemas.StreamEvents, schemas.ConsumerDurable)
		if err != nil {
			return err
		}
		info, err := consumer.Info(p.t.Context())
		if err != nil {
			return err
		}
		if info.NumPending+uint64(info.NumAckPending) > 0 {
			return fmt.Errorf("%d waiting, %d in hand", info.NumPending, info.NumAckPending)
		}
		return nil
	})
	cancel()
	if err := <-done; err != nil {
		p.t.Fatal(err)
	}
}

func TestATrainingBecomesFigures(t *testing.T) {
	p := newPipeline(t)
	zone, _ := time.LoadLocation("Europe/Paris")
	start := time.Date(2026, 3, 12, 18, 0, 0, 0, zone)
	e, err := schemas.NewEvent("atelier-nord", "", start, schemas.TrainingHeld{
		End: start.Add(2 * time.Hour), Topic: "machine_laser_vinyl", Audience: "companies", Attendees: 7,
		Companies: []schemas.Company{{SIREN: "732829320", Size: "pme"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.publish(e)
	p.consume()
	figures, err := p.store.Figures(t.Context(), "month", "atelier-nord")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figures {
		t.Log(f)
	}
}
