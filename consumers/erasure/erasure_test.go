package erasure_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/claim"
	"vitrine/consumers/clickhouse"
	"vitrine/consumers/erasure"
	"vitrine/consumers/ingest"
	"vitrine/consumers/rejected"
	"vitrine/consumers/rollup"
	"vitrine/consumers/verify"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/schemas"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// stage is streams, a store, and a consumer that runs.
type stage struct {
	t     *testing.T
	js    jetstream.JetStream
	store *clickhouse.Store
}

func newStage(t *testing.T, store *clickhouse.Store) *stage {
	t.Helper()
	js := testkit.Streams(t)
	consumer, err := ingest.New(ingest.Config{JetStream: js, Store: store, BatchAge: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- consumer.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return &stage{t, js, store}
}

// publish sends a version of a lab's n-th event; -1 attendees are rejected.
func (s *stage) publish(lab string, n, revision, attendees int) {
	s.t.Helper()
	raw := fmt.Sprintf(`{"specversion":"1.0","id":"%s","source":"/labs/%s","type":"org.vitrine.discovery.held","time":"2026-03-%02dT18:00:00+01:00",`+
		`"revision":%d,"data":{"type":"open_lab","audience":"general_public","attendance":%d}}`, id(lab, n), lab, n%20+1, revision, attendees)
	if _, err := s.js.Publish(s.t.Context(), schemas.Subject(lab, "discovery.held"), []byte(raw)); err != nil {
		s.t.Fatal(err)
	}
}

func id(lab string, n int) uuid.UUID { return schemas.RecordID(lab, "test", fmt.Sprint(n)) }

func (s *stage) counted() {
	s.t.Helper()
	testkit.Eventually(s.t, time.Minute, func() error { return ingest.WaitCounted(s.t.Context(), s.js, schemas.ConsumerDurable, nil) })
}

func (s *stage) exact() {
	s.t.Helper()
	r, err := verify.Verify(s.t.Context(), verify.Config{JetStream: s.js, Store: s.store})
	if err != nil || !r.Exact() {
		s.t.Fatalf("not exact: %v, %v", err, r.Differences)
	}
}

// count is how many versions of events and rejections the store has.
func (s *stage) count() (versions, rejections uint64) {
	s.t.Helper()
	versions, err := s.store.Count(s.t.Context(), "event_history")
	if err == nil {
		rejections, err = s.store.Count(s.t.Context(), "rejections")
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return versions, rejections
}

func (s *stage) want(versions, rejections uint64) {
	s.t.Helper()
	if v, r := s.count(); v != versions || r != rejections {
		s.t.Errorf("%d versions and %d rejections, want %d and %d", v, r, versions, rejections)
	}
}

func (s *stage) eraser(store erasure.Store) *erasure.Eraser {
	s.t.Helper()
	x, err := erasure.New(erasure.Config{JetStream: s.js, Store: store,
		Hold: func(ctx context.Context) (context.Context, func(), error) {
			held, release, err := ingest.Hold(ctx, schemas.ConsumerDurable, claim.Config{JetStream: s.js, Command: "erase"})
			ingest.WaitHandsEmpty(ctx, s.js, schemas.ConsumerDurable, ingest.HoldFor)
			return held, release, err
		},
		Rebuild: func(ctx context.Context) error {
			if err := s.store.Clear(ctx); err != nil {
				return err
			}
			if err := ingest.Replay(ctx, ingest.Config{JetStream: s.js, Store: s.store}, nil); err != nil {
				return err
			}
			zone, err := time.LoadLocation(schemas.DefaultZone)
			if err != nil {
				return err
			}
			return s.store.SetFiguresMadeWith(ctx, clickhouse.MadeWith(schemas.DefaultCatalogue(), zone))
		}})
	if err != nil {
		s.t.Fatal(err)
	}
	return x
}

// broken is a store that can't erase.
type broken struct{ *clickhouse.Store }

var errBroken = errors.New("broken on purpose")

func (broken) Erase(context.Context, *rollup.Rules, clickhouse.Erasure) error { return errBroken }

// TestErasuresLeaveExactFigures erases, as below; then events come again, and what was erased is erased once more.
func TestErasuresLeaveExactFigures(t *testing.T) {
	s, x := erasuresLeaveExactFigures(t, storekit.Open(t))
	ctx := t.Context()
	s.publish("a", 3, 0, 5)
	s.publish("b", 1, 0, 5) // the lab came back: what comes after an erasure isn't meant
	s.counted()
	told, err := erasure.List(ctx, s.js)
	if err != nil || len(told) != 4 {
		t.Fatalf("%d erasures in the trace, want 4: the attempt that broke off is one with the second (%v)", len(told), err)
	}
	for _, e := range told {
		if left, err := erasure.Left(ctx, s.js, e); err != nil || left != 0 {
			t.Errorf("%s: %d messages are left, %v", e.What, left, err)
		}
		if _, err := x.Again(ctx, e); err != nil {
			t.Error(err)
		}
	}
	s.want(11, 0)
	s.exact()
}

// On a cluster the rows that go lie in the tables under Distributed ones, which ClickHouse deletes nothing from.
func TestErasuresOnAClusterLeaveExactFigures(t *testing.T) {
	cluster, store := storekit.OnCluster(t, schemas.Cluster{Name: testkit.OneShard, ByLab: true})
	erasuresLeaveExactFigures(t, store)
	for _, table := range []string{"event_store_local", "kpi_cells_local", "snapshot_marks_local", "rejection_store"} {
		if !slices.ContainsFunc(cluster.OnCluster(), func(s string) bool {
			return strings.HasPrefix(s, "ALTER TABLE "+table+" ON CLUSTER '"+testkit.OneShard+"' DELETE")
		}) {
			t.Errorf("nothing was deleted from %s on the cluster", table)
		}
	}
}

// erasuresLeaveExactFigures erases an event, old rejections and a lab, the lab after an attempt that broke off.
func erasuresLeaveExactFigures(t *testing.T, store *clickhouse.Store) (*stage, *erasure.Eraser) {
	t.Helper()
	s := newStage(t, store)
	ctx := t.Context()
	for n := range 10 {
		for _, lab := range []string{"a", "b"} {
			s.publish(lab, n, 0, 4)
		}
	}
	s.publish("a", 3, 1, 9)   // a correction
	s.publish("a", 50, 0, -1) // rejected
	s.publish("b", 50, 0, -1)
	s.publish("b", 51, 0, -1)
	s.counted()
	s.want(21, 3)

	x := s.eraser(s.store)
	other, err := erasure.New(erasure.Config{JetStream: s.js, Store: s.store, Zone: time.UTC, Rebuild: func(context.Context) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := other.Plan(ctx, erasure.Request{Lab: "a", Reason: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Do(ctx, plan); !errors.Is(err, clickhouse.ErrMadeOtherwise) {
		t.Fatalf("by another catalogue or zone than the figures' own: %v", err)
	}
	if plan, err = other.Plan(ctx, erasure.Request{Before: time.Now().Add(time.Hour), Reason: "test"}); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Do(ctx, plan); !errors.Is(err, clickhouse.ErrMadeOtherwise) {
		t.Fatalf("what is rejected by another catalogue: %v", err)
	}
	s.want(21, 3)

	do := func(x *erasure.Eraser, r erasure.Request) (erasure.Entry, error) {
		t.Helper()
		r.Reason = "test"
		e, err := x.Plan(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		return x.Do(ctx, e)
	}
	e, err := do(x, erasure.Request{Lab: "a", Event: id("a", 3)})
	if err != nil || e.Events != 2 || e.Ended == nil {
		t.Fatalf("an event: %+v, %v", e, err)
	}
	s.want(19, 3)
	s.exact()

	if e, err = do(x, erasure.Request{Before: time.Now().Add(-time.Hour)}); err != nil || e.Events != 0 {
		t.Fatalf("rejected events that aren't old: %+v, %v", e, err)
	}
	s.want(19, 3)

	if _, err = do(s.eraser(broken{s.store}), erasure.Request{Lab: "b"}); !errors.Is(err, errBroken) {
		t.Fatal(err)
	}
	if e, err = do(x, erasure.Request{Lab: "b"}); err != nil || e.Events != 12 || e.Rejected != 2 || e.Ended == nil {
		t.Fatalf("a lab, after an attempt that broke off: %+v, %v", e, err)
	}
	s.want(9, 1)
	s.exact()

	if e, err = do(x, erasure.Request{Before: time.Now().Add(time.Hour)}); err != nil || e.Events != 1 || e.Rejected != 1 {
		t.Fatalf("rejected events: %+v, %v", e, err)
	}
	s.want(9, 0)
	s.exact()

	return s, x
}

// TestWhatCountsAgainIsKept: a rebuild may accept what was rejected once, and the account of that stays. It is no reason to erase the event.
func TestWhatCountsAgainIsKept(t *testing.T) {
	s := newStage(t, storekit.Open(t))
	s.publish("a", 0, 0, 4)
	s.publish("a", 1, 0, -1)
	s.counted()
	s.want(1, 1)
	account := clickhouse.Rejection{StreamSeq: 1, Lab: "a", Subject: schemas.Subject("a", "discovery.held"), Code: schemas.CodeRange}
	if err := rejected.NewLog(s.js).Add(t.Context(), []clickhouse.Rejection{account}); err != nil {
		t.Fatal(err)
	}
	x := s.eraser(s.store)
	plan, err := x.Plan(t.Context(), erasure.Request{Before: time.Now().Add(time.Hour), Reason: "test"})
	if err != nil || plan.Events != 1 || plan.Rejected != 1 {
		t.Fatalf("of one event that counts and one that is rejected it would erase %d, and %d accounts (%v)", plan.Events, plan.Rejected, err)
	}
	if _, err := x.Do(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	s.want(1, 0)
	s.exact()
}

// asking counts how many messages of the stream of events are asked for, one by one.
type asking struct {
	jetstream.JetStream
	asked *int
}

type askingStream struct {
	jetstream.Stream
	asked *int
}

func (a asking) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	s, err := a.JetStream.Stream(ctx, name)
	return askingStream{s, a.asked}, err
}

func (a askingStream) GetMsg(ctx context.Context, seq uint64, o ...jetstream.GetMsgOpt) (*jetstream.RawStreamMsg, error) {
	*a.asked++
	return a.Stream.GetMsg(ctx, seq, o...)
}

// TestRetentionDoesntAskForEachRejection: consumers are held while it looks. The accounts of messages that are gone, as after a retention that was
// killed and a rebuild, are found all the same.
func TestRetentionDoesntAskForEachRejection(t *testing.T) {
	s := newStage(t, storekit.Open(t))
	const rejections = 30
	for n := range rejections {
		s.publish("a", n, 0, -1)
	}
	s.counted()
	s.want(0, rejections)
	events, err := s.js.Stream(t.Context(), schemas.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	for _, seq := range []uint64{1, 17, rejections} { // the first, one in between, the last
		if err := events.DeleteMsg(t.Context(), seq); err != nil {
			t.Fatal(err)
		}
	}
	asked := 0
	x, err := erasure.New(erasure.Config{JetStream: asking{s.js, &asked}, Store: s.store, Rebuild: func(context.Context) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := x.Plan(t.Context(), erasure.Request{Before: time.Now().Add(-time.Hour), Reason: "test"})
	if err != nil || plan.Events != 3 || plan.Rejected != 3 {
		t.Errorf("it finds %d messages that are gone, and %d accounts of them; want 3 (%v)", plan.Events, plan.Rejected, err)
	}
	if asked > 0 {
		t.Errorf("it asks for %d messages, one by one", asked)
	}
}

// register sends the n-th registration of a lab.
func (s *stage) register(lab string, n int, zone string) {
	s.t.Helper()
	raw := fmt.Sprintf(`{"specversion":"1.0","id":"%s","source":"/labs/%s","type":"org.vitrine.lab.registered","time":"2026-01-%02dT09:00:00+01:00",`+
		`"data":{"name":"Lab %s","commune":"Lyon","zone":"%s"}}`, id(lab, 100+n), lab, n+1, lab, zone)
	if _, err := s.js.Publish(s.t.Context(), schemas.Subject(lab, "lab.registered"), []byte(raw)); err != nil {
		s.t.Fatal(err)
	}
}

// late sends an event of a lab whose day differs between zones.
func (s *stage) late(lab string, n int) {
	s.t.Helper()
	raw := fmt.Sprintf(`{"specversion":"1.0","id":"%s","source":"/labs/%s","type":"org.vitrine.discovery.held","time":"2026-03-31T21:30:00Z",`+
		`"data":{"type":"open_lab","audience":"general_public","attendance":3}}`, id(lab, n), lab)
	if _, err := s.js.Publish(s.t.Context(), schemas.Subject(lab, "discovery.held"), []byte(raw)); err != nil {
		s.t.Fatal(err)
	}
}

// TestARegistrationIsErased: with a lab it makes room for another zone at once, for the consumer that runs; alone it leaves the lab's events to
// the programme's zone.
func TestARegistrationIsErased(t *testing.T) {
	for name, r := range map[string]erasure.Request{
		"with the lab": {Lab: "a", Reason: "test"},
		"alone":        {Lab: "a", Event: id("a", 100), Reason: "test"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, storekit.Open(t))
			s.register("a", 0, "Indian/Reunion")
			s.late("a", 0)
			s.counted()
			s.want(2, 0)
			x := s.eraser(s.store)
			plan, err := x.Plan(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := x.Do(t.Context(), plan); err != nil {
				t.Fatal(err)
			}
			left, _ := s.count()
			s.exact()
			s.register("a", 1, "America/Martinique")
			s.late("a", 1)
			s.counted()
			s.want(left+2, 0)
			s.exact()
		})
	}
}

// TestWhatCameBackIsKept: a restored store may have kept, of an event that was erased and sent again, the version that is to go, as its revision was higher.
func TestWhatCameBackIsKept(t *testing.T) {
	for name, r := range map[string]erasure.Request{
		"a lab":    {Lab: "a", Reason: "test"},
		"an event": {Lab: "a", Event: id("a", 0), Reason: "test"},
	} {
		t.Run(name, func(t *testing.T) {
			url := storekit.URL(t)
			s := newStage(t, storekit.At(t, url))
			s.publish("a", 0, 3, 4)
			s.counted()
			x := s.eraser(s.store)
			plan, err := x.Plan(t.Context(), r) // as before the backup
			if err != nil {
				t.Fatal(err)
			}
			s.publish("a", 0, 0, 7)
			s.counted()
			testkit.Exec(t, url, "OPTIMIZE TABLE event_store FINAL")
			if _, err := x.Again(t.Context(), plan); err != nil {
				t.Fatal(err)
			}
			s.want(1, 0)
			s.exact()
		})
	}
}

// FuzzDecode: an entry that is taken erases no more than it says.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"id":"0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11","what":"lab","lab":"atelier-nord","up_to_seq":7,"reason":"r","began":"2026-11-27T04:00:00Z"}`))
	f.Add([]byte(`{"id":"0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11","what":"event","lab":"a","event":"0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d12","up_to_seq":7}`))
	f.Add([]byte(`{"id":"0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11","what":"lab","lab":"*","up_to_seq":7}`))
	f.Add([]byte(`{"what":"rejected"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := erasure.Decode(raw)
		if err != nil {
			return
		}
		wide := e.StoreErasure()
		switch e.What {
		case erasure.WhatLab:
			if !schemas.IsSlug(e.Lab) || wide.Event != uuid.Nil || wide.UpTo == 0 {
				t.Errorf("%s gives %+v", raw, wide)
			}
		case erasure.WhatEvent:
			if !schemas.IsSlug(e.Lab) || wide.Event == uuid.Nil || wide.UpTo == 0 {
				t.Errorf("%s gives %+v", raw, wide)
			}
		case erasure.WhatRejected:
			if e.Before == nil {
				t.Errorf("%s gives %+v", raw, e)
			}
		default:
			t.Errorf("%s gives %q", raw, e.What)
		}
	})
}
