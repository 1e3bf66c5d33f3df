package mqttaccess_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/mqttaccess"
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

// kept is a state in memory.
type kept map[string][]byte

func (k kept) Get(key string) ([]byte, error) { return k[key], nil }
func (k kept) Put(key string, value []byte) error {
	if k[key] = value; value == nil {
		delete(k, key)
	}
	return nil
}

func newImporter(t testing.TB, cfg mqttaccess.Config) *mqttaccess.Importer {
	t.Helper()
	cfg.Lab = lab
	if cfg.Clock == nil {
		cfg.Clock = func() time.Time { return at("2026-04-01T00:00:00Z") }
	}
	im, err := mqttaccess.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// read is what an importer tells, its errors as English texts.
func read(t testing.TB, im *mqttaccess.Importer, r importers.Range) (events []*schemas.Event, errs []string) {
	t.Helper()
	for e, err := range im.Events(t.Context(), r) {
		switch {
		case err == nil:
			events = append(events, e)
		case importers.Continues(err):
			errs = append(errs, err.Error())
		default:
			t.Fatal(err)
		}
	}
	return events, errs
}

func message(when time.Time, body string) importers.Message {
	return importers.Message{At: when, Topic: "machine/7", Body: []byte(body)}
}

// receive gives an importer messages, and what they gave: the last event under each id, by time.
func receive(t testing.TB, im *mqttaccess.Importer, messages ...importers.Message) []*schemas.Event {
	t.Helper()
	last := map[string]*schemas.Event{}
	for _, m := range messages {
		events, err := im.Receive(t.Context(), m)
		if err != nil {
			t.Fatalf("%s at %s: %v", m.Body, m.At, err)
		}
		for _, e := range events {
			last[e.ID.String()] = e
		}
	}
	var all []*schemas.Event
	for _, e := range last {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *schemas.Event) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID.String(), b.ID.String()))
	})
	return all
}

// times are usages as "machine start–end", in local time.
func times(t testing.TB, events []*schemas.Event) string {
	t.Helper()
	var all []string
	for _, e := range events {
		u := usageOf(t, e)
		all = append(all, fmt.Sprintf("%s %s–%s", u.Machine, e.Time.Format("2006-01-02 15:04:05"), u.End.In(e.Time.Location()).Format("15:04:05")))
	}
	return strings.Join(all, ", ")
}

func usageOf(t testing.TB, e *schemas.Event) (u schemas.MachineUsage) {
	t.Helper()
	if e.Kind() != "machine.usage" {
		t.Fatalf("an event of kind %s", e.Kind())
	}
	if err := json.Unmarshal(e.Data, &u); err != nil {
		t.Fatal(err)
	}
	return u
}

func length(t testing.TB, e *schemas.Event) time.Duration { return usageOf(t, e).End.Sub(e.Time) }
