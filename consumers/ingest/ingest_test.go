package ingest_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/consumers/rollup"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/schemas"
)

const lab = "atelier-nord"

// pipeline is a stream, a migrated store and a way to run consumers between them.
type pipeline struct {
	t     *testing.T
	js    jetstream.JetStream
	store *clickhouse.Store
	url   string // of the store's database
}

func newPipeline(t *testing.T) *pipeline {
	t.Helper()
	js := testkit.Streams(t)
	url := storekit.URL(t)
	return &pipeline{t: t, js: js, store: storekit.At(t, url), url: url}
}

func (p *pipeline) publish(events ...*schemas.Event) {
	p.t.Helper()
	for _, e := range events {
		raw, err := json.Marshal(e)
		if err != nil {
			p.t.Fatal(err)
		}
		p.publishRaw(schemas.Subject(e.Lab(), e.Kind()), raw)
	}
}

func (p *pipeline) publishRaw(subject string, raw []byte) {
	p.t.Helper()
	if _, err := p.js.Publish(p.t.Context(), subject, raw); err != nil {
		p.t.Fatal(err)
	}
}

// consume runs n consumers until nothing is left to do.
func (p *pipeline) consume(n int) { p.consumeBy(n, 7) }

func (p *pipeline) consumeBy(n, batch int) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.t.Context())
	done := make(chan error, n)
	for range n {
		c, err := ingest.New(ingest.Config{JetStream: p.js, Store: p.store, BatchSize: batch, BatchAge: 20 * time.Millisecond})
		if err != nil {
			p.t.Fatal(err)
		}
		go func() { done <- c.Run(ctx) }()
	}
	testkit.Eventually(p.t, time.Minute, func() error {
		return ingest.WaitCounted(p.t.Context(), p.js, schemas.ConsumerDurable, nil)
	})
	cancel()
	for range n {
		if err := <-done; err != nil {
			p.t.Fatal(err)
		}
	}
}

