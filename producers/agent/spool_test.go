package agent

import (
	"encoding/json"
	"testing"

	"vitrine/internal/testkit"
)

// TestAStreamThatEndsBeforeItsMark: what is spooled after a power cut that took the stream's last events is forwarded, though the
// mark, which was flushed, had come further.
func TestAStreamThatEndsBeforeItsMark(t *testing.T) {
	js := testkit.JetStream(t, testkit.NATS(t))
	mark := memoryState{}
	open := func() *spool {
		t.Helper()
		s, err := openSpool(t.Context(), js, SpoolSpec{MaxBytes: 1 << 20, MaxEvents: 100}, mark)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	add := func(s *spool, bodies ...string) {
		t.Helper()
		for _, body := range bodies {
			if _, err := s.append(t.Context(), "register", [][]byte{[]byte(body)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	waiting := func(s *spool) (bodies string) {
		t.Helper()
		events, err := s.next(t.Context(), 10, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			bodies += string(e.parcel.Raw)
		}
		return bodies
	}
	s := open()
	add(s, "1", "2")
	raw, err := json.Marshal(marked{Created: s.waiting.CachedInfo().Created, Seq: 5}) // 3 to 5 are lost
	if err == nil {
		err = mark.Put(keyMark, raw)
	}
	if err != nil {
		t.Fatal(err)
	}
	s = open()
	if got := waiting(s); got != "" {
		t.Errorf("%q waits, though it was forwarded", got)
	}
	add(s, "a", "b")
	if got := waiting(s); got != "ab" {
		t.Errorf("%q waits after the power cut", got)
	}
	s = open() // before any of it was forwarded
	add(s, "c")
	if got := waiting(s); got != "abc" {
		t.Errorf("%q waits after one more start", got)
	}
	if err := s.done(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	if got := waiting(open()); got != "c" {
		t.Errorf("%q waits once a and b are done with", got)
	}
}
