package mqttaccess_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine/producers/importers"
	"vitrine/producers/importers/mqttaccess"
)

func start(when time.Time) importers.Message {
	return message(when, `{"action":"startuse","uid":"aabbccdd"}`)
}

func stop(when time.Time, ran time.Duration, replay bool) importers.Message {
	return message(when, fmt.Sprintf(`{"action":"stopuse","uid":"aabbccdd","duration":%d,"replay":%t}`, ran/time.Second, replay))
}

func sign(when time.Time, ran time.Duration) importers.Message {
	return message(when, fmt.Sprintf(`{"action":"inuse","uid":"aabbccdd","duration":%d}`, ran/time.Second))
}

var ten = time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC) // 10:00 in Paris

func TestSessions(t *testing.T) {
	const m, h = time.Minute, time.Hour
	for name, c := range map[string]struct {
		messages []importers.Message
		want     string
	}{
		"a start alone isn't counted":      {[]importers.Message{start(ten)}, ""},
		"a stop alone is":                  {[]importers.Message{stop(ten, h, false)}, "09:00:00–10:00:00"},
		"a stop without a length":          {[]importers.Message{start(ten), message(ten.Add(h), `{"action":"stopuse"}`)}, "10:00:00–11:00:00"},
		"the same, delivered again":        {[]importers.Message{start(ten), message(ten.Add(h), `{"action":"stopuse"}`), message(ten.Add(h+m), `{"action":"stopuse"}`)}, "10:00:00–11:00:00"},
		"a card held for no time":          {[]importers.Message{start(ten), stop(ten, 0, false)}, ""},
		"a stop published twice":           {[]importers.Message{start(ten), stop(ten.Add(h), h, false), stop(ten.Add(h+m), h, false)}, "10:00:00–11:00:00"},
		"two as long, one after the other": {[]importers.Message{start(ten), stop(ten.Add(m), m, false), start(ten.Add(m + 20*time.Second)), stop(ten.Add(2*m+20*time.Second), m, false)}, "10:00:00–10:01:00, 10:01:20–10:02:20"},
		"an hour, and another":             {[]importers.Message{stop(ten.Add(h), h, false), stop(ten.Add(2*h+m), h, false)}, "10:00:00–11:00:00, 11:01:00–12:01:00"},
		"a replay whose start came through": {
			[]importers.Message{start(ten), sign(ten.Add(5*m), 5*m), stop(ten.Add(30*h), h, true)}, "10:00:00–11:00:00"},
		"a replay of what came through": {
			[]importers.Message{start(ten), stop(ten.Add(h), h, false), stop(ten.Add(3*h), h, true)}, "10:00:00–11:00:00"},
		"two replays in their order": {
			[]importers.Message{start(ten), start(ten.Add(4 * h)), stop(ten.Add(9*h), h, true), stop(ten.Add(9*h), 2*h, true)}, "10:00:00–11:00:00, 14:00:00–16:00:00"},
		"a replay too long for the start":        {[]importers.Message{start(ten), start(ten.Add(h)), stop(ten.Add(9*h), 2*h, true)}, "11:00:00–13:00:00"},
		"a replay while another session goes on": {[]importers.Message{start(ten), stop(ten.Add(m), h, true), stop(ten.Add(2*h), 2*h, false)}, "09:01:00–10:01:00, 10:00:00–12:00:00"},
		"as long as one sent again before":       {[]importers.Message{stop(ten, h, true), start(ten.Add(h)), stop(ten.Add(2*h), h, false)}, "09:00:00–10:00:00, 11:00:00–12:00:00"},
		"replays without a length say nothing":   {[]importers.Message{message(ten, `{"action":"startuse","replay":true}`), message(ten, `{"action":"inuse","duration":60,"replay":true}`)}, ""},
		"a replay after a session whose start was lost": {
			[]importers.Message{start(ten), stop(ten.Add(12*h), h, false), stop(ten.Add(13*h), 2*h, true)}, "10:00:00–12:00:00, 21:00:00–22:00:00"},
		"a controller whose clock is slow":        {[]importers.Message{start(ten), stop(ten.Add(h), 50*m, false), stop(ten.Add(9*h), 30*m, true)}, "10:10:00–11:00:00, 18:30:00–19:00:00"},
		"other messages":                          {[]importers.Message{message(ten, `{"action":"alive"}`), message(ten, `{"action":"checkmachine"}`)}, ""},
		"the start lost, known from later signs":  {[]importers.Message{sign(ten.Add(5*m), 5*m), stop(ten.Add(20*h), h, true)}, "10:00:00–11:00:00"},
		"a stop before its start was handed over": {[]importers.Message{stop(ten.Add(h), h, false), start(ten)}, "10:00:00–11:00:00"},
		"a replay before its start was":           {[]importers.Message{stop(ten.Add(9*h), h, true), start(ten)}, "10:00:00–11:00:00"},
	} {
		t.Run(name, func(t *testing.T) {
			got := times(t, receive(t, newImporter(t, mqttaccess.Config{State: kept{}}), c.messages...))
			if got = strings.ReplaceAll(got, "machine-7 2026-03-03 ", ""); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestAnyOrder: however the messages of a session are ordered and repeated, they give one usage of
// its length, and nothing stays open.
func TestAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ran := time.Duration(rapid.IntRange(1, 20*3600).Draw(rt, "seconds")) * time.Second
		delay := func(name string) time.Duration {
			return time.Duration(rapid.IntRange(0, 30).Draw(rt, name)) * time.Second // of the network
		}
		replay := rapid.Bool().Draw(rt, "replay")
		begin := ten
		stopAt := begin.Add(ran + delay("stop"))
		if replay {
			stopAt = stopAt.Add(time.Duration(rapid.IntRange(0, 3600).Draw(rt, "later")) * time.Second)
		}
		// A controller's messages come in its order, however they are handed over.
		startAt := begin.Add(min(delay("start"), ran))
		messages := []importers.Message{start(startAt), stop(stopAt, ran, replay)}
		for range rapid.IntRange(0, 3).Draw(rt, "signs") {
			after := time.Duration(rapid.Int64Range(0, int64(ran/time.Second)).Draw(rt, "after")) * time.Second
			when := begin.Add(after + delay("sign"))
			if when.After(stopAt) {
				when = stopAt
			}
			if when.Before(startAt) {
				when = startAt
			}
			messages = append(messages, sign(when, after))
		}
		for range rapid.IntRange(0, 4).Draw(rt, "again") {
			messages = append(messages, messages[rapid.IntRange(0, len(messages)-1).Draw(rt, "which")])
		}
		if published := rapid.Bool().Draw(rt, "published twice"); published {
			messages = append(messages, stop(stopAt.Add(delay("twice")), ran, replay))
		}
		messages = rapid.Permutation(messages).Draw(rt, "order")

		state := kept{}
		im := newImporter(t, mqttaccess.Config{State: state, Clock: func() time.Time { return ten.Add(20 * 24 * time.Hour) }})
		events := receive(t, im, messages...)
		if len(events) != 1 || length(t, events[0]) != ran {
			rt.Fatalf("%s of %s", times(t, events), ran)
		}
		if again := receive(t, im, messages...); len(again) != 1 || again[0].ID != events[0].ID || length(t, again[0]) != ran {
			rt.Fatalf("the same messages once more give %s after %s", times(t, again), times(t, events))
		}
		if _, errs := read(t, im, importers.Range{}); strings.Contains(strings.Join(errs, "\n"), "no stop came") {
			rt.Fatalf("a session stays open: %q\n%s", errs, state)
		}
	})
}

// TestMissingStop: a session without a stop is told of once, and not counted.
func TestMissingStop(t *testing.T) {
	now := ten.Add(23 * time.Hour)
	im := newImporter(t, mqttaccess.Config{State: kept{}, Clock: func() time.Time { return now }})
	receive(t, im, start(ten), sign(ten.Add(30*time.Minute), 30*time.Minute))
	if events, errs := read(t, im, importers.Range{}); len(events)+len(errs) != 0 {
		t.Errorf("told too early: %q", errs)
	}
	now = ten.Add(25 * time.Hour)
	events, errs := read(t, im, importers.Range{})
	if len(events) != 0 || len(errs) != 1 || !strings.Contains(errs[0], "machine 7, 2026-03-03 10:00:00: a usage began, its last sign was at 2026-03-03 10:30:00, and no stop came") {
		t.Errorf("%d events, %q", len(events), errs)
	}
	if _, errs := read(t, im, importers.Range{}); len(errs) != 0 {
		t.Errorf("told again: %q", errs)
	}
}

func TestTopicsAndMachines(t *testing.T) {
	machines, err := mqttaccess.ParseMachines([]byte("cnc: {category: cnc_mill_large}\n"))
	if err != nil {
		t.Fatal(err)
	}
	im := newImporter(t, mqttaccess.Config{State: kept{}, Topics: "machine/+, atelier/+/etat", Machines: machines})
	for topic, want := range map[string]string{
		"machine/7": "machine-7 other", "atelier/cnc/etat": "machine-cnc cnc_mill_large",
		"machine/7/reply": "", "machine": "", "atelier/cnc": "", "machine/é": "", "machine/": "",
	} {
		m := stop(ten, time.Hour, false)
		m.Topic = topic
		got := ""
		for _, e := range receive(t, im, m) {
			got = usageOf(t, e).Machine + " " + usageOf(t, e).Category
		}
		if got != want {
			t.Errorf("%s: %q, want %q", topic, got, want)
		}
	}
	for _, bad := range []string{"machine/#", "machine/7", "+/+", "machine/x+"} {
		if _, err := mqttaccess.New(mqttaccess.Config{Lab: lab, Topics: bad}); err == nil {
			t.Errorf("topics %q are accepted", bad)
		}
	}
	if _, err := mqttaccess.ParseMachines([]byte("7: {category: laser}\n8: {name: 'a b'}\n")); err == nil ||
		!strings.Contains(err.Error(), `line 1: 7: "laser" is not one of laser_cutter, `) || !strings.Contains(err.Error(), `line 2: 8: the name "a b" isn't made of`) {
		t.Errorf("machines: %v", err)
	}
}

// TestBadMessages: an error is about the message alone, and quotes nothing of it.
func TestBadMessages(t *testing.T) {
	im := newImporter(t, mqttaccess.Config{State: kept{}})
	for _, body := range []string{`{`, `[]`, `{"uid":"aabbccdd"}`, `{"action":"stopuse","uid":"aabbccdd","duration":"aabbccdd"}`, `{"action":"stopuse","uid":"aabbccdd","duration":1e9}`,
		`{"action":"stopuse","uid":"aabbccdd"}`, `{"action":"stopuse","uid":"` + strings.Repeat("a", 70000) + `"}`} {
		events, err := im.Receive(t.Context(), message(ten, body))
		if !importers.Continues(err) || len(events) != 0 || strings.Contains(err.Error(), "aabb") || len(err.Error()) > 300 {
			t.Errorf("%.60s: %v", body, err)
		}
	}
}

// failing is a state whose disk is full for a while.
type failing struct {
	kept
	full bool
}

func (f *failing) Put(key string, value []byte) error {
	if f.full {
		return errors.New("no space left on device")
	}
	return f.kept.Put(key, value)
}

// TestStateFails: a message that couldn't be remembered isn't dropped; delivered again, it counts.
func TestStateFails(t *testing.T) {
	state := &failing{kept: kept{}, full: true}
	im := newImporter(t, mqttaccess.Config{State: state})
	if events, err := im.Receive(t.Context(), stop(ten, time.Hour, true)); err == nil || importers.Continues(err) || len(events) != 0 {
		t.Errorf("%d events, %v", len(events), err)
	}
	state.full = false
	if got := times(t, receive(t, im, stop(ten, time.Hour, true))); got != "machine-7 2026-03-03 09:00:00–10:00:00" {
		t.Errorf("got %s", got)
	}
	if _, errs := read(t, im, importers.Range{}); len(errs) != 1 {
		t.Errorf("warnings: %q", errs)
	}
	state.kept["machine/7"] = []byte("{")
	if _, err := im.Receive(t.Context(), start(ten)); err == nil || importers.Continues(err) {
		t.Errorf("a broken memory: %v", err)
	}
}
