package load

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"vitrine/schemas"
)

var until = time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)

// seen is an event as it was decoded.
type seen struct {
	*schemas.Event
	raw []byte
}

func decodeAll(t *testing.T, c Config) []seen {
	t.Helper()
	l, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	var all []seen
	for m := range l.All() {
		e, err := schemas.Decode(m.Data, until)
		if err != nil {
			t.Fatalf("message %d: %v\n%s", len(all), err, m.Data)
		}
		if want := schemas.Subject(e.Lab(), e.Kind()); m.Subject != want {
			t.Fatalf("message %d is published on %s, want %s", len(all), m.Subject, want)
		}
		if n := len(all); n >= 2*c.Labs && e.Time.After(until) {
			t.Fatalf("message %d happens at %s, after the load's end", n, e.Time)
		}
		all = append(all, seen{e, bytes.Clone(m.Data)})
	}
	if len(all) != l.Len() || len(all) != 2*c.Labs+c.Events {
		t.Fatalf("%d messages, Len says %d", len(all), l.Len())
	}
	return all
}

// The door takes every message, and the load is what its documentation says.
func TestLoadIsWhatItSays(t *testing.T) {
	const labs, events = 100, 10_000
	for _, shape := range []Shape{Recent, Backfill} {
		t.Run(string(shape), func(t *testing.T) {
			all := decodeAll(t, Config{Labs: labs, Events: events, Seed: 7, Shape: shape, Until: until})
			kinds, registered := map[string]int{}, map[string]bool{}
			before := map[string][]seen{} // by lab and id
			var size, again, corrected, moved, retracted, v5, old, recent int
			for i, e := range all {
				if i < 2*labs {
					registered[e.Lab()] = true
					continue
				}
				if !registered[e.Lab()] {
					t.Fatalf("%s wasn't registered", e.Lab())
				}
				size += len(e.raw)
				kinds[e.Kind()]++
				key := e.Lab() + e.ID.String()
				if others := before[key]; len(others) > 0 {
					same := slices.ContainsFunc(others, func(o seen) bool { return bytes.Equal(o.raw, e.raw) })
					switch {
					case same:
						again++
					case slices.ContainsFunc(others, func(o seen) bool { return o.Revision == e.Revision }):
						t.Fatalf("revision %d of %s has two contents", e.Revision, e.ID)
					case e.Kind() != others[0].Kind():
						t.Fatalf("%s was %s, is %s", e.ID, others[0].Kind(), e.Kind())
					default:
						corrected++
						if e.Retracted {
							retracted++
						}
						if e.Time.Format("2006-01") != others[0].Time.Format("2006-01") {
							moved++
						}
					}
				}
				before[key] = append(before[key], e)
				if e.ID.Version() == 5 {
					v5++
				} else if e.ID.Version() != 7 {
					t.Fatalf("id %s", e.ID)
				}
				switch age := until.Sub(e.Time); {
				case age > historyDays*24*time.Hour+48*24*time.Hour:
					t.Fatalf("%s happened at %s", e.ID, e.Time)
				case age > 10*24*time.Hour:
					old++
				case age < 5*24*time.Hour:
					recent++
				}
			}
			if l, _ := New(Config{Labs: labs, Events: events, Seed: 7, Shape: shape, Until: until}); l.Distinct() != 2*labs+len(before) {
				t.Errorf("%d different events, Distinct says %d", 2*labs+len(before), l.Distinct())
			}
			within := func(what string, got, low, high int) {
				t.Helper()
				if got < low || got > high {
					t.Errorf("%s: %d, want %d to %d", what, got, low, high)
				}
			}
			t.Logf("mean size %d bytes; %d duplicates, %d corrections, %d across months, %d retractions, %d older than ten days", size/events, again, corrected, moved, retracted, old)
			within("mean size, bytes", size/events, 420, 480)
			within("duplicates", again, 70, 140)
			within("corrections", corrected, 30, 70)
			within("corrections across months", moved, 5, 30)
			within("retractions", retracted, 1, 15)
			within("UUIDv5", v5, 2800, 3200)
			within("machine.usage", kinds["machine.usage"], 6800, 7200)
			within("kinds", len(kinds), 17, 17)
			within("labs", len(registered), labs, labs)
			if shape == Recent {
				within("older than ten days", old, 220, 400)
				within("of the last five days", recent, 9250, 9900)
			} else {
				within("older than ten days", old, 9750, 9950)
			}
		})
	}
}

// A message doesn't depend on those before it, nor on how often it is asked for.
func TestLoadIsDeterministic(t *testing.T) {
	c := Config{Labs: 9, Events: 3000, Seed: 3, Until: until}
	l, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	first := texts(l)
	l, _ = New(c)
	for i := l.Len() - 1; i >= 0; i-- {
		if _, b := l.Append(nil, i); string(b) != first[i] {
			t.Fatalf("message %d was\n%s\nand is\n%s", i, first[i], b)
		}
	}
	c.Seed++
	other, _ := New(c)
	if _, b := other.Append(nil, l.Len()-1); slices.Contains(first, string(b)) {
		t.Error("another seed gives the same events")
	}
}

func texts(l *Load) []string {
	all := make([]string, l.Len())
	for i := range all {
		_, b := l.Append(nil, i)
		all[i] = string(b)
	}
	return all
}

// A load of years spreads over them, and the door takes its oldest.
func TestLoadOverYears(t *testing.T) {
	all := decodeAll(t, Config{Labs: 3, Events: 2000, Over: 2 * 365 * 24 * time.Hour, Until: until})
	n := 0
	for _, e := range all[6:] {
		if until.Sub(e.Time) < 365*24*time.Hour {
			n++
		}
	}
	if n < 800 || n > 1100 {
		t.Errorf("%d of 2000 events are of the last of two years", n)
	}
}

func TestConfigIsChecked(t *testing.T) {
	good := Config{Labs: 1, Events: 1, Until: until}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, breakIt := range map[string]func(*Config){
		"labs":   func(c *Config) { c.Labs = 0 },
		"many":   func(c *Config) { c.Labs = 10_000 },
		"events": func(c *Config) { c.Events = 0 },
		"over":   func(c *Config) { c.Over = time.Minute },
		"shape":  func(c *Config) { c.Shape = "round" },
		"until":  func(c *Config) { c.Until = time.Time{} },
	} {
		c := good
		if breakIt(&c); c == good {
			t.Fatalf("%s changes nothing", name)
		}
		if _, err := New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	l, err := New(Config{Labs: 1000, Events: 1_000_000, Until: until})
	if err != nil {
		b.Fatal(err)
	}
	var buffer []byte
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_, buffer = l.Append(buffer[:0], 2000+i%1_000_000)
		b.SetBytes(int64(len(buffer)))
	}
}
