package fabman_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/fabman"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

// all is what the agent asks for: everything, as far as it hasn't been read.
var all = importers.Range{}

// remembering is an importer with a memory and a clock that tests set.
func remembering(t testing.TB, f *api, s *state, now *time.Time) *fabman.Importer {
	t.Helper()
	return f.importer(t, func(c *fabman.Config) { c.State, c.Clock = s, func() time.Time { return *now } })
}

// days logs a session of an hour on each of a year's first n days, oldest first.
func (f *api) days(n int) {
	for i := range n {
		start := at("2025-01-01T08:00:00Z").AddDate(0, 0, i)
		f.log(int64(1000+i), start.Format(time.RFC3339), start.Add(time.Hour).Format(time.RFC3339))
	}
}

func TestAPollReadsOnlyWhatIsNew(t *testing.T) {
	f, s, now := serve(t), &state{}, at("2026-03-12T12:00:00+01:00")
	f.pageSize = 20
	f.days(200)
	if n := len(poll(t, remembering(t, f, s, &now), all)); n != 202 {
		t.Errorf("%d sessions", n)
	}
	before := f.count("resource-logs")
	f.log(20, "2026-03-12T10:00:00.000Z", "2026-03-12T11:30:00.000Z")
	now = now.Add(time.Hour)
	im := remembering(t, f, s, &now) // another process
	wantHours(t, poll(t, im, all), map[string]float64{"fabman-245": 1.5})
	if n := f.count("resource-logs") - before; n > 4 {
		t.Errorf("%d requests for what is new", n)
	}
	// A range that begins later is a part of what was read; one that begins earlier than all isn't.
	wantHours(t, poll(t, im, importers.Range{Since: at("2026-02-01T00:00:00Z")}), map[string]float64{"fabman-245": 1.5})
}

func TestAnEarlierBeginIsReadWhole(t *testing.T) {
	f, s, now := serve(t), &state{}, at("2026-03-20T12:00:00+01:00")
	f.pageSize = 20
	f.days(60)
	im := remembering(t, f, s, &now)
	wantHours(t, poll(t, im, importers.Range{Since: at("2026-03-01T00:00:00Z")}), sampleHours)
	wantHours(t, poll(t, im, importers.Range{Since: at("2025-01-31T00:00:00Z")}), map[string]float64{"fabman-245": 30 + 2.5, "fabman-246": 12})
	if n := len(poll(t, im, importers.Range{Since: at("2025-01-31T00:00:00Z")})); n != 0 {
		t.Errorf("%d sessions told again", n)
	}
	// A gap isn't taken for read.
	im = remembering(t, f, s, &now)
	wantHours(t, poll(t, im, importers.Range{Until: at("2025-01-11T00:00:00Z")}), map[string]float64{"fabman-245": 10})
	wantHours(t, must(t, im, all), map[string]float64{"fabman-245": 60 + 2.5, "fabman-246": 12})
	// Neither is one that begins after what was read.
	s, now = &state{}, at("2026-03-12T12:00:00+01:00")
	im = remembering(t, f, s, &now)
	poll(t, im, all)
	f.log(30, "2026-03-15T08:00:00.000Z", "2026-03-15T09:00:00.000Z")
	now = at("2026-03-30T12:00:00+02:00")
	poll(t, im, importers.Range{Since: at("2026-03-20T00:00:00Z")})
	wantHours(t, poll(t, im, all), map[string]float64{"fabman-245": 1})
	// A range that ends before what was read last is read whole.
	wantHours(t, must(t, im, importers.Range{Since: at("2026-03-01T00:00:00Z"), Until: at("2026-03-04T00:00:00Z")}), map[string]float64{"fabman-245": 2.5})
}

// What isn't committed is read again.
func TestAReadingThatIsNotKept(t *testing.T) {
	f, s, now := serve(t), &state{}, at("2026-03-30T12:00:00+02:00")
	im := remembering(t, f, s, &now)
	for range 2 {
		wantHours(t, must(t, im, all), sampleHours)
	}
	poll(t, im, all)
	if n := len(must(t, im, all)); n != 0 {
		t.Errorf("%d told again", n)
	}
}

