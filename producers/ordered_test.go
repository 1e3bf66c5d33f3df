package producers_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/producers"
	"vitrine/schemas"
)

func parcels(t *testing.T, n int) []producers.Parcel {
	t.Helper()
	out := make([]producers.Parcel, n)
	for i := range out {
		raw, err := json.Marshal(training(t, int64(i)+1))
		if err != nil {
			t.Fatal(err)
		}
		id, err := producers.NewParcelID()
		if err != nil {
			t.Fatal(err)
		}
		out[i] = producers.Parcel{ID: id, Raw: raw}
	}
	return out
}

func ordered(t *testing.T, url string) *producers.Ordered {
	t.Helper()
	o, err := producers.NewOrdered(producers.Config{URL: url, Name: "test", Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	return o
}

// Answers that get lost and connections that are cut leave each event once and in order, as what
// is sent again is known by its message id.
func TestOrderedKeepsTheOrderThroughCuts(t *testing.T) {
	_, _, js := ready(t)
	g := newGate(t, js.Conn().ConnectedUrl())
	o := ordered(t, g.url())
	all := parcels(t, 300)
	left := all
	for round := 0; len(left) > 0; round++ {
		batch := left[:min(50, len(left))]
		if err := o.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := len(all) - len(left) + 1
		cut := make(chan error, 1)
		if round%2 == 0 {
			g.shut() // the answers
			go func() { cut <- arrived(js, want); g.cut() }()
		} else {
			cut <- nil
		}
		settled, err := o.Send(t.Context(), batch)
		if err := <-cut; err != nil {
			t.Fatal(err)
		}
		var unavailable *producers.UnavailableError
		if round%2 == 0 && !errors.As(err, &unavailable) || round%2 == 1 && err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		left = left[len(settled):]
	}
	msgs := stored(t, js)
	if len(msgs) != len(all) {
		t.Fatalf("%d messages for %d events", len(msgs), len(all))
	}
	for i, m := range msgs {
		if string(m.Data) != string(all[i].Raw) {
			t.Fatalf("message %d isn't event %d", i, i)
		}
	}
}

// arrived waits until the stream has n messages.
func arrived(js jetstream.JetStream, n int) error {
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	for {
		stream, err := js.Stream(ctx, schemas.StreamEvents)
		if err != nil || stream.CachedInfo().State.Msgs >= uint64(n) {
			return err
		}
	}
}

// What can't be accepted is told apart from the rest, which passes.
func TestOrderedSettlesWhatIsRefused(t *testing.T) {
	opts := &server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true,
		Users: []*server.User{
			{Username: "all", Password: "all"},
			{Username: "lab", Password: "lab", Permissions: &server.Permissions{
				Publish:   &server.SubjectPermission{Allow: []string{"vitrine.events.atelier-nord.training.held"}},
				Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}}}},
		}}
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(soon) {
		t.Fatal("the server isn't ready")
	}
	at := func(user string) string { return fmt.Sprintf("nats://%s:%s@%s", user, user, s.Addr()) }
	p, _ := connect(t, at("all"), nil)
	if err := p.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	project, err := schemas.NewEvent("atelier-nord", "", when, schemas.ProjectPublished{Project: "lampe-01", Licence: "cc_by"})
	if err != nil {
		t.Fatal(err)
	}
	forbidden, err := json.Marshal(project)
	if err != nil {
		t.Fatal(err)
	}
	batch := parcels(t, 4)
	batch[1].Raw = forbidden
	batch[2].Raw = []byte(`{"specversion":"1.0"}`)
	o := ordered(t, at("lab"))
	settled, err := o.Send(t.Context(), batch)
	if err != nil || len(settled) != 4 {
		t.Fatalf("settled %v, %v", settled, err)
	}
	var denied *producers.ForbiddenError
	var invalid *schemas.Invalid
	if settled[0] != nil || !errors.As(settled[1], &denied) || !errors.As(settled[2], &invalid) || settled[3] != nil {
		t.Errorf("settled %v", settled)
	}
	if n := len(stored(t, direct(t, at("all")))); n != 2 {
		t.Errorf("%d events are stored, want 2", n)
	}
	if err := o.Ready(); err != nil {
		t.Errorf("a refusal ended the connection: %v", err)
	}

	wrong := ordered(t, "nats://lab:wrong@"+s.Addr().String())
	if settled, err := wrong.Send(t.Context(), batch[:1]); len(settled) != 0 || !errors.As(err, &denied) || !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("wrong credentials: settled %v, %v", settled, err)
	}
	_ = o.Close()
	if _, err := o.Send(t.Context(), batch[:1]); !errors.Is(err, producers.ErrNotConnected) {
		t.Errorf("after Close: %v", err)
	}
}

// Two versions of an event in one call stand in the stream in their order, and none gets lost.
func TestOrderedSendsVersionsOneAfterTheOther(t *testing.T) {
	_, _, js := ready(t)
	o := ordered(t, js.Conn().ConnectedUrl())
	batch := parcels(t, 2)
	batch = append(batch, producers.Parcel{ID: batch[0].ID + "-b", Raw: batch[0].Raw}, producers.Parcel{ID: batch[0].ID + "-c", Raw: batch[0].Raw})
	settled, err := o.Send(t.Context(), batch)
	if err != nil || len(settled) != 4 {
		t.Fatalf("settled %v, %v", settled, err)
	}
	if n := len(stored(t, js)); n != 4 {
		t.Errorf("%d messages, want 4", n)
	}
}

// An account without room answers with a code that blames the message. It is no fault of the event's:
// everything waits until there is room.
func TestAFullAccountRefusesNothing(t *testing.T) {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(soon) {
		t.Fatal("the server isn't ready")
	}
	limit := func(bytes int64) {
		t.Helper()
		if err := s.GlobalAccount().UpdateJetStreamLimits(map[string]server.JetStreamAccountLimits{"": {MaxMemory: -1, MaxStore: bytes, MaxStreams: -1, MaxConsumers: -1}}); err != nil {
			t.Fatal(err)
		}
	}
	limit(1 << 20)
	p, _ := connect(t, s.ClientURL(), func(c *producers.Config) { c.Attempts = 2 })
	if err := p.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	limit(1)
	if _, err := p.Publish(t.Context(), training(t, 1)); err != nil { // what is over the limit counts from the next one on
		t.Fatal(err)
	}
	var unavailable *producers.UnavailableError
	o, batch := ordered(t, s.ClientURL()), parcels(t, 3)
	if settled, err := o.Send(t.Context(), batch); len(settled) != 0 || !errors.As(err, &unavailable) {
		t.Errorf("settled %v, %v", settled, err)
	}
	if _, err := p.Publish(t.Context(), training(t, 1)); !errors.As(err, &unavailable) || unavailable.Attempts != 2 {
		t.Errorf("the publisher: %v", err)
	}
	limit(1 << 20)
	if settled, err := o.Send(t.Context(), batch); len(settled) != 3 || err != nil {
		t.Errorf("with room again: settled %v, %v", settled, err)
	}
}
