package explain_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/shopspring/decimal"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/explain"
	"vitrine/consumers/ingest"
	"vitrine/consumers/rollup"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/schemas"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const lab = "atelier-nord"

// pipeline is a lab's events, by short names, between the real engines.
type pipeline struct {
	t     *testing.T
	js    jetstream.JetStream
	store *clickhouse.Store
	paris *time.Location
	names map[uuid.UUID]string
}

func newPipeline(t *testing.T) *pipeline {
	t.Helper()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	store := storekit.Open(t)
	return &pipeline{t: t, js: testkit.Streams(t), store: store, paris: paris, names: map[uuid.UUID]string{}}
}

func (p *pipeline) at(s string) time.Time {
	p.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04:05", s, p.paris)
	if err != nil {
		p.t.Fatal(err)
	}
	return at
}

// send publishes a version of the event that goes by a name.
func (p *pipeline) send(name string, revision int64, at string, data any, change ...func(*schemas.Event)) {
	p.t.Helper()
	id := schemas.RecordID(lab, "test", name)
	p.names[id] = name
	e, err := schemas.NewEventWithID(id, lab, "", p.at(at), data)
	if err != nil {
		p.t.Fatal(err)
	}
	e.Revision = revision
	for _, c := range change {
		c(e)
	}
	raw, err := json.Marshal(e)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.js.Publish(p.t.Context(), schemas.Subject(lab, e.Kind()), raw); err != nil {
		p.t.Fatal(err)
	}
}

func retracted(reason string) func(*schemas.Event) {
	return func(e *schemas.Event) { e.Retracted, e.Reason, e.Data = true, reason, nil }
}

func because(reason string) func(*schemas.Event) {
	return func(e *schemas.Event) { e.Reason = reason }
}

// consume counts what was sent.
func (p *pipeline) consume() {
	p.t.Helper()
	c, err := ingest.New(ingest.Config{JetStream: p.js, Store: p.store, BatchSize: 7, BatchAge: 20 * time.Millisecond})
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(p.t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	testkit.Eventually(p.t, time.Minute, func() error {
		return ingest.WaitCounted(p.t.Context(), p.js, schemas.ConsumerDurable, nil)
	})
	cancel()
	if err := <-done; err != nil {
		p.t.Fatal(err)
	}
	if rejections, err := p.store.Rejections(p.t.Context()); err != nil || len(rejections) > 0 {
		p.t.Fatalf("rejected: %+v, %v", rejections, err)
	}
}

func (p *pipeline) config(store explain.Store) explain.Config {
	return explain.Config{Store: store, Rules: rollup.NewRules(schemas.DefaultCatalogue()), Zone: p.paris}
}

// question is "U01 2026-03 machine=m", looked at from 30 June 2026.
func (p *pipeline) question(s string) explain.Question {
	p.t.Helper()
	fields := append(strings.Fields(s), "")
	indicator, known := schemas.DefaultCatalogue().Lookup(fields[0])
	period, ok := explain.ParsePeriod(fields[1])
	if !known || !ok {
		p.t.Fatalf("question %q", s)
	}
	return explain.Question{Lab: lab, Indicator: indicator, Period: period, Segment: fields[2], AsOf: asOf()}
}

// figures are all the lab's, read at once: reading a view takes longer than explaining a figure.
type figures struct {
	explain.Store
	of map[clickhouse.FigureKey]*clickhouse.Figure
}

func (p *pipeline) figures() *figures {
	p.t.Helper()
	all := &figures{p.store, map[clickhouse.FigureKey]*clickhouse.Figure{}}
	for _, grain := range []explain.Grain{explain.Day, explain.Month, explain.Quarter} {
		err := p.store.EachFigure(p.t.Context(), string(grain), asOf(), clickhouse.LabRange{}, func(f clickhouse.StoredFigure) error {
			period := time.Unix(int64(f.Start)*86400, 0).UTC()
			figure := &clickhouse.Figure{Lab: f.Lab, Indicator: f.Indicator, Period: period, Segment: f.Segment, Numerator: decimal.RequireFromString(f.Numerator)}
			for from, to := range map[*string]**decimal.Decimal{f.Denominator: &figure.Denominator, f.Value: &figure.Value} {
				if from != nil {
					d := decimal.RequireFromString(*from)
					*to = &d
				}
			}
			all.of[clickhouse.FigureKey{Lab: f.Lab, Indicator: f.Indicator, Segment: f.Segment, Grain: string(grain), Period: period}] = figure
			return nil
		})
		if err != nil {
			p.t.Fatal(err)
		}
	}
	return all
}

func (f *figures) Figure(_ context.Context, key clickhouse.FigureKey, _ time.Time) (*clickhouse.Figure, error) {
	return f.of[key], nil
}

// asOf is the day that figures are looked at from.
func asOf() time.Time { return time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC) }

func (p *pipeline) explain(store explain.Store, question string) *explain.Answer {
	p.t.Helper()
	a, err := explain.Explain(p.t.Context(), p.config(store), p.question(question))
	if err != nil {
		p.t.Fatalf("%s: %v", question, err)
	}
	return a
}

// text is an answer in short: "16 = d1:12 + d5:4; no longer d2:5 (retracted)". A reference stands before its events.
func (p *pipeline) text(a *explain.Answer) string {
	s := "none"
	if a.Value != nil {
		s = a.Value.String()
	}
	s += " = " + p.partText(a.Numerator)
	if a.Denominated() {
		s += " ÷ " + p.partText(a.Denominator)
	}
	for i, e := range a.Former {
		s += []string{", ", "; no longer "}[max(0, 1-i)] + fmt.Sprintf("%s:%s (%s)", p.names[e.ID], e.Amount, e.Why)
	}
	return s
}

func (p *pipeline) partText(part explain.Part) string {
	var entries []string
	total := decimal.Zero
	for _, e := range part.Entries {
		total = total.Add(e.Amount)
		var events []string
		for _, event := range e.Events {
			name := p.names[event.ID]
			if event.Cut {
				name += "(cut)"
			}
			events = append(events, name)
		}
		s := strings.Join(events, "+") + ":" + e.Amount.String()
		if e.Ref != "" {
			s = e.Ref + "[" + strings.Join(events, "+") + "]:" + e.Amount.String()
		}
		entries = append(entries, s)
	}
	if part.Base == nil && !total.Equal(part.Total) {
		p.t.Errorf("%v don't add up to %s", entries, part.Total)
	}
	return strings.Join(entries, " + ")
}

// versions is "d1: r0 10, r1 (miscounted)": each event's, with what the older ones added.
func (p *pipeline) versions(a *explain.Answer) string {
	var all []string
	tell := func(e explain.Event) {
		var versions []string
		for _, v := range e.Versions {
			s := fmt.Sprintf("r%d", v.Revision)
			for _, mark := range []struct {
				set  bool
				text string
			}{{v.Numerator != nil, fmt.Sprint(" ", v.Numerator)}, {v.Again, " again"}, {v.Late, " late"}, {v.Retracted, " retracted"},
				{v.Reason != "", " (" + v.Reason + ")"}, {v.Unreadable, " unreadable"}} {
				if mark.set {
					s += mark.text
				}
			}
			versions = append(versions, s)
		}
		all = append(all, p.names[e.ID]+": "+strings.Join(versions, ", "))
	}
	for _, entry := range a.Numerator.Entries {
		for _, e := range entry.Events {
			tell(e)
		}
	}
	for _, e := range a.Former {
		tell(e)
	}
	return strings.Join(all, "; ")
}
