package clickhouse_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/rollup"
	"vitrine/internal/bench/load"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// batches makes batches of a load, each of other messages, as the consumer makes them.
type batches struct {
	events *load.Load
	size   int
	next   int // message
	days   rollup.Calendar
	rules  *rollup.Rules
	shelf  *clickhouse.Shelf
	seen   *clickhouse.Seen
	door   *schemas.Decoder
	zone   *time.Location
	raw    [][]byte
	rows   []clickhouse.Row
	facts  []rollup.Fact
	// doubtful are those of the rows that may have been stored before.
	doubtful []clickhouse.EventID
	now      time.Time
}

func newBatches(b testing.TB, labs, size int) *batches {
	b.Helper()
	zone, err := time.LoadLocation(schemas.DefaultZone)
	if err != nil {
		b.Fatal(err)
	}
	now := time.Now().Truncate(time.Second)
	events, err := load.New(load.Config{Labs: labs, Events: 20_000_000, Seed: 1, Until: now})
	if err != nil {
		b.Fatal(err)
	}
	return &batches{events: events, size: size, rules: rollup.NewRules(schemas.DefaultCatalogue()), shelf: clickhouse.NewShelf(0), seen: clickhouse.NewSeen(""), door: schemas.NewDecoder(), zone: zone, now: now}
}

// read takes the next messages.
func (s *batches) read() {
	s.raw = s.raw[:0]
	for range s.size {
		_, raw := s.events.Append(nil, s.next)
		s.raw = append(s.raw, raw)
		s.next++
	}
}

// decide makes rows of them.
func (s *batches) decide(b testing.TB) {
	s.rows = s.rows[:0]
	for i, raw := range s.raw {
		e, err := s.door.Decode(raw, s.now)
		if err != nil {
			b.Fatal(err)
		}
		place := s.days.PlaceOf(e, s.zone)
		if s.facts, err = s.rules.AppendFacts(s.facts[:0], e, place); err != nil {
			b.Fatal(err)
		}
		row := clickhouse.Row{Lab: e.Lab(), Kind: e.Kind(), ID: e.ID, Version: clickhouse.Version{Revision: uint32(e.Revision), StreamSeq: uint64(s.next - s.size + i + 1)},
			Source: e.Source, Place: place, ReceivedAt: s.now, Data: bytes.Clone(e.Data)}
		for name, code := range e.Values.Codes() {
			if name != "end" {
				row.Segments = append(row.Segments, clickhouse.Segment{Name: name, Code: code})
			}
		}
		for name, n := range e.Values.Numbers() {
			row.Measures = append(row.Measures, clickhouse.Measure{Name: name, Amount: n})
		}
		s.rows = append(s.rows, row)
	}
}

// ids are those of the rows.
func (s *batches) ids() (ids []clickhouse.EventID) {
	for _, r := range s.rows {
		ids = append(ids, clickhouse.EventID{Lab: r.Lab, ID: r.ID})
	}
	return ids
}

func (s *batches) cells() (cells []clickhouse.Cell) {
	seen := map[clickhouse.Cell]bool{}
	for _, r := range s.rows {
		if c := (clickhouse.Cell{Lab: r.Lab, Kind: r.Kind, LocalDay: r.Place.LocalDay}); !seen[c] {
			seen[c] = true
			cells = append(cells, c)
		}
	}
	return cells
}

// BenchmarkStep is one step of the consumer over one batch after the other of 1,000 labs, the steps before it being done while the
// clock stands: an event becomes a row (decide), what there is is read if need be (foresee), rows are
// stored (insert), those that are new are told from others (recall), moved events are looked for (settle), cells are written.
func BenchmarkStep(b *testing.B) {
	store, err := clickhouse.Open(clickhouse.Config{URL: testkit.ClickHouse(b)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	if _, err := store.Migrate(b.Context(), schemas.DefaultZone, schemas.DefaultCatalogue()); err != nil {
		b.Fatal(err)
	}
	for _, size := range []int{500, 5000} {
		s := newBatches(b, 1000, size)
		s.next = 2 * s.events.Labs // past registrations and agreements
		steps := []struct {
			name string
			do   func() error
		}{
			{"decide", func() error { s.decide(b); return nil }},
			{"foresee", func() error { return store.Foresee(b.Context(), size, s.seen) }},
			{"insert", func() error { return store.InsertEvents(b.Context(), s.rows) }},
			{"recall", func() (err error) { s.doubtful, err = store.Recall(b.Context(), s.rows, s.seen); return err }},
			{"settle", func() error { _, err := store.Settle(b.Context(), s.doubtful); return err }},
			{"announce", func() error { return store.Announce(b.Context(), s.rows, nil, s.shelf) }},
			{"recompute", func() error { _, err := store.Recompute(b.Context(), s.rules, s.rows, nil, s.shelf); return err }},
		}
		for i, measured := range steps {
			b.Run(fmt.Sprintf("step=%s/events=%d", measured.name, size), func(b *testing.B) {
				b.ReportAllocs()
				do := func(of []struct {
					name string
					do   func() error
				}) {
					for _, step := range of {
						if err := step.do(); err != nil {
							b.Fatalf("%s: %v", step.name, err)
						}
					}
				}
				cells := 0
				for b.Loop() {
					b.StopTimer()
					s.read()
					do(steps[:i])
					b.StartTimer()
					do(steps[i : i+1])
					cells += len(s.cells())
				}
				b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "events/s")
				b.ReportMetric(float64(cells)/float64(b.N), "cells/op")
			})
		}
	}
}
