package agent

import (
	"testing"

	"vitrine/internal/testkit"
)

// lateMark lets something happen between the reading of a mark and its use.
type lateMark struct {
	memoryState
	then func()
}

func (m lateMark) Get(key string) ([]byte, error) {
	raw, err := m.memoryState.Get(key)
	m.then()
	return raw, err
}

// Whoever looks at the spool while the head moves on doesn't take it back: events that are done with
// would be sent again, behind newer ones.
func TestTheHeadIsntTakenBack(t *testing.T) {
	js := testkit.JetStream(t, testkit.NATS(t))
	mark := memoryState{}
	s, err := openSpool(t.Context(), js, SpoolSpec{MaxBytes: 1 << 20, MaxEvents: 100}, mark)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.append(t.Context(), "register", [][]byte{[]byte("1"), []byte("2"), []byte("3")}); err != nil {
		t.Fatal(err)
	}
	if err := s.done(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	s.came.Store(0) // a new start
	s.mark = lateMark{mark, func() { s.came.Store(2) }}
	if head, err := s.head(); err != nil || head != 2 || s.came.Load() != 2 {
		t.Errorf("the head is at %d and then at %d, %v", head, s.came.Load(), err)
	}
	events, err := s.next(t.Context(), 10, 1<<20)
	if err != nil || len(events) != 1 || string(events[0].parcel.Raw) != "3" {
		t.Errorf("next %v, %v", events, err)
	}
}