// figures are the lab's values as "indicator period segment" → value; those that grow by themselves
// with the calendar are left out.
func (p *pipeline) figures(grain string) map[string]string {
	p.t.Helper()
	rows, err := p.store.Figures(p.t.Context(), grain, lab)
	if err != nil {
		p.t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range rows {
		if f.Indicator == "Q01" {
			continue
		}
		value := "null"
		if f.Value != nil {
			value = f.Value.String()
		}
		out[strings.TrimSpace(f.Indicator+" "+f.Period.Format(time.DateOnly)+" "+f.Segment)] = value
	}
	return out
}

func (p *pipeline) want(figures map[string]string, want map[string]string) {
	p.t.Helper()
	for key, value := range want {
		if got := figures[key]; got != value {
			p.t.Errorf("%s: got %q, want %q", key, got, value)
		}
	}
}

func paris(t *testing.T, s string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func discovery(t *testing.T, id uuid.UUID, at, audience string, attendance int64) *schemas.Event {
	t.Helper()
	e, err := schemas.NewEventWithID(id, lab, "", paris(t, at), schemas.DiscoveryHeld{Type: "open_day", Audience: audience, Attendance: &attendance})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestATrainingBecomesFigures(t *testing.T) {
	p := newPipeline(t)
	start := paris(t, "2026-03-12 18:00")
	e, err := schemas.NewEvent(lab, "", start, schemas.TrainingHeld{
		End: start.Add(2 * time.Hour), Topic: "machine_laser_vinyl", Audience: "companies", Attendees: 7,
		Companies: []schemas.Company{{SIREN: "732829320", Size: "pme"}, {SIRET: "73282932000074"}, {Ref: "c1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.publish(e)
	p.consume(1)
	p.want(p.figures("month"), map[string]string{
		"T01 2026-03-01": "1", "T01 2026-03-01 audience=companies": "1", "T02 2026-03-01": "14", "T03 2026-03-01": "7",
		"C01 2026-03-01":                "2", // a SIREN and a SIRET of it are one company
		"C01 2026-03-01 size_class=pme": "1", "A01 2026-03-01 action_kind=training.held": "1",
	})
	p.want(p.figures("day"), map[string]string{"T03 2026-03-12": "7"})
	p.want(p.figures("quarter"), map[string]string{"T03 2026-01-01": "7"})
}

// A correction that moves an event to another month and another audience changes both months; a
// retraction empties its cell; the history shows all versions; a replay of the stream changes nothing.
func TestCorrectionRetractionHistoryReplay(t *testing.T) {
	p := newPipeline(t)
	id, other := uuid.New(), uuid.New()
	first := discovery(t, id, "2026-03-31 18:00", "general_public", 40)
	p.publish(first, discovery(t, other, "2026-03-10 18:00", "general_public", 5))
	p.consume(1)
	p.want(p.figures("month"), map[string]string{"D01 2026-03-01": "2", "D02 2026-03-01": "45", "D02 2026-03-01 audience=general_public": "45"})

	moved := discovery(t, id, "2026-04-02 09:00", "companies", 12)
	moved.Revision, moved.Reason = 1, "mauvaise date"
	p.publish(moved)
	p.consume(1)
	afterMove := p.figures("month")
	p.want(afterMove, map[string]string{
		"D01 2026-03-01": "1", "D02 2026-03-01": "5", "D02 2026-03-01 audience=general_public": "5",
		"D01 2026-04-01": "1", "D02 2026-04-01": "12", "D02 2026-04-01 audience=companies": "12", "D02 2026-04-01 audience=general_public": "",
	})

	p.publish(first) // the old version again, a year later
	p.consume(1)
	if got := p.figures("month"); !maps.Equal(got, afterMove) {
		t.Errorf("a duplicate of an old version changed figures:\n%v\n%v", got, afterMove)
	}

	gone := discovery(t, other, "2026-03-10 18:00", "general_public", 5)
	gone.Revision, gone.Retracted, gone.Reason, gone.Data = 1, true, "double saisie", nil
	p.publish(gone)
	p.consume(1)
	final := p.figures("month")
	p.want(final, map[string]string{"D01 2026-03-01": "", "D02 2026-03-01": "", "D01 2026-04-01": "1"})

	versions, err := p.store.Versions(t.Context(), lab, id)
	if err != nil {
		t.Fatal(err)
	}
	if len(versions) != 3 { // as sent, corrected, and the old one sent again: each was accepted
		t.Errorf("%d versions: %+v", len(versions), versions)
	}
	if !slices.ContainsFunc(versions, func(v clickhouse.EventVersion) bool { return v.Revision == 1 && v.Reason == "mauvaise date" }) {
		t.Errorf("the correction isn't in the history: %+v", versions)
	}
	versions, err = p.store.Versions(t.Context(), lab, other)
	if err != nil {
		t.Fatal(err)
	}
	if len(versions) != 2 || !versions[1].Retracted {
		t.Errorf("the retraction isn't in the history: %+v", versions)
	}

	for name, again := range map[string]func() error{
		"replay over what is there": func() error {
			return ingest.Replay(t.Context(), ingest.Config{JetStream: p.js, Store: p.store}, nil)
		},
		"rebuild of the cells": func() error {
			return p.store.RebuildCells(t.Context(), rollup.NewRules(schemas.DefaultCatalogue()), nil)
		},
		"rebuild from the stream": func() error {
			if err := p.store.Clear(t.Context()); err != nil {
				return err
			}
			return ingest.Replay(t.Context(), ingest.Config{JetStream: p.js, Store: p.store}, nil)
		},
	} {
		if err := again(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := p.figures("month"); !maps.Equal(got, final) {
			t.Errorf("%s changed figures:\n%v\n%v", name, got, final)
		}
	}
}

func TestAUsageIsCutAtMidnightAndOnTheDSTNight(t *testing.T) {
	p := newPipeline(t)
	usage := func(from, to string) *schemas.Event {
		e, err := schemas.NewEvent(lab, "", paris(t, from), schemas.MachineUsage{
			Machine: "laser-1", Category: "laser_cutter", End: paris(t, to), Origin: "measured", UserType: "sme"})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	p.publish(usage("2026-03-28 22:00", "2026-03-29 04:00"), // spring: 2 h and, 02:00–03:00 being skipped, 3 h
		usage("2026-10-24 22:00", "2026-10-25 04:00"), // autumn: 2 h and 5 h
		usage("2026-03-31 23:00", "2026-04-01 01:00")) // over a month's end
	p.consume(1)
	p.want(p.figures("day"), map[string]string{
		"U01 2026-03-28": "2", "U01 2026-03-29": "3", "U01 2026-10-24": "2", "U01 2026-10-25": "5", "U01 2026-03-31": "1", "U01 2026-04-01": "1",
	})
	p.want(p.figures("month"), map[string]string{"U01 2026-03-01": "6", "U01 2026-04-01": "1", "U01 2026-10-01": "7", "U03 2026-03-01": "100"})
}

// A lab's first registration fixes its zone for what comes after it, whoever consumes it and in
// whatever order; another zone later is refused.
func TestALabsZoneIsFixedByItsRegistration(t *testing.T) {
	p := newPipeline(t)
	register := func(zone string) *schemas.Event {
		e, err := schemas.NewEvent(lab, "", paris(t, "2026-01-01 00:00"), schemas.LabRegistered{Name: "Atelier", Commune: "Saint-Pierre", Zone: zone})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	before := discovery(t, uuid.New(), "2026-03-31 23:30", "companies", 1)
	after := discovery(t, uuid.New(), "2026-03-31 23:30", "companies", 10) // 01:30 on 1 April in Réunion
	p.publish(before, register("Indian/Reunion"), after, register("Europe/Paris"))
	p.consume(2)
	p.want(p.figures("day"), map[string]string{"D02 2026-03-31": "1", "D02 2026-04-01": "10"})
	rejections, err := p.store.Rejections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(rejections) != 1 || rejections[0].Field != "data.zone" || !strings.Contains(rejections[0].Reason.FR, "Indian/Reunion") {
		t.Errorf("rejections: %+v", rejections)
	}
}

// Whatever can't be accepted lands in rejections, with its reason, and in the stream of rejected
// events; the pipeline goes on.
func TestBadMessagesAreRejectedAndThePipelineGoesOn(t *testing.T) {
	p := newPipeline(t)
	good := discovery(t, uuid.New(), "2026-03-12 18:00", "companies", 3)
	raw, err := json.Marshal(good)
	if err != nil {
		t.Fatal(err)
	}
	subject := schemas.Subject(lab, "discovery.held")
	for _, bad := range [][]byte{nil, []byte("{"), make([]byte, 300<<10), []byte(strings.Replace(string(raw), `"companies"`, `"company"`, 1)),
		[]byte(strings.Replace(string(raw), `"type":"open_day"`, `"type":"open_day","title":"jo@example.org"`, 1))} {
		p.publishRaw(subject, bad)
	}
	p.publishRaw(schemas.Subject("another-lab", "discovery.held"), raw)
	p.publishRaw("vitrine.events.x", []byte("?"))
	p.publish(good)
	p.consume(2)
	p.want(p.figures("month"), map[string]string{"D02 2026-03-01": "3"})
	rejections, err := p.store.Rejections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]int{}
	for _, r := range rejections {
		codes[r.Code]++
		if r.Reason.EN == "" || r.Reason.FR == "" || strings.Contains(r.Raw, "jo@example.org") {
			t.Errorf("a rejection lacks its reason or spreads personal data: %+v", r)
		}
	}
	want := map[string]int{schemas.CodeNotJSON: 3, schemas.CodeTooLarge: 1, schemas.CodeValue: 1, schemas.CodePersonal: 1, schemas.CodeWrongSubject: 1}
	if !maps.Equal(codes, want) {
		t.Errorf("rejected: %v, want %v", codes, want)
	}
	stream, err := p.js.Stream(t.Context(), schemas.StreamRejected)
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Msgs; n != 7 {
		t.Errorf("%d messages in %s, want 7", n, schemas.StreamRejected)
	}
}

// Two processes may migrate at once, and again.
func TestMigrateTwiceAndAtOnce(t *testing.T) {
	url := testkit.ClickHouse(t)
	done := make(chan error, 3)
	for range 3 {
		go func() {
			store, err := clickhouse.Open(clickhouse.Config{URL: url})
			if err == nil {
				_, err = store.Migrate(t.Context(), schemas.DefaultZone, schemas.DefaultCatalogue())
				_ = store.Close()
			}
			done <- err
		}()
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
