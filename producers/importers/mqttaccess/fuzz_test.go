package mqttaccess

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// FuzzReceive: whatever a message says, it gives at most one usage, which is valid, or an error about
// this message; and the same message gives the same usage again.
func FuzzReceive(f *testing.F) {
	f.Add("machine/7", []byte(`{"action":"stopuse","uid":"aabbccdd","duration":5400,"replay":false}`), int64(1_772_546_400))
	f.Add("machine/7", []byte(`{"action":"stopuse","duration":1e-9,"replay":true}`), int64(0))
	f.Add("machine/a.b:c", []byte(`{"action":"inuse","duration":604800}`), int64(-62135596800))
	f.Add("machine/", []byte(`{"action":null}`), int64(253402300800))
	f.Add("machine/7", []byte(`{"ACTION":"startuse","action":"stopuse","duration":null}`), int64(1))
	f.Fuzz(func(t *testing.T, topic string, body []byte, unix int64) {
		now := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
		im, err := New(Config{Lab: "atelier-nord", State: inMemory{}, Clock: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		m := importers.Message{At: time.Unix(unix%(1<<33), 0), Topic: topic, Body: body}
		first, err := im.Receive(t.Context(), m)
		if err != nil {
			if !importers.Continues(err) || importers.Say(err, schemas.French) == "" {
				t.Fatal(err)
			}
			return
		}
		again, err := im.Receive(t.Context(), m)
		if err != nil || len(first) > 1 || len(again) != len(first) {
			t.Fatalf("%d events, then %d and %v", len(first), len(again), err)
		}
		for i, e := range first {
			if err := importers.Check(e, later(now, m.At), "", ""); err != nil || again[i].ID != e.ID || !bytes.Equal(again[i].Data, e.Data) || !again[i].Time.Equal(e.Time) {
				t.Errorf("%s, %s then %s: %v", e.Time, e.Data, again[i].Data, err)
			}
		}
	})
}

// FuzzReadLines: a file gives its messages by time, and each line is a message, an error or blank.
func FuzzReadLines(f *testing.F) {
	f.Add([]byte(`{"received_at": "2026-03-03T14:00:00Z", "topic": "machine/7", "payload": {"action": "startuse"}}` + "\n"))
	f.Add([]byte("\xef\xbb\xbf{\"received_at\":\"2026-03-03T14:00:00+01:00\",\"topic\":\"a\",\"payload\":\"\\\"x\\\"\"}\r\n\r\nx"))
	f.Add([]byte(`{"received_at":"0001-01-01T00:00:00Z","topic":"a","payload":1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		messages, errs, err := readLines(bytes.NewReader(raw), "m.jsonl")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(messages, func(a, b recordedMessage) int { return a.At.Compare(b.At) }) {
			t.Error("not by time")
		}
		filled := 0
		for line := range strings.Lines(string(raw)) {
			if strings.Trim(line, "\uFEFF \t\r\n") != "" {
				filled++
			}
		}
		if len(messages)+len(errs) > filled+1 {
			t.Errorf("%d messages and %d errors of %d lines", len(messages), len(errs), filled)
		}
	})
}

// FuzzParseMachines: a lab's file is refused, or each machine is one that the contract takes.
func FuzzParseMachines(f *testing.F) {
	f.Add([]byte("7: {name: laser-1, category: laser_cutter}\n'8': {}\n"))
	f.Add([]byte("&a 7: {name: *a}"))
	f.Add([]byte("{<<: {7: {name: x}}}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		machines, err := ParseMachines(raw)
		if err != nil {
			return
		}
		categories := schemas.Taxonomies()["machine_categories"].Codes()
		for id := range machines {
			if !machinePattern.MatchString(id) {
				continue // no topic has it
			}
			if m := machines.of(id); !refPattern.MatchString(m.Name) || !slices.Contains(categories, m.Category) {
				t.Errorf("machine %q is %+v", id, m)
			}
		}
	})
}
