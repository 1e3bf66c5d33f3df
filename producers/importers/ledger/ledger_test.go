package ledger_test

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/ledger"
	"vitrine/schemas"
)

const lab = "atelier-nord"

func event(t *testing.T, key string, attendance int64) *schemas.Event {
	t.Helper()
	e, err := schemas.NewEventWithID(schemas.RecordID(lab, "agenda", key), lab, "agenda", time.Date(2026, 3, 12, 18, 0, 0, 0, time.UTC),
		schemas.DiscoveryHeld{Type: "open_lab", Audience: "general_public", Attendance: &attendance})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// send imports events as a command does: what Revise lets through is sent, then recorded.
func send(t *testing.T, l importers.Ledger, skipped *int, events ...*schemas.Event) (sent []*schemas.Event) {
	t.Helper()
	var all iter.Seq2[*schemas.Event, error] = func(yield func(*schemas.Event, error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}
	for e, err := range importers.Revise(context.Background(), l, lab, all, skipped) {
		if err != nil {
			t.Fatal(err)
		}
		record, err := importers.SentOf(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Record(context.Background(), lab, []importers.Sent{record}); err != nil {
			t.Fatal(err)
		}
		sent = append(sent, e)
	}
	return sent
}

func TestOnlyWhatChangedIsSentAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "sent.db")
	l, err := ledger.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if sent := send(t, l, nil, event(t, "a", 3), event(t, "b", 4)); len(sent) != 2 || sent[0].Revision != 0 {
		t.Fatalf("first import sent %d events, the first at revision %d", len(sent), sent[0].Revision)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if l, err = ledger.Open(path); err != nil { // it outlives the process
		t.Fatal(err)
	}
	defer l.Close()
	skipped := 0
	sent := send(t, l, &skipped, event(t, "a", 3), event(t, "b", 5), event(t, "c", 6))
	if len(sent) != 2 || skipped != 1 || sent[0].Revision != 1 || sent[1].Revision != 0 {
		t.Errorf("second import sent %d events and left out %d", len(sent), skipped)
	}
	// Back to what it was first is a change too, and twice in one reading counts once.
	if sent := send(t, l, nil, event(t, "b", 4), event(t, "b", 4)); len(sent) != 1 || sent[0].Revision != 2 {
		t.Errorf("third import sent %d events", len(sent))
	}
	// A source's own revisions are kept where they are higher, and raised where they aren't.
	own := event(t, "b", 7)
	own.Revision = 40
	if sent := send(t, l, nil, own); len(sent) != 1 || sent[0].Revision != 40 {
		t.Error("a source's own revision isn't kept")
	}
	// Whoever sends everything again sends what hasn't changed as it was.
	var again []int64
	for e, err := range importers.ReviseAll(context.Background(), l, lab, func(yield func(*schemas.Event, error) bool) {
		_ = yield(event(t, "b", 7), nil) && yield(event(t, "c", 8), nil) && yield(event(t, "d", 9), nil)
	}) {
		if err != nil {
			t.Fatal(err)
		}
		again = append(again, e.Revision)
	}
	if !slices.Equal(again, []int64{40, 1, 0}) {
		t.Errorf("sent again at revisions %v", again)
	}
	of, err := l.OfSystem(context.Background(), lab, "agenda")
	if err != nil || len(of) != 3 || of[0].Kind != "discovery.held" {
		t.Errorf("of the system: %v, %v", of, err)
	}
	if of, err := l.OfSystem(context.Background(), lab, "other"); err != nil || len(of) != 0 {
		t.Errorf("of another system: %v, %v", of, err)
	}
}

// TestOneAtATime: who is late is told why, in words.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sent.db")
	l, err := ledger.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = ledger.Open(path) // waits for lockWait
	if said := importers.Say(err, schemas.French); said != path+" : un autre import ou l'agent utilise ce fichier ; réessayez quand il aura fini" {
		t.Errorf("a second one gets %v", said)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if l, err = ledger.Open(path); err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
}

func TestErrorsKeepTheirPlace(t *testing.T) {
	l, err := ledger.Open(filepath.Join(t.TempDir(), "sent.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	bad := errors.New("bad record")
	var got []string
	for e, err := range importers.Revise(context.Background(), l, lab, func(yield func(*schemas.Event, error) bool) {
		_ = yield(event(t, "a", 1), nil) && yield(nil, bad) && yield(event(t, "b", 1), nil)
	}, nil) {
		if err != nil {
			got = append(got, err.Error())
			continue
		}
		got = append(got, e.Kind())
	}
	if s := strings.Join(got, ", "); s != "discovery.held, bad record, discovery.held" {
		t.Errorf("got %s", s)
	}
}

func TestStateOutlivesTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sent.db")
	l, err := ledger.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.State("a").Put("mark", []byte("7")); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if l, err = ledger.Open(path); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if v, err := l.State("a").Get("mark"); err != nil || string(v) != "7" {
		t.Errorf("got %q, %v", v, err)
	}
	if v, err := l.State("b").Get("mark"); err != nil || v != nil {
		t.Errorf("another source sees it: %q, %v", v, err)
	}
	if err := l.State("a").Put("mark", nil); err != nil {
		t.Fatal(err)
	}
	if v, err := l.State("a").Get("mark"); err != nil || v != nil {
		t.Errorf("what was removed is %q, %v", v, err)
	}
}
