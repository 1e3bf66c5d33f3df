package icalendar_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/icalendar"
	"vitrine/schemas"
)

const sample = "testdata/agenda.ics"

// TestSample: three weekly open labs of which the second was cancelled, and one breakfast for
// companies; the open labs at 18:00 in Paris, before and after the clocks change.
func TestSample(t *testing.T) {
	confirmations := write(t, "confirmations.csv", "\uFEFFuid;date;participants;entreprises\r\n"+
		"openlab-2026-03-12@lab.example.org;12/03/2026;23;\r\n"+
		"openlab-2026-03-12@lab.example.org;2026-03-26;31;4\r\n"+
		"matinale-2026-03-26@lab.example.org;26/03/2026 08h30;14;11\r\n")
	cfg := icalendar.Config{File: sample, Confirmations: confirmations}
	events, errs := read(t, newImporter(t, cfg), importers.Range{})
	const want = "discovery 03-12 18:00 +0100 4h0m0s n=23; -discovery 03-19 18:00 +0100; discovery 03-26 08:30 +0100 1h30m0s n=14; discovery 03-26 18:00 +0100 4h0m0s n=31"
	if got := say(events); got != want || len(errs) != 0 {
		t.Fatalf("got  %s\nwant %s\n%q", got, want, errs)
	}
	for i, want := range []string{"open_lab general_public Open Lab", "", "company_discovery companies Matinale entreprises avec la CCI", "open_lab general_public Open Lab"} {
		var d schemas.DiscoveryHeld
		if events[i].Retracted {
			continue
		}
		if err := json.Unmarshal(events[i].Data, &d); err != nil || d.Type+" "+d.Audience+" "+d.Title != want {
			t.Errorf("%s, want %s (%v)", events[i].Data, want, err)
		}
	}

	again, _ := read(t, newImporter(t, cfg), importers.Range{})
	first, _ := json.Marshal(events)
	if second, _ := json.Marshal(again); !bytes.Equal(first, second) {
		t.Errorf("a second import gives\n%s\ninstead of\n%s", second, first)
	}
	day, _ := read(t, newImporter(t, cfg), importers.Range{Since: at("2026-03-26T08:00:00+01:00"), Until: at("2026-03-26T18:00:00+01:00")})
	if got := say(day); got != "discovery 03-26 08:30 +0100 1h30m0s n=14" {
		t.Errorf("of the morning: %s", got)
	}
}

// TestNothingCountsUnconfirmed: what nobody confirmed is told as awaiting confirmation.
func TestNothingCountsUnconfirmed(t *testing.T) {
	events, errs := read(t, newImporter(t, icalendar.Config{File: sample}), importers.Range{})
	if got := say(events); got != "-discovery 03-19 18:00 +0100" {
		t.Errorf("counted: %s", got)
	}
	all := strings.Join(errs, "\n")
	if len(errs) != 3 || !strings.Contains(all, "agenda.ics:23, 2026-03-26 08:30 Matinale entreprises avec la CCI: awaits confirmation") ||
		!strings.Contains(all, "agenda.ics:4, 2026-03-26 18:00 Open Lab: awaits confirmation") {
		t.Errorf("%d:\n%s", len(errs), all)
	}
	// What isn't over is neither counted nor missed.
	im := newImporter(t, icalendar.Config{File: sample, Clock: func() time.Time { return at("2026-03-12T21:59:00+01:00") }})
	if events, errs := read(t, im, importers.Range{}); len(events)+len(errs) != 0 {
		t.Errorf("before the end: %s %q", say(events), errs)
	}
}