func TestAServerThatBeginsWithTheOldest(t *testing.T) {
	for _, size := range []int{1, 2, 5} {
		f, s, now := serve(t), &state{}, at("2026-03-12T12:00:00+01:00")
		f.rising, f.pageSize = true, size
		f.days(20)
		im := remembering(t, f, s, &now)
		poll(t, im, all)
		f.log(20, "2026-03-12T10:00:00.000Z", "2026-03-12T11:30:00.000Z")
		wantHours(t, poll(t, im, all), map[string]float64{"fabman-245": 1.5})
	}
}

func TestAnEditBetweenTwoPolls(t *testing.T) {
	f, s, now, l := serve(t), &state{}, at("2026-03-05T12:00:00+01:00"), ledger{}
	im := remembering(t, f, s, &now)
	sent := l.send(t, poll(t, im, all))
	f.edit("resource-logs", 1, "stoppedAt", "2026-03-03T16:00:00.000Z")
	now = now.Add(time.Hour)
	again := l.send(t, poll(t, im, all))
	if len(again) != 1 || again[0].ID != idOf(1) || again[0].Revision != 3 {
		t.Fatalf("%+v", again)
	}
	wantHours(t, append(sent, again...), map[string]float64{"fabman-245": 3, "fabman-246": 12})
}

