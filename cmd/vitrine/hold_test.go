package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/backup"
	"vitrine/consumers/claim"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/producers"
	"vitrine/schemas"
)

// Whoever comes second is told in his language who is at work, since when and where.
func TestWhoIsAtWorkIsTold(t *testing.T) {
	held := fmt.Errorf("verify: %w", &claim.HeldError{By: claim.Holder{Command: "rebuild", Host: "serveur-2", Process: 4711, Since: time.Date(2026, 11, 28, 20, 30, 0, 0, time.UTC)}})
	lost := errors.Join(claim.ErrLost, errors.New("context canceled"))
	for _, c := range []struct {
		lang schemas.Lang
		err  error
		want []string
	}{
		{schemas.French, held, []string{"vitrine rebuild travaille", "2026-11-28 21:30", "serveur-2", "4711", "redonnez la commande"}},
		{schemas.English, held, []string{"vitrine rebuild is at work", "2026-11-28 21:30", "serveur-2", "4711", "give the command again"}},
		{schemas.French, lost, []string{"un autre processus", "redonnez la commande"}},
		{schemas.English, lost, []string{"another process", "give the command again"}},
	} {
		paris, err := time.LoadLocation(schemas.DefaultZone)
		if err != nil {
			t.Fatal(err)
		}
		env := &environment{Config: config{Lang: c.lang, Zone: paris}}
		for _, want := range c.want {
			if got := env.claimed(c.err).Error(); !strings.Contains(got, want) {
				t.Errorf("%q lacks %q", got, want)
			}
		}
	}
}

// A restore into servers whose consumers run waits until they have nothing in hand: they would store it among what is loaded, and what is erased again.
func TestARestoreWaitsUntilHandsAreEmpty(t *testing.T) {
	natsURL := testkit.NATS(t)
	js := testkit.JetStream(t, natsURL)
	if err := producers.EnsureStreams(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	pull, err := js.CreateConsumer(t.Context(), schemas.StreamEvents, jetstream.ConsumerConfig{Durable: schemas.ConsumerDurable, AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), schemas.Subject("atelier-nord", "discovery.held"), []byte(eventJSON(1, "4"))); err != nil {
		t.Fatal(err)
	}
	inHand, err := pull.Next()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "backup")
	if _, err := backup.Make(t.Context(), backup.Config{Dir: folder, Engine: storekit.Open(t), Counted: func(context.Context) (uint64, error) { return 0, nil }}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		var out bytes.Buffer
		env := &environment{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }}
		err := error(nil)
		if status := run(t.Context(), env, []string{"restore", "--from", folder, "--only", "engine", "--nats-url", natsURL, "--clickhouse-url", testkit.ClickHouse(t)}); status != 0 {
			err = fmt.Errorf("exit status %d: %s", status, &out)
		}
		ended <- err
	}()
	testkit.Eventually(t, time.Minute, func() error {
		if info, err := pull.Info(t.Context()); err != nil || !info.Paused {
			return fmt.Errorf("the consumers aren't held (%v)", err)
		}
		return nil
	})
	select {
	case err := <-ended:
		t.Fatalf("it is done, and an event is in a hand (%v)", err)
	case <-time.After(2 * time.Second): // all of it takes some tenths
	}
	if err := inHand.DoubleAck(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if info, err := pull.Info(t.Context()); err != nil || info.Paused {
		t.Errorf("it is done, and the consumers stay held (%v)", err)
	}
}
