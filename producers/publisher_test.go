package producers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"vitrine/internal/testkit"
	"vitrine/producers"
	"vitrine/schemas"
)

func TestPublishStoresTheEvent(t *testing.T) {
	p, reg, js := ready(t)
	e := training(t, 5)
	receipt, err := p.Publish(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if receipt.Stream != schemas.StreamEvents || receipt.Seq != 1 || receipt.Attempts != 1 || receipt.Event.ID != e.ID {
		t.Errorf("receipt %+v", receipt)
	}
	m := stored(t, js)[0]
	if m.Subject != "vitrine.events.atelier-nord.training.held" || m.Header.Get(schemas.HeaderPublisher) != "test" ||
		m.Header.Get(schemas.HeaderContentType) != "application/cloudevents+json" || m.Header.Get(jetstream.MsgIDHeader) == e.ID.String() {
		t.Errorf("message %s %v", m.Subject, m.Header)
	}
	if got, err := schemas.Decode(m.Data, clock()); err != nil || got.ID != e.ID {
		t.Errorf("stored %s, %v", m.Data, err)
	}
	if total(t, reg, "vitrine_publisher_published_total") != 1 || total(t, reg, "vitrine_publisher_in_flight") != 0 {
		t.Error("metrics don't tell of it")
	}
}

// UUIDs that hold what reads as a French phone number: one in 2,000 does.
func TestAnIDIsNoPhoneNumber(t *testing.T) {
	p, _, _ := ready(t)
	for _, id := range []string{"01934567-8901-7abc-8a55-0c6f3e0f9d11", "6adbb148-0571-4455-91b9-fdead38048a0"} {
		e := training(t, 5)
		e.ID = uuid.MustParse(id)
		if _, err := p.Publish(t.Context(), e); err != nil {
			t.Error(err)
		}
	}
}

func TestPublishRawKeepsTheBytes(t *testing.T) {
	p, _, js := ready(t)
	raw, err := json.MarshalIndent(training(t, 5), "", "   ")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.As("gateway/atelier-nord").PublishRaw(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	m := stored(t, js)[0]
	if !bytes.Equal(m.Data, raw) || m.Header.Get(schemas.HeaderPublisher) != "gateway/atelier-nord" {
		t.Errorf("stored %s by %v", m.Data, m.Header)
	}
}

func TestPublishRefusesWhatTheDoorRefuses(t *testing.T) {
	p, reg, js := ready(t)
	_, err := p.Publish(t.Context(), training(t, -1))
	if invalid := asInvalid(t, err); invalid.Problems[0].Field != "data.attendees" {
		t.Errorf("got %v", invalid)
	}
	late := training(t, 1)
	late.Time = clock().Add(48 * time.Hour)
	_, err = p.Publish(t.Context(), late)
	if invalid := asInvalid(t, err); invalid.Problems[0].Code != schemas.CodeFuture {
		t.Errorf("got %v", invalid)
	}
	unmarshalable := training(t, 1)
	unmarshalable.Data = json.RawMessage("{")
	_, err = p.Publish(t.Context(), unmarshalable)
	asInvalid(t, err)
	_, err = p.PublishRaw(t.Context(), []byte("nonsense"))
	asInvalid(t, err)
	if n := len(stored(t, js)); n != 0 {
		t.Errorf("%d events stored", n)
	}
	if got := total(t, reg, "vitrine_publisher_refused_total"); got != 4 {
		t.Errorf("refused_total is %v", got)
	}
}

// A lab that corrects A to B and back to A at equal revision must find A counted: message ids
// that were the event's would make JetStream drop the second A as a duplicate.
func TestSameEventTwiceIsStoredTwice(t *testing.T) {
	p, _, js := ready(t)
	a := training(t, 5)
	b := *a
	b.Data = json.RawMessage(strings.Replace(string(a.Data), `"attendees":5`, `"attendees":6`, 1))
	for _, e := range []*schemas.Event{a, &b, a} {
		if _, err := p.Publish(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	msgs := stored(t, js)
	if len(msgs) != 3 || !bytes.Equal(msgs[0].Data, msgs[2].Data) || bytes.Equal(msgs[0].Data, msgs[1].Data) {
		t.Errorf("%d messages stored", len(msgs))
	}
}

// The event is stored, but the acknowledgement gets lost: the next attempt has the same message
// id, so the stream holds the event once.
func TestLostAcknowledgementIsNoSecondEvent(t *testing.T) {
	for _, way := range []string{"Publish", "PublishAll"} {
		t.Run(way, func(t *testing.T) {
			url := testkit.NATS(t)
			g := newGate(t, url)
			p, reg := connect(t, g.url(), nil)
			if err := p.EnsureStreams(t.Context()); err != nil {
				t.Fatal(err)
			}
			js := direct(t, url)
			if _, err := p.Publish(t.Context(), training(t, 1)); err != nil {
				t.Fatal(err)
			}
			g.shut()
			result := make(chan error, 1)
			var receipt producers.Receipt
			go func() {
				var err error
				if e := training(t, 2); way == "Publish" {
					receipt, err = p.Publish(t.Context(), e)
				} else {
					_, err = p.PublishAll(t.Context(), slices.Values([]*schemas.Event{e}), producers.Options{OnResult: func(_ int, r producers.Receipt, _ error) { receipt = r }})
				}
				result <- err
			}()
			wantStored(t, js, 2)
			select {
			case err := <-result:
				t.Fatalf("said to be accepted before the acknowledgement came: %v", err)
			default:
			}
			g.cut()
			if err := <-result; err != nil {
				t.Fatal(err)
			}
			if receipt.Seq != 2 || receipt.Attempts < 2 {
				t.Errorf("receipt %+v", receipt)
			}
			wantStored(t, js, 2)
			if total(t, reg, "vitrine_publisher_retries_total") == 0 {
				t.Error("the retry wasn't counted")
			}
		})
	}
}

func TestPublishOutlivesARestart(t *testing.T) {
	server := newRestartable(t)
	server.start()
	p, _ := connect(t, server.url(), nil)
	if err := p.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Publish(t.Context(), training(t, 1)); err != nil {
		t.Fatal(err)
	}
	server.stop()
	result := make(chan error, 1)
	go func() {
		_, err := p.Publish(t.Context(), training(t, 2))
		result <- err
	}()
	testkit.Eventually(t, soon, func() error {
		if p.Ready() == nil {
			return errors.New("still ready without a server")
		}
		return nil
	})
	server.start()
	if err := <-result; err != nil {
		t.Fatal(err)
	}
	wantStored(t, direct(t, server.url()), 2)
}

func TestPublishAllOutlivesARestart(t *testing.T) {
	server := newRestartable(t)
	server.start()
	p, _ := connect(t, server.url(), nil)
	if err := p.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	const n = 5000
	corrected := training(t, 0) // every tenth event is a later version of this one
	results := make([]int, n)
	restarted := make(chan struct{})
	totals, err := p.PublishAll(t.Context(), func(yield func(*schemas.Event) bool) {
		for i := range n {
			if i == n/2 {
				go func() {
					server.stop()
					server.start()
					close(restarted)
				}()
			}
			e := training(t, int64(i%100))
			if i%10 == 0 {
				e = training(t, int64(i/10))
				e.ID = corrected.ID
			}
			if !yield(e) {
				return
			}
		}
	}, producers.Options{Window: 64, OnResult: func(i int, _ producers.Receipt, err error) {
		if err == nil {
			results[i]++
		}
	}})
	<-restarted
	if err != nil || totals.Accepted != n {
		t.Fatalf("%+v, %v", totals, err)
	}
	if i := slices.IndexFunc(results, func(r int) bool { return r != 1 }); i >= 0 {
		t.Errorf("event %d has %d results", i, results[i])
	}
	ids := map[string]bool{}
	version := int64(-1)
	for _, m := range stored(t, direct(t, server.url())) {
		e, err := schemas.Decode(m.Data, clock())
		if err != nil {
			t.Fatal(err)
		}
		ids[e.ID.String()] = true
		if e.ID == corrected.ID {
			attendees, _ := e.Values.Number("attendees")
			now := attendees.Micros() / 1e6
			if now < version {
				t.Errorf("version %d came after %d", now, version)
			}
			version = now
		}
	}
	if want := n - n/10 + 1; len(ids) != want || version != n/10-1 {
		t.Errorf("%d different events stored, want %d; the last version is %d", len(ids), want, version)
	}
}

func TestPublishAllKeepsTheOrderOfVersions(t *testing.T) {
	p, _, js := ready(t)
	base := training(t, 0)
	const n = 400
	totals, err := p.PublishAll(t.Context(), func(yield func(*schemas.Event) bool) {
		for i := range n {
			e := *base
			if i%4 != 0 {
				e = *training(t, 0)
			}
			e.Data = json.RawMessage(strings.Replace(string(base.Data), `"attendees":0`, fmt.Sprintf(`"attendees":%d`, i), 1))
			if !yield(&e) {
				return
			}
		}
	}, producers.Options{})
	if err != nil || totals.Accepted != n {
		t.Fatalf("%+v, %v", totals, err)
	}
	last := int64(-1)
	for _, m := range stored(t, js) {
		e, err := schemas.Decode(m.Data, clock())
		if err != nil {
			t.Fatal(err)
		}
		attendees, _ := e.Values.Number("attendees")
		if now := attendees.Micros(); now <= last {
			t.Fatalf("version %d came after %d", now, last)
		} else {
			last = now
		}
	}
}

func TestPublishAllTellsEachResultInOrder(t *testing.T) {
	p, reg, _ := ready(t)
	raws := func(yield func([]byte) bool) {
		for i := range 50 {
			raw := []byte("nonsense")
			if i%2 == 0 {
				raw, _ = json.Marshal(training(t, int64(i)))
			}
			if !yield(raw) {
				return
			}
		}
	}
	next := 0
	totals, err := p.PublishAllRaw(t.Context(), raws, producers.Options{Window: 3, OnResult: func(i int, r producers.Receipt, err error) {
		if i != next {
			t.Errorf("result %d came when %d was due", i, next)
		}
		next++
		if i%2 == 1 {
			asInvalid(t, err)
		} else if err != nil || r.Seq != uint64(i/2+1) {
			t.Errorf("event %d: %+v, %v", i, r, err)
		}
	}})
	if err != nil || totals != (producers.Totals{Accepted: 25, Refused: 25}) || next != 50 {
		t.Errorf("%+v, %v, %d results", totals, err, next)
	}
	if total(t, reg, "vitrine_publisher_in_flight") != 0 {
		t.Error("some are still in flight")
	}
}

// A window of 1 sends the events one by one, as [producers.Options] says.
func TestPublishAllKeepsToItsWindow(t *testing.T) {
	p, reg, _ := ready(t)
	for _, window := range []int{1, 3} {
		most := 0.0
		totals, err := p.PublishAll(t.Context(), func(yield func(*schemas.Event) bool) {
			for i := range 100 {
				if !yield(training(t, int64(i))) {
					return
				}
			}
		}, producers.Options{Window: window, Allow: func(*schemas.Event) error {
			most = max(most, 1+total(t, reg, "vitrine_publisher_in_flight")) // the one that is asked about included
			return nil
		}})
		if err != nil || totals.Accepted != 100 {
			t.Fatalf("%+v, %v", totals, err)
		}
		if most != float64(window) {
			t.Errorf("%v in flight at once, want %d", most, window)
		}
	}
}

// Without a stream nothing may be said to be accepted; the series ends instead of trying each event.
func TestPublishWithoutAStreamIsUnavailable(t *testing.T) {
	p, reg := connect(t, testkit.NATS(t), func(c *producers.Config) { c.Attempts = 3 })
	_, err := p.Publish(t.Context(), training(t, 1))
	var unavailable *producers.UnavailableError
	if !errors.As(err, &unavailable) || unavailable.Attempts != 3 || !strings.Contains(unavailable.In(schemas.French), "à réessayer") {
		t.Fatalf("got %v", err)
	}
	results := 0
	totals, err := p.PublishAll(t.Context(), func(yield func(*schemas.Event) bool) {
		for yield(training(t, 1)) {
		}
	}, producers.Options{Window: 8, OnResult: func(_ int, _ producers.Receipt, err error) {
		results++
		if !errors.As(err, &unavailable) {
			t.Errorf("got %v", err)
		}
	}})
	if !errors.As(err, &unavailable) || totals.Accepted != 0 || totals.Failed != results || results > 8 {
		t.Errorf("%+v, %v, %d results", totals, err, results)
	}
	if got := total(t, reg, "vitrine_publisher_failed_total"); got != float64(results+1) {
		t.Errorf("failed_total is %v", got)
	}
	if total(t, reg, "vitrine_publisher_in_flight") != 0 {
		t.Error("some are still in flight")
	}
}

func TestPublishEndsWithItsContext(t *testing.T) {
	p, _ := connect(t, testkit.NATS(t), nil)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for _, publish := range []func() error{
		func() error { _, err := p.Publish(ctx, training(t, 1)); return err },
		func() error {
			_, err := p.PublishAll(ctx, slices.Values([]*schemas.Event{training(t, 1)}), producers.Options{})
			return err
		},
	} {
		if err := publish(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	}
}

func TestAFullStoreIsTriedAgain(t *testing.T) {
	p, reg, js := ready(t)
	stream, err := js.Stream(t.Context(), schemas.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	limited := stream.CachedInfo().Config
	limited.MaxMsgs = 1
	if _, err := js.UpdateStream(t.Context(), limited); err != nil {
		t.Fatal(err)
	}
	// The operator's limit survives the next start, and doesn't drop what was accepted.
	if err := p.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Publish(t.Context(), training(t, 1)); err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() { _, err := p.Publish(t.Context(), training(t, 2)); result <- err }()
	testkit.Eventually(t, soon, func() error {
		if total(t, reg, "vitrine_publisher_retries_total") < 3 {
			return errors.New("not tried again yet")
		}
		return nil
	})
	select {
	case err := <-result:
		t.Fatalf("a full store answered %v", err)
	default:
	}
	limited.MaxMsgs = -1
	if _, err := js.UpdateStream(t.Context(), limited); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Fatal(err)
	}
	wantStored(t, js, 2)
}

// A lab's credentials let it publish its own activity alone; a refusal must be told as such, at
// once, and not as a timeout.
func TestForbiddenIsToldAsSuch(t *testing.T) {
	server, err := natsserver.NewServer(&natsserver.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
		Users: []*natsserver.User{
			{Username: "admin", Password: "admin"},
			{Username: "lab", Password: "secret", Permissions: &natsserver.Permissions{
				Publish:   &natsserver.SubjectPermission{Allow: []string{"vitrine.events.atelier-nord.>"}},
				Subscribe: &natsserver.SubjectPermission{Allow: []string{"_INBOX.>"}}}},
		}})
	if err != nil {
		t.Fatal(err)
	}
	go server.Start()
	t.Cleanup(func() { server.Shutdown(); server.WaitForShutdown() })
	if !server.ReadyForConnections(soon) {
		t.Fatal("the server doesn't start")
	}
	address := strings.TrimPrefix(server.ClientURL(), "nats://")
	admin, _ := connect(t, "nats://admin:admin@"+address, nil)
	if err := admin.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	lab, _ := connect(t, "nats://lab:secret@"+address, func(c *producers.Config) { c.AttemptTimeout = 300 * time.Millisecond })
	if _, err := lab.Publish(t.Context(), training(t, 1)); err != nil {
		t.Fatal(err)
	}
	other, err := schemas.NewEvent("atelier-sud", "", when, schemas.MachineUsage{Machine: "m1", Category: "other", Origin: "booked", End: when.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	var forbidden *producers.ForbiddenError
	if _, err := lab.Publish(t.Context(), other); !errors.As(err, &forbidden) {
		t.Errorf("got %v", err)
	}
	if _, err := lab.PublishAll(t.Context(), slices.Values([]*schemas.Event{other}), producers.Options{}); !errors.As(err, &forbidden) {
		t.Errorf("got %v", err)
	}
	stranger, err := producers.New(producers.Config{URL: "nats://lab:wrong@" + address})
	if err != nil {
		t.Fatal(err)
	}
	if err := stranger.Connect(t.Context()); !errors.As(err, &forbidden) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("got %v", err)
	}
}

func TestNotConnected(t *testing.T) {
	p, err := producers.New(producers.Config{URL: "nats://user:pass@127.0.0.1:1", Attempts: 2, BackoffMin: time.Millisecond, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Publish(t.Context(), training(t, 1)); !errors.Is(err, producers.ErrNotConnected) {
		t.Errorf("got %v", err)
	}
	if _, err := p.PublishAll(t.Context(), slices.Values([]*schemas.Event{training(t, 1)}), producers.Options{}); !errors.Is(err, producers.ErrNotConnected) {
		t.Errorf("got %v", err)
	}
	var unavailable *producers.UnavailableError
	if err := p.Connect(t.Context()); !errors.As(err, &unavailable) || unavailable.Attempts != 2 || strings.Contains(err.Error(), "pass") {
		t.Errorf("got %v", err)
	}
	closed, _, _ := ready(t)
	if err := errors.Join(closed.Close(), closed.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := closed.Publish(t.Context(), training(t, 1)); !errors.Is(err, producers.ErrNotConnected) {
		t.Errorf("got %v", err)
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	_, err := producers.New(producers.Config{Name: "deux mots", Replicas: 9, Attempts: -1, AttemptTimeout: -1, BackoffMin: time.Minute, BackoffMax: time.Second})
	for _, field := range []string{"Name", "Replicas", "Attempts", "AttemptTimeout", "BackoffMax"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s isn't named in %v", field, err)
		}
	}
	reg := prometheus.NewRegistry()
	for i := range 2 {
		if _, err = producers.New(producers.Config{Registerer: reg}); (err != nil) != (i == 1) {
			t.Errorf("publisher %d on one registry: %v", i, err)
		}
	}
}

func TestEnsureStreamsIsRepeatable(t *testing.T) {
	p, _, js := ready(t)
	if err := p.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range schemas.Streams() {
		stream, err := js.Stream(t.Context(), want.Name)
		if err != nil {
			t.Fatal(err)
		}
		cfg := stream.CachedInfo().Config
		if cfg.Storage != jetstream.FileStorage || cfg.Retention != jetstream.LimitsPolicy || cfg.MaxAge != 0 || cfg.MaxMsgs != -1 ||
			!slices.Equal(cfg.Subjects, want.Subjects) || cfg.DenyPurge != want.DenyPurge {
			t.Errorf("%s is %+v", want.Name, cfg)
		}
	}
	// An older version's stream is brought up to date.
	if err := js.DeleteStream(t.Context(), schemas.StreamEvents); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: schemas.StreamEvents, Subjects: []string{schemas.SubjectsOfLabs}, MaxMsgSize: 1000}); err != nil {
		t.Fatal(err)
	}
	if err := p.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Publish(t.Context(), training(t, 1)); err != nil {
		t.Fatal(err)
	}
}

// gathering is a cluster whose servers don't know of each other when they are first asked for a stream.
type gathering struct {
	jetstream.StreamManager
	asked int
}

func (g *gathering) CreateStream(ctx context.Context, config jetstream.StreamConfig) (jetstream.Stream, error) {
	if g.asked++; g.asked == 1 {
		return nil, &jetstream.APIError{Code: 400, ErrorCode: 10005, Description: "no suitable peers for placement, peer offline"}
	}
	return g.StreamManager.CreateStream(ctx, config)
}

func TestEnsureStreamsWaitsForTheCluster(t *testing.T) {
	js := testkit.JetStream(t, testkit.NATS(t))
	cluster := &gathering{StreamManager: js}
	if err := producers.EnsureStreams(t.Context(), cluster, 1); err != nil {
		t.Fatal(err)
	}
	if want := len(schemas.Streams()) + 1; cluster.asked != want {
		t.Errorf("asked %d times, expected %d", cluster.asked, want)
	}
	for _, s := range schemas.Streams() {
		if _, err := js.Stream(t.Context(), s.Name); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
}

func TestTheLargestEventFits(t *testing.T) {
	p, _, _ := ready(t)
	raw, err := json.Marshal(training(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	raw = append(raw, bytes.Repeat([]byte(" "), schemas.MaxEventBytes-len(raw))...)
	if _, err := p.PublishRaw(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	_, err = p.PublishRaw(t.Context(), append(raw, ' '))
	if asInvalid(t, err).Problems[0].Code != schemas.CodeTooLarge {
		t.Error(err)
	}
}

// What the caller doesn't allow isn't sent, and the series goes on.
func TestPublishAllAsksWhetherItMay(t *testing.T) {
	p, _, js := ready(t)
	no := errors.New("not on a Tuesday")
	var results []error
	totals, err := p.PublishAll(t.Context(), slices.Values([]*schemas.Event{training(t, 1), training(t, 2), training(t, -1), training(t, 3)}), producers.Options{
		Allow: func(e *schemas.Event) error {
			if attendees, _ := e.Values.Number("attendees"); attendees == schemas.Int(2) {
				return no
			}
			return nil
		},
		OnResult: func(_ int, _ producers.Receipt, err error) { results = append(results, err) },
	})
	if err != nil || totals != (producers.Totals{Accepted: 2, Refused: 2}) {
		t.Fatal(totals, err)
	}
	if results[0] != nil || !errors.Is(results[1], no) || results[3] != nil {
		t.Error(results)
	}
	asInvalid(t, results[2])
	wantStored(t, js, 2)
}

func BenchmarkPublishAll(b *testing.B) {
	p, _, _ := ready(b)
	e := training(b, 5)
	raws := make([][]byte, b.N)
	for i := range raws {
		next := *e
		next.ID = schemas.RecordID("atelier-nord", "bench", fmt.Sprint(i))
		raws[i], _ = json.Marshal(&next)
	}
	b.ResetTimer()
	if totals, err := p.PublishAllRaw(b.Context(), slices.Values(raws), producers.Options{}); err != nil || totals.Accepted != b.N {
		b.Fatal(totals, err)
	}
}