func TestADeletionBetweenTwoPolls(t *testing.T) {
	f, s, now, l := serve(t), &state{}, at("2026-03-05T12:00:00+01:00"), ledger{}
	sent := l.send(t, poll(t, remembering(t, f, s, &now), all))
	f.remove("resource-logs", 1)
	f.remove("resource-logs", 2) // it was never told
	for i := range 3 {
		now = now.Add(time.Hour)
		im := remembering(t, f, s, &now)
		got := l.send(t, must(t, im, all))
		if i == 0 && (len(got) != 1 || !got[0].Retracted || got[0].ID != idOf(1) || got[0].Revision != 3) || i > 0 && len(got) != 0 {
			t.Fatalf("poll %d: %+v", i, got)
		}
		if i > 0 { // the first one isn't kept
			if err := im.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		sent = append(sent, got...)
	}
	wantHours(t, sent, map[string]float64{"fabman-246": 12})
}

// Another account's key shows another log: that everything is missing there says nothing.
func TestALogThatHasVanished(t *testing.T) {
	f, s, now := serve(t), &state{}, at("2026-03-12T12:00:00+01:00")
	for i := range 30 {
		f.log(int64(100+i), "2026-03-11T08:00:00.000Z", "2026-03-11T09:00:00.000Z")
	}
	im := remembering(t, f, s, &now)
	poll(t, im, all)
	f.records["resource-logs"] = f.records["resource-logs"][:6]
	got := read(t, im, all)
	if got.err != nil || len(got.events) != 0 || len(got.broken) != 1 || !strings.Contains(importers.Say(got.broken[0], schemas.French), "30 des 30 dernières activités ont disparu") {
		t.Errorf("%d events, %v, %v", len(got.events), got.broken, got.err)
	}
}

// An entry that a list leaves out isn't deleted as long as Fabman gives it when it is asked for.
func TestAnEntryThatAListLeavesOut(t *testing.T) {
	f, s, now := serve(t), &state{}, at("2026-03-05T12:00:00+01:00")
	im := remembering(t, f, s, &now)
	poll(t, im, all)
	f.before = func(w http.ResponseWriter, _ *http.Request, path string, _ int) bool {
		if path == "resource-logs" {
			fmt.Fprint(w, "[]")
		}
		return path == "resource-logs"
	}
	if events := must(t, im, all); len(events) != 0 {
		t.Errorf("taken back: %+v", events)
	}
	f.before = func(w http.ResponseWriter, _ *http.Request, path string, _ int) bool {
		switch path {
		case "resource-logs":
			fmt.Fprint(w, "[]")
		case "resource-logs/1":
			w.WriteHeader(500)
		default:
			return false
		}
		return true
	}
	if got := read(t, im, all); !is[*rest.UnavailableError](got.err) || len(got.events) != 0 {
		t.Errorf("%+v, %v", got.events, got.err)
	}
}

// What no longer is a finished session on a machine is taken back, and comes back with a higher
// revision when it is one again.
func TestASessionThatNoLongerCounts(t *testing.T) {
	f, s, now, l := serve(t), &state{}, at("2026-03-05T12:00:00+01:00"), ledger{}
	im := remembering(t, f, s, &now)
	unrevised := poll(t, im, all) // what comes without a ledger is right by itself
	revision := int64(2)
	sent := l.send(t, unrevised)
	for i, change := range []func(){
		func() { f.edit("resource-logs", 1, "stoppedAt", nil) },
		func() { f.edit("resource-logs", 1, "stoppedAt", "2026-03-03T14:00:00.000Z") },
		func() { f.edit("resources", 245, "controlType", "door") },
		func() { f.edit("resources", 245, "controlType", "machine") },
	} {
		change()
		now = now.Add(time.Hour)
		if must(t, im, all); i == 2 {
			im = remembering(t, f, s, &now) // that reading wasn't kept, and nothing remembers it
		}
		events := poll(t, im, all)
		unrevised = append(unrevised, events...)
		for _, e := range events {
			if e.ID == idOf(1) && e.Revision <= revision {
				t.Errorf("change %d has revision %d after %d", i, e.Revision, revision)
			} else if e.ID == idOf(1) {
				revision = e.Revision
			}
		}
		sent = append(sent, l.send(t, events)...)
		want := map[string]float64{"fabman-246": 12}
		if i%2 == 1 {
			want["fabman-245"] = 1
		}
		wantHours(t, sent, want)
		wantHours(t, unrevised, want)
		if n := len(l.send(t, poll(t, im, all))); n != 0 {
			t.Errorf("change %d: %d told again", i, n)
		}
	}
}

func TestAPersonIsWarnedOnce(t *testing.T) {
	f, s, now := serve(t), &state{}, at("2026-03-05T12:00:00+01:00")
	for i, want := range []int{1, 0, 1} {
		im := remembering(t, f, s, &now)
		if i == 2 {
			f.edit("resource-logs", 3, "stopType", "offline", "idleDurationSeconds", nil)
		}
		got := read(t, im, all)
		if err := im.Commit(t.Context()); err != nil || got.err != nil || len(got.warnings) != want {
			t.Errorf("poll %d: %v, %v, %v", i, got.warnings, got.err, err)
		}
		if i == 2 && !strings.HasSuffix(importers.Say(got.warnings[0], schemas.French), "l'heure de fin est approximative : 12,0 h comptées") {
			t.Errorf("%s", importers.Say(got.warnings[0], schemas.French))
		}
	}
}

// A memory that was damaged costs a whole reading and changes nothing else.
func TestADamagedMemory(t *testing.T) {
	f, s, now := serve(t), &state{}, at("2026-03-30T12:00:00+02:00")
	poll(t, remembering(t, f, s, &now), all)
	for key := range s.values {
		s.values[key] = []byte("{")
	}
	wantHours(t, poll(t, remembering(t, f, s, &now), all), sampleHours)
}

func TestTheMemoryStaysSmall(t *testing.T) {
	f, s, now := serve(t), &state{}, at("2026-03-12T12:00:00+01:00")
	f.pageSize = 20
	f.days(300)
	poll(t, remembering(t, f, s, &now), all)
	// Neither last year's sessions nor doors and denied access are in it.
	if raw := string(s.values["memory"]); len(raw) > 1000 || !strings.Contains(raw, `"1":`) || !strings.Contains(raw, `"5":`) ||
		strings.Contains(raw, `"2":`) || strings.Contains(raw, `"6":`) {
		t.Errorf("%d bytes: %s", len(raw), raw)
	}
}
