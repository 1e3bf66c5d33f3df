package alerts

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/schemas"
)

// world is how things stand in a test.
type world struct {
	mu        sync.Mutex
	standing  Standing
	meanwhile func() // called once, while a finder looks how things stand
}

func (w *world) source(context.Context, time.Time) (Standing, error) {
	w.mu.Lock()
	s, meanwhile := w.standing, w.meanwhile
	w.meanwhile = nil
	w.mu.Unlock()
	if meanwhile != nil {
		meanwhile()
	}
	s.AsOf, s.Paces = on("2026-06-30"), paces
	return s, nil
}

// stand makes commitments of lab a stand as these statuses and paces say, each of its own indicator.
func (w *world) stand(commitments ...clickhouse.CommitmentStatus) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.standing.Commitments = commitments
}

func promise(lab, indicator, status string, pace float64) clickhouse.CommitmentStatus {
	return clickhouse.CommitmentStatus{Lab: lab, Agreement: "A1", Indicator: indicator, Mode: "cumulative", From: on("2026-01-01"), Due: on("2026-12-31"),
		Status: status, Pace: &pace, NameFR: indicator, NameEN: indicator}
}

func newFinder(t testing.TB, js jetstream.JetStream, w *world) *Finder {
	t.Helper()
	f, err := NewFinder(FinderConfig{JetStream: js, Source: w.source, Today: func() time.Time { return on("2026-06-30") }})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// story is what the stream says, in its order: "+lab sort" for raised, "-lab sort" for cleared.
func story(t testing.TB, js jetstream.JetStream) []string {
	t.Helper()
	log, out := NewLog(js), []string{}
	stream, err := js.Stream(t.Context(), schemas.StreamAlerts)
	if err != nil {
		t.Fatal(err)
	}
	err = log.read(t.Context(), 1, stream.CachedInfo().State.LastSeq, func(e entry) {
		sign := "+"
		if e.alert.Cleared != nil {
			sign = "-"
		}
		out = append(out, sign+e.alert.Lab+" "+string(e.alert.Sort))
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func look(t testing.TB, finders ...*Finder) {
	t.Helper()
	for _, f := range finders {
		if err := f.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnAlertIsRaisedOnceAndCleared(t *testing.T) {
	js, w := testkit.Streams(t), &world{}
	a, b := newFinder(t, js, w), newFinder(t, js, w)
	for _, step := range []struct {
		status string
		pace   float64
		want   string // what is said since the step before
	}{
		{"on_track", 1, ""},
		{"at_risk", 0.89, "+a commitment_at_risk"},
		{"on_track", 0.91, ""}, // flutters around the threshold
		{"at_risk", 0.88, ""},
		{"on_track", 0.94, ""},
		{"on_track", 0.95, "-a commitment_at_risk"},
		{"on_track", 0.91, ""},
		{"late", 0.69, "+a commitment_late"},
		{"at_risk", 0.71, ""},
		{"at_risk", 0.80, "-a commitment_late, +a commitment_at_risk"},
		{"missed", 0.80, "-a commitment_at_risk, +a commitment_missed"},
		{"achieved", 1.2, "-a commitment_missed"},
	} {
		before := len(story(t, js))
		w.stand(promise("a", "T01", step.status, step.pace))
		look(t, a, b, a, newFinder(t, js, w)) // a process that was started anew remembers
		if got := strings.Join(story(t, js)[before:], ", "); got != step.want {
			t.Errorf("%s at %v: %q, want %q", step.status, step.pace, got, step.want)
		}
	}
	ids := map[string]int{}
	history, err := NewLog(js).History(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range history {
		ids[h.ID.String()]++
		if h.Cleared == nil {
			t.Errorf("%s is still raised", h.Sort)
		}
	}
	if len(history) != 4 || len(ids) != 4 {
		t.Errorf("%d alerts of %d ids, want 4: %+v", len(history), len(ids), history)
	}
}

// Finders that look at the same time raise everything once; so does one whose finding is older than what
// another one has published meanwhile.
func TestManyFindersRaiseNothingTwice(t *testing.T) {
	js, w := testkit.Streams(t), &world{}
	var all []clickhouse.CommitmentStatus
	for _, lab := range []string{"a", "b", "c"} {
		for _, indicator := range []string{"T01", "T02", "D01", "U01"} {
			all = append(all, promise(lab, indicator, "late", 0.5))
		}
	}
	w.stand(all...)
	var group sync.WaitGroup
	for range 4 {
		f := newFinder(t, js, w)
		group.Go(func() {
			if err := f.Round(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	said := story(t, js)
	slices.Sort(said)
	if len(said) != 12 || said[0] != "+a commitment_late" || said[11] != "+c commitment_late" {
		t.Errorf("%d messages: %v", len(said), said)
	}

	slow, quick := newFinder(t, js, w), newFinder(t, js, w)
	w.meanwhile = func() { // slow has read that b's are late; then they aren't, and quick says so
		w.stand(all[:4]...)
		look(t, quick)
	}
	before := len(story(t, js))
	look(t, slow)
	look(t, quick)
	if after := story(t, js)[before:]; len(after) != 8 || slices.ContainsFunc(after, func(s string) bool { return s[0] == '+' || s[1] == 'a' }) {
		t.Errorf("after the race: %v", after)
	}
}

func TestARoundIsPutOffUntilTheFiguresAreReady(t *testing.T) {
	js, w := testkit.Streams(t), &world{}
	w.stand(promise("a", "T01", "late", 0.5))
	f := newFinder(t, js, w)
	behind := errors.New("the figures are behind")
	f.config.Ready = func(context.Context) error { return behind }
	if err := f.Round(t.Context()); !errors.Is(err, behind) {
		t.Errorf("%v", err)
	}
	if said := story(t, js); len(said) != 0 {
		t.Errorf("it said %v", said)
	}
}

// A rebuild that begins, or begins and ends, while a finder reads: promises that were kept read as missed, and nobody hears of it. Where others
// published meanwhile, whether the figures are ready is asked anew.
func TestNothingIsSaidOfFiguresThatAreMadeAgain(t *testing.T) {
	js, w, store := testkit.Streams(t), &world{}, storekit.Open(t)
	f := newFinder(t, js, w)
	zone, err := time.LoadLocation(schemas.DefaultZone)
	if err != nil {
		t.Fatal(err)
	}
	with := clickhouse.MadeWith(schemas.DefaultCatalogue(), zone)
	f.config.Made = store.FiguresMade
	f.config.Ready = func(ctx context.Context) error { return store.CheckMadeWith(ctx, with) }
	remade := func(steps ...string) func() {
		return func() {
			for _, made := range steps {
				if err := store.SetFiguresMadeWith(t.Context(), made); err != nil {
					t.Error(err)
				}
			}
		}
	}
	for name, steps := range map[string][]string{"begun": {clickhouse.Rebuilding}, "begun and ended": {clickhouse.Rebuilding, with}} {
		w.stand(promise("a", "T01", "missed", 0))
		w.meanwhile = remade(steps...)
		if err := f.Round(t.Context()); !errors.Is(err, clickhouse.ErrMadeOtherwise) {
			t.Errorf("a rebuild has %s: %v", name, err)
		}
		remade(with)()
	}

	w.stand(promise("b", "T01", "late", 0.5))
	w.meanwhile = func() { // another one was first to say so; then a rebuild began
		look(t, newFinder(t, js, w))
		w.stand(promise("b", "T01", "late", 0.5), promise("b", "T02", "late", 0.5))
		remade(clickhouse.Rebuilding)()
	}
	f.config.Made = func(context.Context) (clickhouse.Made, error) { return clickhouse.Made{}, nil } // so that Ready alone sees it
	if err := f.Round(t.Context()); !errors.Is(err, clickhouse.ErrMadeOtherwise) {
		t.Errorf("a rebuild began before the second look: %v", err)
	}
	if said := story(t, js); !slices.Equal(said, []string{"+b commitment_late"}) {
		t.Errorf("it said %v", said)
	}

	remade(with)()
	f.config.Made = store.FiguresMade
	w.stand(promise("a", "T01", "achieved", 1.2))
	look(t, f)
	if said := story(t, js); !slices.Equal(said, []string{"+b commitment_late", "-b commitment_late"}) {
		t.Errorf("it said %v", said)
	}
}

// What others publish under the subjects neither stops the alerts nor counts.
func TestForeignMessagesArePassedOver(t *testing.T) {
	js, w := testkit.Streams(t), &world{}
	w.stand(promise("a", "T01", "late", 0.5))
	f := newFinder(t, js, w)
	look(t, f)
	current, err := f.log.Current(t.Context())
	if err != nil || len(current) != 1 {
		t.Fatalf("%v, %v", current, err)
	}
	forged, err := encode(current[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range [][]byte{nil, []byte("{"), []byte(`{"type":"org.vitrine.alert.raised"}`), forged} {
		if _, err := js.Publish(t.Context(), schemas.SubjectAlerts("b"), m); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := js.Publish(t.Context(), schemas.SubjectAlerts("a"), []byte("gibberish")); err != nil {
		t.Fatal(err)
	}
	w.stand(promise("a", "T01", "late", 0.5), promise("b", "T01", "late", 0.5))
	look(t, f)
	if current, err = f.log.Current(t.Context()); err != nil || len(current) != 2 {
		t.Errorf("%v, %v", current, err)
	}
	if raw, err := json.Marshal(current); err != nil || strings.Contains(string(raw), "gibberish") {
		t.Errorf("%s, %v", raw, err)
	}
}

// A log that was read is of one stream: another of the same name is read from its beginning.
func TestAStreamThatWasMadeAnew(t *testing.T) {
	js, w := testkit.Streams(t), &world{}
	w.stand(promise("a", "T01", "late", 0.5))
	f := newFinder(t, js, w)
	look(t, f)
	remake(t, js)
	look(t, f)
	if said := story(t, js); len(said) != 1 {
		t.Errorf("%v", said)
	}
}

func remake(t testing.TB, js jetstream.JetStream) {
	t.Helper()
	if err := js.DeleteStream(t.Context(), schemas.StreamAlerts); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: schemas.StreamAlerts, Subjects: []string{schemas.SubjectsOfAlerts}}); err != nil {
		t.Fatal(err)
	}
}

// FuzzDecode: whatever stands in the stream is an alert that can be told or is passed over.
func FuzzDecode(f *testing.F) {
	a := Condition{Lab: "a", Key: "silent", Sort: LabSilent}.alert(alertID("a", "silent", 1), "A", on("2026-06-30"))
	raised, _ := encode(a)
	cleared := on("2026-07-01")
	a.Cleared = &cleared
	over, _ := encode(a)
	f.Add(raised)
	f.Add(over)
	f.Add([]byte("{"))
	f.Add([]byte(`{"type":"org.vitrine.alert.cleared","data":{"key":"x"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := decode(raw)
		if err != nil {
			if !errors.Is(err, errForeign) {
				t.Errorf("%v", err)
			}
			return
		}
		s := newState()
		s.add(entry{seq: 1, alert: a})
		if (len(s.raised) == 1) == (a.Cleared != nil) {
			t.Errorf("%d raised, cleared %v", len(s.raised), a.Cleared)
		}
		letterhead, err := Letterhead{}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		d := newDigest(a.ID, a.Raised, []Lab{{Lab: a.Lab, Raised: []Alert{a}}}, letterhead)
		if _, err := letterhead.html(d); err != nil || d.Text == "" {
			t.Errorf("%q, %v", d.Text, err)
		}
	})
}
