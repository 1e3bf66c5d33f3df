package icalendar_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/icalendar"
	"vitrine/schemas"
)

const lab = "atelier-nord"

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func april() time.Time { return at("2026-04-10T00:00:00Z") }

// kept is a state in memory.
type kept map[string][]byte

func (k kept) Get(key string) ([]byte, error) { return k[key], nil }
func (k kept) Put(key string, value []byte) error {
	k[key] = value
	return nil
}

// write puts a text into a file of the test's own.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// calendar is a calendar of events, each given by its lines.
func calendar(events ...string) string {
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//FR\r\n")
	for _, e := range events {
		b.WriteString("BEGIN:VEVENT\r\n" + strings.ReplaceAll(strings.TrimSpace(e), "\n", "\r\n") + "\r\nEND:VEVENT\r\n")
	}
	b.WriteString("END:VCALENDAR\r\n")
	return b.String()
}

func newImporter(t testing.TB, cfg icalendar.Config) *icalendar.Importer {
	t.Helper()
	cfg.Lab = lab
	if cfg.Clock == nil {
		cfg.Clock = april
	}
	im, err := icalendar.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// read is what an importer tells: its events and its errors, as English texts.
func read(t testing.TB, im *icalendar.Importer, r importers.Range) (events []*schemas.Event, errs []string) {
	t.Helper()
	for e, err := range im.Events(t.Context(), r) {
		switch {
		case err == nil:
			if err := importers.Check(e, april().AddDate(50, 0, 0), "", ""); err != nil {
				t.Errorf("not valid: %v", err)
			}
			events = append(events, e)
		case importers.Continues(err):
			if importers.Say(err, schemas.French) == err.Error() {
				t.Errorf("not in French: %v", err)
			}
			errs = append(errs, err.Error())
		default:
			t.Fatal(err)
		}
	}
	return events, errs
}

// say is events as short texts: kind, local begin, length, people.
func say(events []*schemas.Event) string {
	var all []string
	for _, e := range events {
		what := strings.TrimSuffix(e.Kind(), ".held") + " " + e.Time.Format("01-02 15:04 -0700")
		if e.Retracted {
			all = append(all, "-"+what)
			continue
		}
		var d struct {
			End                   *time.Time
			Attendees, Attendance *int64
		}
		if err := json.Unmarshal(e.Data, &d); err != nil {
			panic(err)
		}
		if d.End != nil {
			what += " " + d.End.Sub(e.Time).String()
		}
		for _, n := range []*int64{d.Attendees, d.Attendance} {
			if n != nil {
				what += fmt.Sprintf(" n=%d", *n)
			}
		}
		all = append(all, what)
	}
	return strings.Join(all, "; ")
}

// ofText reads a calendar given as a text.
func ofText(t testing.TB, text string) (string, []string) {
	t.Helper()
	events, errs := read(t, newImporter(t, icalendar.Config{File: write(t, "agenda.ics", text)}), importers.Range{})
	return say(events), errs
}
