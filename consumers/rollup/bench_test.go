package rollup

import (
	"bytes"
	"os"
	"testing"
	"time"

	"vitrine/schemas"
)

// decodedMix are the events that the door is measured with.
func decodedMix(b *testing.B) []*schemas.Event {
	b.Helper()
	file, err := os.ReadFile("../../schemas/testdata/mix.jsonl")
	if err != nil {
		b.Fatal(err)
	}
	var events []*schemas.Event
	for _, raw := range bytes.Split(bytes.TrimSpace(file), []byte("\n")) {
		e, err := schemas.Decode(raw, time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC))
		if err != nil {
			b.Fatal(err)
		}
		events = append(events, e)
	}
	return events
}

func BenchmarkFacts(b *testing.B) {
	events, rules := decodedMix(b), NewRules(schemas.DefaultCatalogue())
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		b.Fatal(err)
	}
	var places []Place
	for _, e := range events {
		places = append(places, PlaceOf(e, zone))
	}
	n, facts := 0, 0
	var all []Fact
	b.ReportAllocs()
	for b.Loop() {
		all, err = rules.AppendFacts(all[:0], events[n%len(events)], places[n%len(events)])
		if err != nil {
			b.Fatal(err)
		}
		n, facts = n+1, facts+len(all)
	}
	b.ReportMetric(float64(facts)/float64(n), "facts/op")
}

func BenchmarkPlaceOf(b *testing.B) {
	events, calendar := decodedMix(b), NewCalendar()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		calendar.PlaceOf(events[n%len(events)], zone)
		n++
	}
}
