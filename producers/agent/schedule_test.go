package agent

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestNextAt(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ now, want string }{
		{"2026-03-10T05:00:00+01:00", "2026-03-10T06:30:00+01:00"},
		{"2026-03-10T06:30:00+01:00", "2026-03-11T06:30:00+01:00"},
		{"2026-03-28T12:00:00+01:00", "2026-03-29T06:30:00+02:00"}, // summer time begins
		{"2026-10-24T12:00:00+02:00", "2026-10-25T06:30:00+01:00"},
		{"2026-12-31T23:00:00+01:00", "2027-01-01T06:30:00+01:00"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := nextAt(now.In(paris), 390).Format(time.RFC3339); got != c.want {
			t.Errorf("after %s: %s, want %s", c.now, got, c.want)
		}
	}
	// 02:30 doesn't exist on the day that summer time begins: it is read that day all the same, once.
	now := time.Date(2026, 3, 29, 0, 0, 0, 0, paris)
	first := nextAt(now, 150)
	if first.Day() != 29 || nextAt(first, 150).Day() != 30 {
		t.Errorf("skipped: %s, then %s", first, nextAt(first, 150))
	}
}

// A computer that is off at the minute that a source is read reads it once it is on.
func TestAReadingThatWasMissedIsMadeUpFor(t *testing.T) {
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	for last, want := range map[time.Time]time.Duration{
		{}:                      2 * firstRunSpread, // never read
		now.AddDate(0, 0, -1):   2 * firstRunSpread,
		now.Add(-2 * time.Hour): 21*time.Hour + 30*time.Minute,
		time.Date(2026, 3, 10, 6, 30, 0, 0, time.UTC): 21*time.Hour + 30*time.Minute,
	} {
		s := &source{spec: SourceSpec{At: 390}, state: sourceState{LastDone: last}}
		if got := s.firstPause(now, 2); got != want {
			t.Errorf("last read %s: %s, want %s", last, got, want)
		}
	}
	if got := (&source{spec: SourceSpec{At: 390}}).firstPause(now.Add(-3*time.Hour), 0); got != 0 { // yesterday's was missed
		t.Errorf("before the minute: %s", got)
	}
	if got := (&source{spec: SourceSpec{At: -1, Every: time.Hour}}).firstPause(now, 1); got != firstRunSpread {
		t.Errorf("by an interval: %s", got)
	}
	if got := (&source{spec: SourceSpec{At: -1}}).firstPause(now, 1); got != never {
		t.Errorf("only listened to: %s", got)
	}
}

func TestWaitingForTheClock(t *testing.T) {
	token := make(chan struct{}, 1)
	if !waitForClock(t.Context(), time.Now().Add(-time.Hour), token) || !waitForClock(t.Context(), time.Now().Add(20*time.Millisecond), token) {
		t.Error("the time had come")
	}
	token <- struct{}{}
	if !waitForClock(t.Context(), time.Now().Add(time.Hour), token) {
		t.Error("somebody wanted it at once")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if waitForClock(ctx, time.Now().Add(time.Hour), token) {
		t.Error("the agent had stopped")
	}
}

func TestPauseAfterFailures(t *testing.T) {
	s := &source{spec: SourceSpec{Every: time.Hour, At: -1}}
	if got := s.pause(time.Now(), nil); got != time.Hour {
		t.Errorf("after a good reading: %s", got)
	}
	for i, want := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 30 * time.Minute, 30 * time.Minute} {
		s.state.Failures = i + 1
		if got := s.pause(time.Now(), errors.New("x")); got != want {
			t.Errorf("after %d failures: %s, want %s", i+1, got, want)
		}
	}
	s.spec.Every = 10 * time.Second
	if got := s.pause(time.Now(), errors.New("x")); got != 10*time.Second {
		t.Errorf("a short schedule comes first: %s", got)
	}
	if got := (&source{spec: SourceSpec{At: -1}}).pause(time.Now(), nil); got != never {
		t.Errorf("a source that is only listened to: %s", got)
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, subject string
		want             bool
	}{
		{"machine.*", "machine.7", true}, {"machine.*", "machine.7.x", false}, {"machine.*", "machine", false},
		{"machine.>", "machine.7.x", true}, {"machine.>", "machine", false}, {"a.*.c", "a.b.c", true}, {"a.*.c", "a.b.d", false},
	} {
		if got := matches(c.pattern, c.subject); got != c.want {
			t.Errorf("%s, %s: %t", c.pattern, c.subject, got)
		}
	}
}

func TestTopicsOfMachines(t *testing.T) {
	for topic, want := range map[string]bool{
		"machine/+": true, "machine/#": true, "machine/7/uid": true, "machine": true, "fablab/+/uid": true,
		"#": false, "+/uid": false, "agent/spool/x": false, "agent/#": false, "agent": false, "$SYS/x": false, "": false, "machine//x": false,
		"machine/": false, "machine.7": false, "machine/+x": false, "machine/#/x": false, "machine/a b": false,
	} {
		if usable(topic) != want {
			t.Errorf("%q: %t", topic, !want)
		}
	}
}

func TestRangeOfAReading(t *testing.T) {
	zone := time.UTC
	memory := memoryState{}
	s := &source{spec: SourceSpec{Name: "x"}, memory: memory}
	now := time.Date(2026, 3, 15, 9, 0, 0, 0, zone)
	since := func() string {
		r, err := s.dates(now, zone)
		if err != nil || !r.Until.IsZero() {
			t.Fatal(r, err)
		}
		return r.Since.Format(time.DateOnly)
	}
	if got := since(); got != "2026-02-01" {
		t.Errorf("first reading since %s", got)
	}
	s.spec.Since = time.Date(2025, 9, 1, 0, 0, 0, 0, zone)
	if got := since(); got != "2025-09-01" {
		t.Errorf("first reading since the configured day: %s", got)
	}
	memory[keepDone] = []byte(`"2026-01-20T09:00:00Z"`) // it was off for two months
	if got := since(); got != "2025-12-01" {
		t.Errorf("after a long pause: %s", got)
	}
	s.spec.Since = time.Date(2026, 1, 1, 0, 0, 0, 0, zone)
	if got := since(); got != "2026-01-01" {
		t.Errorf("not before the configured day: %s", got)
	}
	// A file is read whole: its rows are added and corrected late too.
	s.spec.Values = map[string]string{"file": "activities.xlsx"}
	if got := since(); got != "2026-01-01" {
		t.Errorf("a file since the configured day: %s", got)
	}
	s.spec.Since = time.Time{}
	if got := since(); got != "0001-01-01" {
		t.Errorf("a file after a long pause: %s", got)
	}
	// So is an agenda by address since the configured day; without one it may have years.
	s.spec.Values, s.spec.AllAtOnce = map[string]string{"url": "https://example.org/agenda.ics"}, true
	if got := since(); got != "2025-12-01" {
		t.Errorf("an agenda without a configured day: %s", got)
	}
	s.spec.Since = time.Date(2025, 9, 1, 0, 0, 0, 0, zone)
	if got := since(); got != "2025-09-01" {
		t.Errorf("an agenda since the configured day: %s", got)
	}
	s.spec = SourceSpec{Name: "x", Values: map[string]string{"file": "activities.xlsx"}}
	delete(memory, keepDone)
	if got := since(); got != "0001-01-01" {
		t.Errorf("a file for the first time: %s", got)
	}
}

type memoryState map[string][]byte

func (m memoryState) Get(key string) ([]byte, error) { return m[key], nil }
func (m memoryState) Put(key string, value []byte) error {
	m[key] = value
	return nil
}
