package producers_test

import (
	"errors"
	"testing"

	"vitrine/internal/testkit"
	"vitrine/producers"
	"vitrine/schemas"
)

const labsEvents = "vitrine.events.atelier-nord.>"

func TestPublishIfUnmovedLosesToWhoeverWasFirst(t *testing.T) {
	p, _, js := ready(t)
	first, err := p.PublishIfUnmoved(t.Context(), training(t, 1), labsEvents, 0)
	if err != nil || first.Seq != 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	var moved *producers.MovedError
	for _, stale := range []uint64{0, 7} {
		if _, err := p.PublishIfUnmoved(t.Context(), training(t, 2), labsEvents, stale); !errors.As(err, &moved) || moved.Subject != labsEvents {
			t.Errorf("after %d: %v", stale, err)
		}
	}
	subject := schemas.Subject("atelier-nord", "training.held")
	if _, err := p.PublishIfUnmoved(t.Context(), training(t, 3), subject, first.Seq); err != nil {
		t.Error(err)
	}
	if _, err := p.PublishIfUnmoved(t.Context(), training(t, -1), subject, 2); asInvalid(t, err) == nil {
		t.Error("a wrong event was published")
	}
	if n := len(stored(t, js)); n != 2 {
		t.Errorf("%d messages, want 2", n)
	}
}

// The server compares before it looks at message ids: a retry must not take its own first try for somebody else's.
func TestPublishIfUnmovedKnowsItsOwnMessage(t *testing.T) {
	url := testkit.NATS(t)
	g := newGate(t, url)
	p, _ := connect(t, g.url(), nil)
	if err := p.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	js := direct(t, url)
	g.shut()
	type answer struct {
		receipt producers.Receipt
		err     error
	}
	done := make(chan answer, 1)
	go func() {
		receipt, err := p.PublishIfUnmoved(t.Context(), training(t, 1), labsEvents, 0)
		done <- answer{receipt, err}
	}()
	wantStored(t, js, 1)
	g.cut()
	if a := <-done; a.err != nil || a.receipt.Seq != 1 || a.receipt.Attempts < 2 {
		t.Errorf("%+v, %v", a.receipt, a.err)
	}
	wantStored(t, js, 1)
}
