package fabmanager_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine/producers/importers"
	"vitrine/producers/importers/fabmanager"
	"vitrine/producers/importers/ledger"
	"vitrine/schemas"
)

// memory is a source's state that lasts as long as the test.
type memory struct {
	mu     sync.Mutex
	values map[string][]byte
}

func newMemory() *memory { return &memory{values: map[string][]byte{}} }

func (m *memory) Get(key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[key], nil
}

func (m *memory) Put(key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values[key] = value
	return nil
}

// booking is a reservation as it was made and changed over time.
type booking struct {
	id, of       int // machine, or training
	training     bool
	availability int
	user         int
	made         time.Time
	start, end   time.Time
	cancelled    time.Time // zero: never
}

// validation says that a user was validated for a training.
type validation struct {
	id, training, user int
	at                 time.Time
}

// world is a Fab-manager at a moment of its history: what is later hasn't happened yet.
type world struct {
	now         time.Time
	bookings    []booking
	validations []validation
	openings    []booking // of machines, as availabilities
	asked       []*http.Request
}

func (w *world) clock() time.Time { return w.now }

// RoundTrip answers like the API does, filters and order included.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	w.asked = append(w.asked, r)
	list := strings.TrimPrefix(r.URL.Path, "/open_api/v1/")
	records := []any{}
	after, _ := time.Parse(time.RFC3339, r.URL.Query().Get("after"))
	switch list {
	case "reservations":
		for _, b := range slices.Backward(slices.SortedStableFunc(slices.Values(w.bookings), func(a, b booking) int { return a.made.Compare(b.made) })) {
			if b.made.After(w.now) || b.made.Before(after) {
				continue
			}
			slot := map[string]any{"availability_id": b.availability, "start_at": b.start, "end_at": b.end, "canceled_at": nil}
			if !b.cancelled.IsZero() && !b.cancelled.After(w.now) {
				slot["canceled_at"] = b.cancelled
			}
			kind := "Machine"
			if b.training {
				kind = "Training"
			}
			// Fab-manager doesn't touch updated_at when a slot is cancelled.
			records = append(records, map[string]any{"id": b.id, "reservable_id": b.of, "reservable_type": kind, "user_id": b.user,
				"created_at": b.made, "updated_at": b.made, "reserved_slots": []any{slot}})
		}
	case "machines":
		records = append(records, map[string]any{"id": 1, "slug": "laser", "name": "Laser"})
	case "availabilities":
		before, _ := time.Parse(time.RFC3339, r.URL.Query().Get("before"))
		for _, o := range w.openings {
			if !o.start.Before(after) && !o.end.After(before) {
				records = append(records, map[string]any{"id": o.id, "available_type": "Machine", "available_ids": []int{o.of}, "start_at": o.start, "end_at": o.end, "slots": []any{}})
			}
		}
	case "user_trainings":
		for _, v := range w.validations {
			if wanted := r.URL.Query()["training_id[]"]; !v.at.After(w.now) && (wanted == nil || slices.Contains(wanted, fmt.Sprint(v.training))) {
				records = append(records, map[string]any{"id": v.id, "training_id": v.training, "user_id": v.user, "created_at": v.at})
			}
		}
	}
	rec := httptest.NewRecorder()
	page := map[string]any{keyOf(list): records}
	if err := json.NewEncoder(rec).Encode(page); err != nil {
		return nil, err
	}
	return rec.Result(), nil
}

// bookedAfter is what the last reading asked of the bookings; zero: all.
func (w *world) bookedAfter() (after time.Time, short bool) {
	short = true
	for _, r := range w.asked {
		switch r.URL.Path {
		case "/open_api/v1/reservations":
			after, _ = time.Parse(time.RFC3339, r.URL.Query().Get("after"))
		case "/open_api/v1/events", "/open_api/v1/subscriptions", "/open_api/v1/accounting":
			short = false
		}
	}
	w.asked = nil
	return after, short
}

