package ingest_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/internal/bench/load"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// BenchmarkPipeline takes a load from the stream until it is counted; the whole time and that of each step are
// given by the event. VITRINE_BENCH_EVENTS is how many there are.
func BenchmarkPipeline(b *testing.B) {
	events := 100_000
	if n, err := strconv.Atoi(os.Getenv("VITRINE_BENCH_EVENTS")); err == nil {
		events = n
	}
	for _, shape := range []load.Shape{load.Recent, load.Backfill} {
		b.Run(string(shape), func(b *testing.B) {
			js, url := testkit.Streams(b), testkit.ClickHouse(b)
			l, err := load.New(load.Config{Labs: 1000, Events: events, Seed: 1, Shape: shape, Until: time.Now().Truncate(time.Second)})
			if err != nil {
				b.Fatal(err)
			}
			for m := range l.All() {
				if _, err := js.PublishAsync(m.Subject, bytes.Clone(m.Data), jetstream.WithStallWait(time.Minute)); err != nil {
					b.Fatal(err)
				}
			}
			<-js.PublishAsyncComplete()
			s, err := clickhouse.Open(clickhouse.Config{URL: url})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = s.Close() })
			if _, err := s.Migrate(b.Context(), schemas.DefaultZone, schemas.DefaultCatalogue()); err != nil {
				b.Fatal(err)
			}
			registry := prometheus.NewRegistry()
			consumer, err := ingest.New(ingest.Config{JetStream: js, Store: s, Registerer: registry, BatchSize: benchBatch()})
			if err != nil {
				b.Fatal(err)
			}
			var before, after syscall.Rusage
			if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			ctx, cancel := context.WithCancel(b.Context())
			done := make(chan error, 1)
			go func() { done <- consumer.Run(ctx) }()
			testkit.Eventually(b, 10*time.Minute, func() error {
				return ingest.WaitCounted(b.Context(), js, schemas.ConsumerDurable, nil)
			})
			b.StopTimer()
			if err := syscall.Getrusage(syscall.RUSAGE_SELF, &after); err != nil {
				b.Fatal(err)
			}
			cancel()
			if err := <-done; err != nil {
				b.Fatal(err)
			}
			total := float64(l.Len())
			b.ReportMetric(total/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(after.Utime.Nano()-before.Utime.Nano()+after.Stime.Nano()-before.Stime.Nano())/1e3/total, "cpu-µs/event")
			families, err := registry.Gather()
			if err != nil {
				b.Fatal(err)
			}
			for _, f := range families {
				if f.GetName() != "vitrine_consumer_step_seconds" {
					continue
				}
				for _, m := range f.GetMetric() {
					b.ReportMetric(m.GetHistogram().GetSampleSum()/total*1e6, fmt.Sprintf("%s-µs/event", m.GetLabel()[0].GetValue()))
				}
			}
		})
	}
}

func benchBatch() int {
	n, _ := strconv.Atoi(os.Getenv("VITRINE_BENCH_BATCH"))
	return n
}
