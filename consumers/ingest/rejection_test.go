package ingest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/ingest"
	"vitrine/schemas"
)

// Personal data is masked wherever a sender put it: in the text, across the place where it is cut, in a
// field's name, in what should be an id. A right id stays, though its digits may look like a phone number.
func TestNoPersonalDataIsKeptOfWhatIsRejected(t *testing.T) {
	p := newPipeline(t)
	const cut = 64 << 10
	good := discovery(t, uuid.MustParse("00000000-0000-4000-8000-330123456789"), "2026-03-12 18:00", "companies", 3)
	raw, err := json.Marshal(good)
	if err != nil {
		t.Fatal(err)
	}
	subject := schemas.Subject(lab, "discovery.held")
	for _, bad := range []string{
		strings.Repeat(" ", cut-5) + "jo@example.org",
		strings.Repeat("é", cut/2-3) + " 01 23 45 67 89 ",
		strings.Replace(string(raw), `"specversion"`, `"jo@example.org":1,"specversion"`, 1),
		strings.Replace(string(raw), good.ID.String(), "jo@example.org", 1),
		strings.Replace(string(raw), `"companies"`, `"company"`, 1),
	} {
		p.publishRaw(subject, []byte(bad))
	}
	p.consume(1)
	rejections, err := p.store.Rejections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(rejections) != 5 {
		t.Fatalf("%d rejections, want 5", len(rejections))
	}
	for _, r := range rejections {
		if all := fmt.Sprintf("%+v", r); strings.Contains(all, "jo@") || strings.Contains(all, "01 23") {
			t.Errorf("message %d spreads personal data: %s", r.StreamSeq, strings.TrimSpace(all))
		}
		if len(r.Raw) > cut {
			t.Errorf("message %d: %d bytes are kept", r.StreamSeq, len(r.Raw))
		}
	}
	if id := rejections[4].ID; id != good.ID.String() {
		t.Errorf("a right id became %q", id)
	}
}

// TestReplayPublishesWhatItRejects: a door that has become stricter rejects what was accepted, and its account is published like any other; once.
func TestReplayPublishesWhatItRejects(t *testing.T) {
	p := newPipeline(t)
	p.publishRaw(schemas.Subject(lab, "discovery.held"), []byte("no event"))
	p.publishRaw(schemas.Subject(lab, "discovery.held"), []byte("none either"))
	p.consume(1)
	// As if both had been accepted: nothing was published of them.
	if err := p.js.DeleteStream(t.Context(), schemas.StreamRejected); err != nil {
		t.Fatal(err)
	}
	accounts, err := p.js.CreateStream(t.Context(), jetstream.StreamConfig{Name: schemas.StreamRejected, Subjects: []string{schemas.SubjectsOfRejected}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := p.store.Clear(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := ingest.Replay(t.Context(), ingest.Config{JetStream: p.js, Store: p.store}, nil); err != nil {
			t.Fatal(err)
		}
		info, err := accounts.Info(t.Context())
		if err != nil || info.State.Msgs != 2 {
			t.Errorf("%d accounts of two rejections (%v)", info.State.Msgs, err)
		}
		p.verifyExact(0, 2)
	}
}
