package periods_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/shopspring/decimal"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/consumers/periods"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/schemas"
)

const closedLab, quarter = "atelier-sud", "2026-Q1"

// closing is a lab's events, by short names, and a freezer, between the real engines.
type closing struct {
	t       *testing.T
	js      jetstream.JetStream
	store   *clickhouse.Store
	url     string
	freezer *periods.Freezer
	names   map[uuid.UUID]string
}

func newClosing(t *testing.T) *closing {
	t.Helper()
	c := &closing{t: t, js: testkit.Streams(t), url: storekit.URL(t), names: map[uuid.UUID]string{}}
	c.store = storekit.At(t, c.url)
	c.freezer = c.newFreezer(nil)
	c.send("lab", 0, "2025-10-01", schemas.LabRegistered{Name: "Atelier Sud", Commune: "Sète"})
	c.send("agreement", 0, "2026-01-01", schemas.AgreementSigned{Agreement: "A1", Start: "2026-01-01", End: "2026-12-31",
		Reporting:   []schemas.ReportingDue{{Period: quarter, Due: "2026-04-15"}},
		Commitments: []schemas.Commitment{{Indicator: "D02", Target: schemas.Int(52), From: "2026-01-01", Due: "2026-12-31", Mode: "cumulative"}}})
	return c
}

func (c *closing) newFreezer(registerer prometheus.Registerer) *periods.Freezer {
	c.t.Helper()
	freezer, err := periods.NewFreezer(periods.FreezerConfig{Store: c.store, Registerer: registerer,
		Counted: func(ctx context.Context) (uint64, error) { return ingest.Counted(ctx, c.js, schemas.ConsumerDurable) }})
	if err != nil {
		c.t.Fatal(err)
	}
	return freezer
}

// send publishes a version of the event that goes by a name.
func (c *closing) send(name string, revision int64, day string, data any, change ...func(*schemas.Event)) {
	c.t.Helper()
	c.sendAs(closedLab, name, revision, day, data, change...)
}

// sendAs is send of any lab's.
func (c *closing) sendAs(lab, name string, revision int64, day string, data any, change ...func(*schemas.Event)) {
	c.t.Helper()
	id := schemas.RecordID(lab, "test", name)
	c.names[id] = name
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		c.t.Fatal(err)
	}
	e, err := schemas.NewEventWithID(id, lab, "", at.Add(10*time.Hour), data)
	if err != nil {
		c.t.Fatal(err)
	}
	e.Revision = revision
	for _, f := range change {
		f(e)
	}
	raw, err := json.Marshal(e)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.js.Publish(c.t.Context(), schemas.Subject(lab, e.Kind()), raw); err != nil {
		c.t.Fatal(err)
	}
}

func retracted(reason string) func(*schemas.Event) {
	return func(e *schemas.Event) { e.Retracted, e.Reason, e.Data = true, reason, nil }
}

func because(reason string) func(*schemas.Event) {
	return func(e *schemas.Event) { e.Reason = reason }
}

func discovery(n int64) any {
	return schemas.DiscoveryHeld{Type: "open_day", Audience: "general_public", Attendance: &n}
}

func (c *closing) approve(name string, revision int64, comment string) {
	c.t.Helper()
	c.send(name, revision, "2026-04-20", schemas.PeriodApproved{Period: quarter, Comment: comment})
}

func (c *closing) reopen(name, why string) {
	c.t.Helper()
	c.send(name, 0, "2026-05-02", schemas.PeriodReopened{Period: quarter, Why: why})
}

// consume counts what was sent.
func (c *closing) consume() {
	c.t.Helper()
	consumer, err := ingest.New(ingest.Config{JetStream: c.js, Store: c.store, BatchSize: 7, BatchAge: 20 * time.Millisecond})
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(c.t.Context())
	done := make(chan error, 1)
	go func() { done <- consumer.Run(ctx) }()
	testkit.Eventually(c.t, time.Minute, func() error {
		return ingest.WaitCounted(c.t.Context(), c.js, schemas.ConsumerDurable, nil)
	})
	cancel()
	if err := <-done; err != nil {
		c.t.Fatal(err)
	}
	if rejections, err := c.store.Rejections(c.t.Context()); err != nil || len(rejections) > 0 {
		c.t.Fatalf("rejected: %+v, %v", rejections, err)
	}
}

// freeze counts what was sent and freezes; so many approvals must have waited.
func (c *closing) freeze(want int) {
	c.t.Helper()
	c.consume()
	if n, err := c.freezer.Once(c.t.Context()); err != nil || n != want {
		c.t.Fatalf("froze %d approvals, %v; want %d", n, err, want)
	}
}

// figures are the frozen ones of the whole, by indicator.
func (c *closing) figures() map[string]string {
	c.t.Helper()
	all, err := c.store.Snapshot(c.t.Context(), closedLab, quarter)
	if err != nil {
		c.t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range all {
		if f.Segment == "" {
			out[f.Indicator] = word(f.Value)
		}
	}
	return out
}

func word(d *decimal.Decimal) string {
	if d == nil {
		return "none"
	}
	return d.String()
}

// adjustments writes those of the whole, by indicator, each with the events behind it.
func (c *closing) adjustments() map[string]string {
	c.t.Helper()
	all, err := c.store.Adjustments(c.t.Context(), closedLab, quarter)
	if err != nil {
		c.t.Fatal(err)
	}
	archive := periods.Archive{Store: c.store, Catalogue: schemas.DefaultCatalogue(), Zone: zone(c.t)}
	out := map[string]string{}
	for _, a := range all {
		if a.Segment != "" {
			continue
		}
		behind, err := archive.Behind(c.t.Context(), a)
		if err != nil {
			c.t.Fatal(err)
		}
		text := fmt.Sprintf("%s → %s (%s):", word(a.Approved), word(a.Now), word(a.Difference))
		for _, l := range behind {
			text += fmt.Sprintf(" %s %s %s→%s", c.names[l.ID], l.Change, added(l.Then), added(l.Now))
			if l.Latest.Reason != "" {
				text += " (" + l.Latest.Reason + ")"
			}
		}
		out[a.Indicator] = text
	}
	return out
}

func added(a *periods.Added) string {
	if a == nil {
		return "nothing"
	}
	return word(a.Value)
}

// ask sends ClickHouse a statement.
func (c *closing) ask(sql string) string {
	c.t.Helper()
	at := strings.LastIndex(c.url, "/")
	response, err := http.Post(c.url[:at]+"/?database="+c.url[at+1:], "text/plain", strings.NewReader(sql))
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %s, %v: %s", sql, response.Status, err, body)
	}
	return strings.TrimSpace(string(body))
}

func (c *closing) database() string { return c.url[strings.LastIndex(c.url, "/")+1:] }
