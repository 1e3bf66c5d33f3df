package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/consumers/periods"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/schemas"
)

// system is the pipeline between the real engines.
type system struct {
	t     *testing.T
	js    jetstream.JetStream
	store *clickhouse.Store
	url   string
	asOf  time.Time
}

func newSystem(t *testing.T, catalogue *schemas.Catalogue) *system {
	t.Helper()
	return newSystemOn(t, catalogue, storekit.URL(t), schemas.Cluster{})
}

// newSystemOn is the pipeline with a database that lies on a cluster.
func newSystemOn(t *testing.T, catalogue *schemas.Catalogue, url string, cluster schemas.Cluster) *system {
	t.Helper()
	js := testkit.Streams(t)
	store, err := clickhouse.Open(clickhouse.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if err := store.LayOut(t.Context(), cluster); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Migrate(t.Context(), schemas.DefaultZone, catalogue); err != nil {
		t.Fatal(err)
	}
	return &system{t: t, js: js, store: store, url: url, asOf: time.Date(2025, 12, 10, 0, 0, 0, 0, time.UTC)}
}

func (s *system) publish(events ...sent) {
	s.t.Helper()
	for i, e := range events {
		m := e.message(s.t, uint64(i+1))
		if _, err := s.js.Publish(s.t.Context(), m.Subject, m.Data); err != nil {
			s.t.Fatal(err)
		}
	}
}

// consume runs an ingest and a freezer until the test ends.
func (s *system) consume(catalogue *schemas.Catalogue, batch int) {
	s.t.Helper()
	s.consumeInto(s.store, catalogue, batch)
}

// consumeInto is consume with another store for what is ingested.
func (s *system) consumeInto(store ingest.Store, catalogue *schemas.Catalogue, batch int) {
	s.t.Helper()
	c, err := ingest.New(ingest.Config{JetStream: s.js, Store: store, Catalogue: catalogue, BatchSize: batch})
	if err != nil {
		s.t.Fatal(err)
	}
	f, err := periods.NewFreezer(periods.FreezerConfig{Store: s.store, Catalogue: catalogue, Every: 300 * time.Millisecond,
		Counted: func(ctx context.Context) (uint64, error) { return ingest.Counted(ctx, s.js, schemas.ConsumerDurable) }})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.Run(ctx) })
	group.Go(func() error { return f.Run(ctx) })
	s.t.Cleanup(func() {
		cancel()
		if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
			s.t.Errorf("ingest or freezer: %v", err)
		}
	})
}

func (s *system) verify(catalogue *schemas.Catalogue) Report {
	s.t.Helper()
	report, err := Verify(s.t.Context(), Config{JetStream: s.js, Store: s.store, Catalogue: catalogue, AsOf: s.asOf, Timeout: time.Minute})
	if err != nil {
		s.t.Fatal(err)
	}
	return report
}

func (s *system) exec(sql string) {
	s.t.Helper()
	if err := s.do(sql); err != nil {
		s.t.Fatal(err)
	}
}

// do runs a statement.
func (s *system) do(sql string) error {
	_, err := s.ask(sql)
	return err
}

// ask runs a statement and gives what it says.
func (s *system) ask(sql string) (string, error) {
	at := strings.LastIndex(s.url, "/")
	resp, err := http.Post(s.url[:at]+"/?wait_end_of_query=1&database="+s.url[at+1:], "text/plain", strings.NewReader(sql))
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s (%v)", resp.Status, body, err)
	}
	return string(body), nil
}

func (r Report) failIfNotExact(t *testing.T) {
	t.Helper()
	for _, c := range r.Checks {
		t.Logf("%-14s %6d expected, %6d found, %6d differing", c.Name, c.Expected, c.Found, c.Differing)
	}
	for _, d := range r.Differences {
		t.Error(d)
	}
	if !r.Exact() {
		t.Error("not exact")
	}
}