func (w *world) importer(t testing.TB, change func(*fabmanager.Config)) *fabmanager.Importer {
	t.Helper()
	return newImporter(t, func(c *fabmanager.Config) {
		c.URL, c.Token, c.Transport, c.Clock = "https://fabmanager.example.org", token, w, w.clock
		if change != nil {
			change(c)
		}
	})
}

func day(n float64) time.Time {
	return at("2026-03-01T00:00:00+01:00").Add(time.Duration(n * 24 * float64(time.Hour)))
}

// poll reads, keeps the latest of each event, and commits.
func poll(t testing.TB, im *fabmanager.Importer, r importers.Range, latest map[string]string) {
	t.Helper()
	for _, e := range must(t, im, r) {
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		latest[e.ID.String()] = string(raw)
	}
	if err := im.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAShortReadingBeginsWithTheOldestBookingThatIsNotSettled(t *testing.T) {
	w := &world{bookings: []booking{
		{id: 1, of: 1, made: day(-20), start: day(-10), end: day(-10).Add(time.Hour)}, // settled
		{id: 2, of: 1, made: day(-15), start: day(2), end: day(2).Add(time.Hour)},
		{id: 3, of: 1, made: day(-3), start: day(1), end: day(1).Add(time.Hour)},
		{id: 4, of: 1, made: day(2), start: day(2).Add(time.Hour), end: day(2).Add(2 * time.Hour)}, // booked on the spot
	}}
	state, latest := newMemory(), map[string]string{}
	im := w.importer(t, func(c *fabmanager.Config) { c.State, c.FullEvery = state, 30*24*time.Hour })
	for _, c := range []struct {
		now   float64
		after time.Time
		short bool
		told  int
	}{
		{0, time.Time{}, false, 1},
		{0.5, day(-15), true, 1},
		{1.5, day(-15), true, 2},
		{2.5, day(-15), true, 4},
		{3, day(2.5).Add(-time.Hour), true, 4}, // all are settled: only the overlap
		{30, time.Time{}, false, 4},            // everything again
	} {
		w.now = day(c.now)
		poll(t, im, importers.Range{}, latest)
		if after, short := w.bookedAfter(); !after.Equal(c.after) || short != c.short || len(latest) != c.told {
			t.Errorf("on day %v: asked after %s, short %v, told %d events; want %+v", c.now, after, short, len(latest), c)
		}
	}
	for _, personal := range []string{"user", "token"} {
		if raw, _ := state.Get("resume"); strings.Contains(string(raw), personal) {
			t.Errorf("the state is %s", raw)
		}
	}
}

func TestWhenEverythingIsRead(t *testing.T) {
	w := &world{bookings: []booking{{id: 1, of: 1, made: day(-20), start: day(-10), end: day(-10).Add(time.Hour)}}}
	whole := importers.Range{Since: day(-15)}
	for name, c := range map[string]struct {
		r         importers.Range // of the second reading
		change    func(*fabmanager.Config)
		before    func(*memory)
		noCommit  bool
		now       float64
		wantShort bool
	}{
		"as before":           {r: whole, wantShort: true},
		"a later begin":       {r: importers.Range{Since: day(-5)}, wantShort: true},
		"an earlier begin":    {r: importers.Range{Since: day(-16)}},
		"from the beginning":  {},
		"an end in the past":  {r: importers.Range{Since: day(-15), Until: day(-5)}},
		"a day later":         {r: whole, now: 1},
		"the clock went back": {r: whole, now: -1},
		"nothing committed":   {r: whole, noCommit: true},
		"another mapping":     {r: whole, change: func(c *fabmanager.Config) { c.Mapping = &fabmanager.Mapping{Machines: map[string]string{"a": "other"}} }},
		"another salt":        {r: whole, change: func(c *fabmanager.Config) { c.Salt = []byte("fedcba9876543210") }},
		"a state that can't be read": {r: whole, before: func(m *memory) {
			m.values["resume"] = []byte("{")
		}},
	} {
		w.now = day(0)
		state := newMemory()
		first := w.importer(t, func(c *fabmanager.Config) { c.State = state })
		must(t, first, whole)
		if !c.noCommit {
			if err := first.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if c.before != nil {
			c.before(state)
		}
		w.bookedAfter()
		w.now = day(c.now)
		second := w.importer(t, func(cfg *fabmanager.Config) {
			cfg.State = state
			if c.change != nil {
				c.change(cfg)
			}
		})
		must(t, second, c.r)
		if _, short := w.bookedAfter(); short != c.wantShort {
			t.Errorf("%s: a short reading: %v", name, short)
		}
	}
}

// A reading that the caller ended, or a fault did, isn't where the next one goes on.
func TestAReadingThatEndedEarlyIsNotCommitted(t *testing.T) {
	w := &world{now: day(0), bookings: []booking{{id: 1, of: 1, made: day(-20), start: day(-10), end: day(-10).Add(time.Hour)}}}
	state := newMemory()
	im := w.importer(t, func(c *fabmanager.Config) { c.State = state })
	for range im.Events(t.Context(), importers.Range{}) {
		break
	}
	if err := im.Commit(t.Context()); err != nil || len(state.values) > 0 {
		t.Errorf("committed %v, %v", state.values, err)
	}
}

// Whatever is booked, cancelled and validated when, and whenever it is looked at: short readings
// give in the end what one reading of everything gives.
func TestShortReadingsGiveWhatAFullOneGives(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := &world{}
		moment := func(from, to float64, label string) time.Time {
			return day(from + (to-from)*float64(rapid.IntRange(0, 200).Draw(rt, label))/200)
		}
		for id := 1; id <= rapid.IntRange(1, 12).Draw(rt, "bookings"); id++ {
			b := booking{id: id, of: rapid.IntRange(1, 2).Draw(rt, "of"), training: rapid.Bool().Draw(rt, "training"), user: rapid.IntRange(1, 3).Draw(rt, "user")}
			settled := 0.0
			if b.training {
				b.availability = rapid.IntRange(1, 3).Draw(rt, "availability")
				b.start = day(float64(10 * b.availability)).Add(9 * time.Hour)
				b.end = b.start.Add(3 * time.Hour)
				settled = float64(10*b.availability) + 7.9
			} else {
				b.start = moment(1, 40, "start")
				b.end = b.start.Add(time.Hour)
				settled = b.end.Sub(day(0)).Hours() / 24
			}
			begins := b.start.Sub(day(0)).Hours() / 24
			b.made = moment(begins-30, begins, "made")
			if rapid.Bool().Draw(rt, "cancelled") {
				b.cancelled = moment(b.made.Sub(day(0)).Hours()/24, settled, "at")
			}
			w.bookings = append(w.bookings, b)
		}
		for id := 1; id <= rapid.IntRange(0, 4).Draw(rt, "validations"); id++ {
			w.validations = append(w.validations, validation{id: id, training: rapid.IntRange(1, 2).Draw(rt, "of"), user: rapid.IntRange(1, 3).Draw(rt, "user"), at: moment(5, 45, "validated")})
		}
		for id := 1; id <= rapid.IntRange(0, 4).Draw(rt, "openings"); id++ {
			start := moment(1, 50, "opens")
			w.openings = append(w.openings, booking{id: id, of: 1, start: start, end: start.Add(time.Duration(rapid.IntRange(1, 168).Draw(rt, "hours")) * time.Hour)})
		}
		state, latest := newMemory(), map[string]string{}
		// Never everything a second time: the short readings alone must do.
		im := w.importer(t, func(c *fabmanager.Config) { c.State, c.FullEvery = state, 1000*24*time.Hour })
		var polls []time.Time
		for range rapid.IntRange(0, 8).Draw(rt, "polls") {
			polls = append(polls, moment(0, 60, "poll"))
		}
		slices.SortFunc(polls, time.Time.Compare)
		for _, w.now = range append(polls, day(60)) {
			poll(t, im, importers.Range{}, latest)
		}
		whole := map[string]string{}
		poll(t, w.importer(t, nil), importers.Range{}, whole)
		for id, want := range whole {
			if latest[id] != want {
				rt.Errorf("short readings gave %s\nand a full one %s", latest[id], want)
			}
		}
		if len(latest) != len(whole) {
			rt.Errorf("short readings gave %d events, a full one %d", len(latest), len(whole))
		}
	})
}

