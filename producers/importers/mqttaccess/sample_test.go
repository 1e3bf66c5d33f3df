package mqttaccess_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/mqttaccess"
)

// TestSample: 1.5 h from 14:00 to 15:30 UTC on 3 March, and 1 h that was sent again later: nobody
// knows when it was, so it counts on the day of its message, the 4th, as if it had just ended.
func TestSample(t *testing.T) {
	machines, err := mqttaccess.ParseMachines([]byte(`7: {name: laser-1, category: laser_cutter}`))
	if err != nil {
		t.Fatal(err)
	}
	im := newImporter(t, mqttaccess.Config{File: "testdata/mqtt_fabomatic.jsonl", Machines: machines})
	events, errs := read(t, im, importers.Range{})
	const want = "laser-1 2026-03-03 15:00:00–16:30:00, laser-1 2026-03-04 10:00:00–11:00:00" // Paris
	if got := times(t, events); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	var total time.Duration
	for _, e := range events {
		total += length(t, e)
		if u := usageOf(t, e); u.Origin != "measured" || u.Category != "laser_cutter" {
			t.Errorf("%s", e.Data)
		}
	}
	if total != 150*time.Minute {
		t.Errorf("the sample has %s", total)
	}
	if len(errs) != 1 || !strings.Contains(errs[0], "machine 7, 2026-03-04 11:00:00: a stop that the controller sent again later") {
		t.Errorf("warnings: %q", errs)
	}

	again, _ := read(t, newImporter(t, mqttaccess.Config{File: "testdata/mqtt_fabomatic.jsonl", Machines: machines}), importers.Range{})
	first, _ := json.Marshal(events)
	if second, _ := json.Marshal(again); !bytes.Equal(first, second) {
		t.Errorf("a second import gives\n%s\ninstead of\n%s", second, first)
	}
	day, _ := read(t, im, importers.Range{Since: at("2026-03-04T00:00:00Z")})
	if len(day) != 1 || day[0].ID != events[1].ID {
		t.Errorf("the 4th has %s", times(t, day))
	}
}

// TestReceivedAsRecorded: the messages as they come give the same events as their file, and the
// card's number is nowhere, the state included.
func TestReceivedAsRecorded(t *testing.T) {
	fromFile, _ := read(t, newImporter(t, mqttaccess.Config{File: "testdata/mqtt_fabomatic.jsonl"}), importers.Range{})
	raw, err := os.ReadFile("testdata/mqtt_fabomatic.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var messages []importers.Message
	for line := range strings.Lines(string(raw)) {
		var m struct {
			At      time.Time       `json:"received_at"`
			Topic   string          `json:"topic"`
			Payload json.RawMessage `json:"payload"`
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		messages = append(messages, importers.Message{At: m.At, Topic: m.Topic, Body: m.Payload})
	}
	state := kept{}
	im := newImporter(t, mqttaccess.Config{State: state})
	received := receive(t, im, messages...)
	a, _ := json.Marshal(fromFile)
	b, _ := json.Marshal(received)
	if !bytes.Equal(a, b) || len(received) != 2 {
		t.Errorf("received %s\nrecorded %s", b, a)
	}
	for key, value := range state {
		if strings.Contains(key+string(value), "aabbccdd") {
			t.Errorf("the state holds the card: %s %s", key, value)
		}
	}
	if bytes.Contains(b, []byte("aabbccdd")) {
		t.Error("an event holds the card")
	}
	if _, errs := read(t, im, importers.Range{}); len(errs) != 1 {
		t.Errorf("warnings %q", errs)
	}
	if _, errs := read(t, im, importers.Range{}); len(errs) != 0 {
		t.Errorf("told again: %q", errs)
	}
}

func TestFileErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.jsonl")
	const text = "\uFEFF" + `{"received_at":"2026-03-03T10:00:00Z","topic":"machine/7","payload":{"action":"stopuse","duration":-1}}

not json
{"received_at":"2026-03-03T10:00:00Z","topic":"machine/7","payload":"{\"action\":\"stopuse\",\"duration\":60}"}
{"received_at":"2026-03-03T11:00:00Z","topic":"machine/7","payload":{"action":"stopuse"}}
{"received_at":"2026-03-03T11:00:00Z","topic":"elsewhere/7","payload":{"action":"stopuse","duration":60}}
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	events, errs := read(t, newImporter(t, mqttaccess.Config{File: path}), importers.Range{})
	if got := times(t, events); got != "machine-7 2026-03-03 10:59:00–11:00:00" {
		t.Errorf("got %s", got)
	}
	all := strings.Join(errs, "\n")
	for _, want := range []string{"m.jsonl:3: unreadable line", "m.jsonl:1, machine 7, 2026-03-03 11:00:00, duration: duration out of bounds", "m.jsonl:5, machine 7, 2026-03-03 12:00:00, duration: a stop without"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	if len(errs) != 3 {
		t.Errorf("%d errors:\n%s", len(errs), all)
	}
}
