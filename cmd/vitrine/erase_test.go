package main

import (
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/schemas"
)

// Nothing is erased while somebody may still store what he has in hand, unless he waits for the figures: then he gives it back.
func TestNothingIsErasedOutOfAHand(t *testing.T) {
	js, store := testkit.Streams(t), storekit.Open(t)
	s := &services{js: js, store: store, catalogue: schemas.DefaultCatalogue(), logger: slog.New(slog.DiscardHandler)}
	env := &environment{Stdout: io.Discard, Config: config{Lang: schemas.French}}
	pull, err := js.CreateConsumer(t.Context(), schemas.StreamEvents, jetstream.ConsumerConfig{Durable: schemas.ConsumerDurable, AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), schemas.Subject("atelier-nord", "discovery.held"), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	inHand, err := pull.Next()
	if err != nil {
		t.Fatal(err)
	}
	hold := func() error {
		_, release, err := env.holdIdle(s, "erase", 200*time.Millisecond)(t.Context())
		if err == nil {
			release()
		}
		return err
	}
	if err := hold(); err == nil || !strings.Contains(err.Error(), "a encore des événements en main") {
		t.Errorf("with an event in hand: %v", err)
	}
	if info, err := pull.Info(t.Context()); err != nil || info.Paused {
		t.Errorf("refused, and the consumers stay held (%v)", err)
	}
	if err := store.SetFiguresMadeWith(t.Context(), clickhouse.Rebuilding); err != nil {
		t.Fatal(err)
	}
	if err := hold(); err != nil {
		t.Errorf("while the figures are made: %v", err)
	}
	if err := store.SetFiguresMadeWith(t.Context(), "something"); err != nil {
		t.Fatal(err)
	}
	if err := inHand.DoubleAck(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := hold(); err != nil {
		t.Errorf("with nothing in hand: %v", err)
	}
}
