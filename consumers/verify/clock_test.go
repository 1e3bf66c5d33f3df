package verify

import (
	"fmt"
	"testing"
	"time"
)

// Real time that passes on each local day.
func TestSpans(t *testing.T) {
	for _, c := range []struct{ name, zone, start, end, want string }{
		{"no length", "Europe/Paris", "2026-03-12T18:00:00+01:00", "2026-03-12T18:00:00+01:00", "2026-03-12: 0"},
		{"within a day", "Europe/Paris", "2026-03-12T18:00:00+01:00", "2026-03-12T20:30:00+01:00", "2026-03-12: 9000000"},
		// 23:00 to 24:00 is 3,600 s, 00:00 to 01:30 is 5,400 s.
		{"over midnight", "Europe/Paris", "2026-03-12T23:00:00+01:00", "2026-03-13T01:30:00+01:00", "2026-03-12: 3600000 2026-03-13: 5400000"},
		{"until midnight", "Europe/Paris", "2026-03-12T23:00:00+01:00", "2026-03-13T00:00:00+01:00", "2026-03-12: 3600000"},
		{"milliseconds", "Europe/Paris", "2026-03-12T23:59:59.999+01:00", "2026-03-13T00:00:00.001+01:00", "2026-03-12: 1 2026-03-13: 1"},
		// 29 March 2026, 2:00 → 3:00: the day has 23 h = 82,800 s. Before it 1 h, after it 1 h.
		{"clocks go forward", "Europe/Paris", "2026-03-28T23:00:00+01:00", "2026-03-30T01:00:00+02:00", "2026-03-28: 3600000 2026-03-29: 82800000 2026-03-30: 3600000"},
		// 25 October 2026, 3:00 → 2:00: the day has 25 h = 90,000 s.
		{"clocks go back", "Europe/Paris", "2026-10-24T23:00:00+02:00", "2026-10-26T01:00:00+01:00", "2026-10-24: 3600000 2026-10-25: 90000000 2026-10-26: 3600000"},
		// From 1:30 summer time to 2:30 winter time: 2 h of real time.
		{"across the hour that comes twice", "Europe/Paris", "2026-10-25T01:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25: 7200000"},
		// Cairo, 24 April 2026: 0:00 → 1:00, there is no midnight, and the day has 23 h.
		{"no midnight", "Africa/Cairo", "2026-04-23T23:00:00+02:00", "2026-04-25T01:00:00+03:00", "2026-04-23: 3600000 2026-04-24: 82800000 2026-04-25: 3600000"},
		// Go's time.ZoneBounds says there that the next change has passed.
		{"the last day of 2040", "Europe/Paris", "2040-12-31T22:00:00+01:00", "2041-01-01T01:00:00+01:00", "2040-12-31: 7200000 2041-01-01: 3600000"},
		// The same instants as "over midnight" are 02:00 to 04:30 on Réunion (UTC+4).
		{"another zone", "Indian/Reunion", "2026-03-12T23:00:00+01:00", "2026-03-13T01:30:00+01:00", "2026-03-13: 9000000"},
	} {
		start, err1 := time.Parse(time.RFC3339Nano, c.start)
		end, err2 := time.Parse(time.RFC3339Nano, c.end)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		got := ""
		for i, s := range spans(start.UnixMilli(), end.UnixMilli(), zone(t, c.zone)) {
			if i > 0 {
				got += " "
			}
			got += fmt.Sprintf("%s: %d", s.day, s.millis)
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}
