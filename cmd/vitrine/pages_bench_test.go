package main

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vitrine/consumers/alerts"
	"vitrine/consumers/call"
	"vitrine/consumers/clickhouse"
	"vitrine/consumers/opendata"
	"vitrine/consumers/periods"
	"vitrine/consumers/reports"
	"vitrine/consumers/status"
	"vitrine/dashboards/showcase"
	"vitrine/internal/bench/latency"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// Benchmarks of pages and reports read a database that is there, or a sample of the demo's labs:
//
//	go test ./cmd/vitrine -run '^$' -bench Pages -benchtime 30x -args -clickhouse http://127.0.0.1:8123/vitrine
var (
	benchClickHouse = flag.String("clickhouse", "", "filled database that benchmarks read, http://host:port/database")
	benchTable      = flag.String("table", "", "file that BenchmarkPages writes a table to")
)

// benchStore is the database to read, behind a recorder of its queries.
func benchStore(b *testing.B) (*clickhouse.Store, *latency.Recorder) {
	b.Helper()
	address := *benchClickHouse
	if address == "" {
		address = testkit.ClickHouse(b)
		demoSample(b, address, time.Now())
	}
	recorder, err := latency.NewRecorder(address, filepath.Join("..", "..", "consumers", "clickhouse", "queries"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(recorder.Close)
	store, err := clickhouse.Open(clickhouse.Config{URL: recorder.URL})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	return store, recorder
}

// asCounted is a stream of which everything is counted.
type asCounted struct{}

func (asCounted) Last(context.Context, string) (uint64, error)  { return 1, nil }
func (asCounted) Counted(context.Context, uint64) (bool, error) { return true, nil }

// reading is what a page, an answer or a report reads when nothing is kept from before.
type reading struct {
	name string
	read func(context.Context) error
}

// readings are all that people look at; those of a lab are of one with commitments.
func readings(b *testing.B, store *clickhouse.Store) []reading {
	b.Helper()
	zone, err := time.LoadLocation(schemas.DefaultZone)
	if err != nil {
		b.Fatal(err)
	}
	env := &environment{Stdout: io.Discard, Stderr: io.Discard, Config: config{Zone: zone, ZoneName: schemas.DefaultZone}}
	today := env.today()
	s := &services{store: store, catalogue: schemas.DefaultCatalogue(), logger: slog.New(slog.DiscardHandler), registry: prometheus.NewRegistry()}
	commitments, err := store.CommitmentStatuses(b.Context(), today, "")
	if err != nil {
		b.Fatal(err)
	}
	if len(commitments) == 0 {
		b.Fatal("the database has no commitments")
	}
	lab, quarter := commitments[0].Lab, opendata.LastComplete(today)
	desk, err := periods.NewDesk(periods.DeskConfig{Store: store, Stream: asCounted{}, Zone: zone})
	if err != nil {
		b.Fatal(err)
	}
	labs, shown, overview := programmeLabs{env, s}, programmePeriods{env, s, desk}, programmeOverview{env, s, nil}
	states, err := store.PeriodStates(b.Context(), today, "")
	if err != nil {
		b.Fatal(err)
	}
	alertsOf, err := alerts.FromStore(store, alerts.Rules{})
	if err != nil {
		b.Fatal(err)
	}
	public := &publicSource{store: store, zone: zone, loading: func() *showcase.Progress { return nil }}
	report := func(lab string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := reports.Build(ctx, env.reportSources(store, s.catalogue), reports.Question{Lab: lab, Period: quarter.String(), Lang: schemas.French})
			return err
		}
	}
	all := []reading{
		{"showcase", func(ctx context.Context) error { return only(public.Programme(ctx)) }},
		{"open-data-release", func(ctx context.Context) error {
			return only(opendata.ReadFacts(ctx, store, s.catalogue, quarter))
		}},
		{"programme", func(ctx context.Context) error { return only(labs.Portfolio(ctx, today)) }},
		{"programme-lab", func(ctx context.Context) error { return only(labs.Lab(ctx, lab, today)) }},
		{"programme-periods", func(ctx context.Context) error { return only(shown.Periods(ctx, "")) }},
		{"programme-quality", func(ctx context.Context) error { return only(overview.Quality(ctx)) }},
		{"programme-call", func(ctx context.Context) error { return only(call.Read(ctx, store, s.catalogue, today)) }},
		{"alerts", func(ctx context.Context) error { return only(alertsOf(ctx, today)) }},
		{"status", func(ctx context.Context) error { return only(status.Read(ctx, store, today)) }},
		{"lab-status", func(ctx context.Context) error { return only(store.CommitmentStatuses(ctx, today, lab)) }},
		{"report-lab", report(lab)},
		{"report-programme", report("")},
	}
	if len(states) > 0 {
		of := states[0]
		all = append(all, reading{"programme-period", func(ctx context.Context) error { return only(shown.Figures(ctx, of.Lab, of.Period)) }})
	}
	return all
}

// only drops what was read.
func only[T any](_ T, err error) error { return err }

// BenchmarkPages reads what each page shows, past what is kept from before, and reports how long that and its slowest query take.
func BenchmarkPages(b *testing.B) {
	store, recorder := benchStore(b)
	var places []latency.Place
	for _, r := range readings(b, store) {
		var last latency.Place
		b.Run("page="+r.name, func(b *testing.B) {
			b.ReportAllocs()
			if err := r.read(b.Context()); err != nil { // what is read first is read from the disk
				b.Fatal(err)
			}
			recorder.Clear()
			var whole latency.Times
			for b.Loop() {
				began := time.Now()
				if err := r.read(b.Context()); err != nil {
					b.Fatal(err)
				}
				whole.Add(r.name, time.Since(began))
			}
			last = latency.Place{Name: r.name, Whole: whole.Rows()[0]}
			if queries := recorder.Rows(); len(queries) > 0 {
				last.Slowest = queries[0]
			}
			b.ReportMetric(latency.Milliseconds(last.Whole.P50), "p50-ms")
			b.ReportMetric(latency.Milliseconds(last.Whole.P99), "p99-ms")
			b.ReportMetric(latency.Milliseconds(last.Slowest.P50), "slowest-query-p50-ms")
			b.ReportMetric(latency.Milliseconds(last.Slowest.P99), "slowest-query-p99-ms")
		})
		if last.Name != "" {
			places = append(places, last)
		}
	}
	if err := latency.WriteFile(*benchTable, places); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkReport writes a lab's report that was read, in each format.
func BenchmarkReport(b *testing.B) {
	store, _ := benchStore(b)
	zone, err := time.LoadLocation(schemas.DefaultZone)
	if err != nil {
		b.Fatal(err)
	}
	env := &environment{Config: config{Zone: zone}}
	commitments, err := store.CommitmentStatuses(b.Context(), env.today(), "")
	if err != nil || len(commitments) == 0 {
		b.Fatal(len(commitments), err)
	}
	report, err := reports.Build(b.Context(), env.reportSources(store, schemas.DefaultCatalogue()),
		reports.Question{Lab: commitments[0].Lab, Period: opendata.LastComplete(env.today()).String(), Lang: schemas.French})
	if err != nil {
		b.Fatal(err)
	}
	for _, format := range reports.Formats() {
		b.Run("format="+format, func(b *testing.B) {
			b.ReportAllocs()
			var out strings.Builder
			for b.Loop() {
				out.Reset()
				if err := reports.Write(&out, report, format); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(out.Len()), "bytes/report")
		})
	}
}
