package ingest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// BenchmarkDurabilityIngest is what flushing costs the consumer: one run takes events from the stream until
// they are counted, in batches of 5,000, of the last month alone or scattered over two years.
func BenchmarkDurabilityIngest(b *testing.B) {
	const events = 20_000
	for _, days := range []int{30, 730} {
		for _, fsync := range []string{
			"fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1",
			"fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 0",
			"fsync_after_insert = 0, fsync_part_directory = 0, min_rows_to_fsync_after_merge = 0",
		} {
			name := strings.NewReplacer(" = ", "=", ", ", "/", "fsync_after_insert", "insert", "fsync_part_directory", "folder", "min_rows_to_fsync_after_merge", "merge").Replace(fsync)
			b.Run(fmt.Sprintf("days=%d/%s", days, name), func(b *testing.B) {
				for range b.N {
					b.StopTimer()
					config := benchPipeline(b, fsync, events, days)
					b.StartTimer()
					consumer, err := ingest.New(config)
					if err != nil {
						b.Fatal(err)
					}
					ctx, cancel := context.WithCancel(b.Context())
					done := make(chan error, 1)
					go func() { done <- consumer.Run(ctx) }()
					testkit.Eventually(b, 5*time.Minute, func() error {
						return ingest.WaitCounted(b.Context(), config.JetStream, schemas.ConsumerDurable, nil)
					})
					b.StopTimer()
					cancel()
					if err := <-done; err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
				}
				b.ReportMetric(float64(events*b.N)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}

// benchPipeline is a stream with events in it and an empty store with these settings of its tables.
func benchPipeline(b *testing.B, settings string, events, days int) ingest.Config {
	b.Helper()
	js, url := testkit.Streams(b), testkit.ClickHouse(b)
	s, err := clickhouse.Open(clickhouse.Config{URL: url})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	if _, err := s.Migrate(b.Context(), schemas.DefaultZone, schemas.DefaultCatalogue()); err != nil {
		b.Fatal(err)
	}
	for _, table := range []string{"event_store", "event_keys", "event_versions", "kpi_cells", "rejection_store"} {
		answer, err := http.Post(strings.Replace(url, "/db_", "/?database=db_", 1), "text/plain", strings.NewReader("ALTER TABLE "+table+" MODIFY SETTING "+settings))
		if err != nil {
			b.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			b.Fatalf("change the settings of %s: %s", table, answer.Status)
		}
	}
	for n := range events {
		attendance := int64(n % 100)
		at := time.Date(2026, 4, 30, 12, 0, 0, 0, time.UTC).AddDate(0, 0, -(n*7919)%days)
		e, err := schemas.NewEventWithID(uuid.New(), fmt.Sprintf("lab-%d", n%50), "", at, schemas.DiscoveryHeld{Type: "open_day", Audience: "companies", Attendance: &attendance})
		if err != nil {
			b.Fatal(err)
		}
		raw, err := json.Marshal(e)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := js.PublishAsync(schemas.Subject(e.Lab(), e.Kind()), raw, jetstream.WithStallWait(time.Minute)); err != nil {
			b.Fatal(err)
		}
	}
	<-js.PublishAsyncComplete()
	return ingest.Config{JetStream: js, Store: s, BatchSize: 5000}
}