// A slot that is cancelled after it was told: the next reading of everything takes it back, under a
// higher revision; what didn't change isn't sent again.
func TestARecordEditedBetweenTwoPolls(t *testing.T) {
	w := &world{now: day(0), bookings: []booking{
		{id: 1, of: 1, made: day(-25), start: day(-10), end: day(-10).Add(time.Hour)},
		{id: 2, of: 1, made: day(-25), start: day(-9), end: day(-9).Add(time.Hour)},
		{id: 3, of: 1, made: day(-20), start: day(0.5), end: day(0.5).Add(time.Hour), cancelled: day(0.2)},
	}}
	sent, err := ledger.Open(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer sent.Close()
	im := w.importer(t, func(c *fabmanager.Config) { c.State = sent.State("atelier-nord/fabmanager") })
	read := func() (all []*schemas.Event) {
		t.Helper()
		for e, err := range importers.Revise(t.Context(), sent, "atelier-nord", im.Events(t.Context(), importers.Range{}), nil) {
			if err != nil {
				t.Fatal(err)
			}
			s, err := importers.SentOf(e)
			if err == nil {
				err = sent.Record(t.Context(), "atelier-nord", []importers.Sent{s})
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, e)
		}
		if err := im.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		return all
	}
	if all := read(); len(all) != 2 || all[0].Revision != 0 {
		t.Fatalf("first: %v", all)
	}
	w.bookings[1].cancelled = day(0.1)
	w.now = day(0.6)
	if all := read(); len(all) != 1 || !all[0].Retracted || all[0].Time.After(day(0.6)) {
		t.Fatalf("a short reading takes back the slot that was cancelled before it began, which harms nobody: %v", all)
	}
	w.now = day(1.1)
	all := read()
	if len(all) != 1 || !all[0].Retracted || all[0].Revision != 1 || !all[0].Time.Equal(day(-9)) {
		t.Fatalf("a reading of everything: %v", all)
	}
	w.now = day(2.2)
	if all := read(); len(all) != 0 {
		t.Errorf("nothing has changed, but %v", all)
	}
}

// A short reading may meet one of a session's bookings and not the others: it must not tell the session.
func TestASessionIsNotToldWithAPartOfItsBookings(t *testing.T) {
	class := func(id int, made float64) booking {
		return booking{id: id, of: 1, training: true, availability: 1, user: id, made: day(made), start: day(10), end: day(10).Add(3 * time.Hour)}
	}
	w := &world{now: day(19), bookings: []booking{class(1, -10), class(2, 9), // settled on day 18
		{id: 3, of: 1, made: day(8), start: day(25), end: day(25).Add(time.Hour)}}} // not settled: what was booked since day 8 is read
	im, latest := w.importer(t, func(c *fabmanager.Config) { c.State, c.FullEvery = newMemory(), 30*24*time.Hour }), map[string]string{}
	for _, now := range []float64{19, 20} {
		w.now, w.asked = day(now), nil
		poll(t, im, importers.Range{}, latest)
		for _, e := range latest {
			if !strings.Contains(e, `"registered":2`) {
				t.Errorf("on day %v: %s", now, e)
			}
		}
	}
	if after, short := w.bookedAfter(); !short || !after.Equal(day(8)) || len(latest) != 1 {
		t.Errorf("asked after %s, short %v, told %v", after, short, latest)
	}
}
