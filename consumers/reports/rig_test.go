package reports_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/consumers/periods"
	"vitrine/consumers/reports"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/schemas"
)

// rig is the pipeline between the real engines, with what the reports' tests publish.
type rig struct {
	t     *testing.T
	js    jetstream.JetStream
	store *clickhouse.Store
	paris *time.Location
	of    map[string]*reports.Report // those of the first quarter, by lab and language
}

func newRig(t *testing.T) *rig {
	t.Helper()
	paris, err := time.LoadLocation(schemas.DefaultZone)
	if err != nil {
		t.Fatal(err)
	}
	store := storekit.Open(t)
	return &rig{t: t, js: testkit.Streams(t), store: store, paris: paris}
}

// send publishes a version of a lab's event that goes by a name, on a day: at noon, or at the time that is given with it.
func (r *rig) send(lab, name string, revision int64, day, reason string, data any) {
	r.t.Helper()
	if len(day) == len(time.DateOnly) {
		day += " 12:00"
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", day, r.paris)
	if err != nil {
		r.t.Fatal(err)
	}
	e, err := schemas.NewEventWithID(schemas.RecordID(lab, "test", name), lab, "", at, data)
	if err != nil {
		r.t.Fatal(err)
	}
	e.Revision, e.Reason = revision, reason
	raw, err := json.Marshal(e)
	if err != nil {
		r.t.Fatal(err)
	}
	kind, _ := schemas.KindByName(e.Kind())
	subject := schemas.Subject(lab, kind.Name)
	if _, err := r.js.Publish(r.t.Context(), subject, raw); err != nil {
		r.t.Fatal(err)
	}
}

// settle counts what was sent and freezes what was approved.
func (r *rig) settle() {
	r.t.Helper()
	c, err := ingest.New(ingest.Config{JetStream: r.js, Store: r.store, BatchAge: 20 * time.Millisecond})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	testkit.Eventually(r.t, time.Minute, func() error {
		return ingest.WaitCounted(r.t.Context(), r.js, schemas.ConsumerDurable, nil)
	})
	cancel()
	if err := <-done; err != nil {
		r.t.Fatal(err)
	}
	if rejections, err := r.store.Rejections(r.t.Context()); err != nil || len(rejections) > 0 {
		r.t.Fatalf("rejected: %+v, %v", rejections, err)
	}
	freezer, err := periods.NewFreezer(periods.FreezerConfig{Store: r.store, Counted: func(ctx context.Context) (uint64, error) {
		return ingest.Counted(ctx, r.js, schemas.ConsumerDurable)
	}})
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := freezer.Once(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) sources() reports.Sources {
	archive := periods.Archive{Store: r.store, Catalogue: schemas.DefaultCatalogue(), Zone: r.paris}
	return reports.Sources{Store: r.store, Behind: archive.Behind, Zone: r.paris, Version: "test",
		Now: func() time.Time { return time.Date(2026, 5, 4, 10, 30, 0, 0, time.UTC) }}
}

func (r *rig) build(lab, period string, lang schemas.Lang) *reports.Report {
	r.t.Helper()
	report, err := reports.Build(r.t.Context(), r.sources(), reports.Question{Lab: lab, Period: period, Lang: lang})
	if err != nil {
		r.t.Fatalf("report on %q, %s: %v", lab, period, err)
	}
	return report
}
