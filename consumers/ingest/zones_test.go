package ingest

import (
	"errors"
	"testing"
	"time"

	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// A server that hasn't got the message that is judged can't say that nothing was registered before it.
func TestAZoneIsNotReadFromAServerThatLags(t *testing.T) {
	js := testkit.Streams(t)
	at := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	attendance := int64(3)
	event, err := schemas.NewEvent("atelier-nord", "agenda", at, schemas.DiscoveryHeld{Type: "open_lab", Audience: "general_public", Attendance: &attendance})
	if err != nil {
		t.Fatal(err)
	}
	// As on a server whose log ends with message 1, while message 2 was delivered by another.
	if _, err := js.Publish(t.Context(), "vitrine.events.another-lab.training.held", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	z := newZones(js, time.UTC)
	if _, err := z.of(t.Context(), event, 2); !errors.Is(err, errStale) {
		t.Fatalf("message 2 was judged by a stream that ends with message 1: %v", err)
	}
	if _, err := js.Publish(t.Context(), schemas.Subject("atelier-nord", "discovery.held"), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	for _, seq := range []uint64{2, endOfStream} {
		if zone, err := z.of(t.Context(), event, seq); err != nil || zone != time.UTC {
			t.Errorf("message %d: zone %v, %v", seq, zone, err)
		}
	}
}
