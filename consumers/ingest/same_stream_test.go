package ingest_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/ingest"
	"vitrine/internal/natsd"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/schemas"
)

// stoppable is a NATS server that keeps its address and folder.
type stoppable struct {
	t    *testing.T
	dir  string
	port int
	stop func()
}

func newStoppable(t *testing.T) *stoppable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return &stoppable{t: t, dir: filepath.Join(t.TempDir(), "nats"), port: l.Addr().(*net.TCPAddr).Port}
}

func (s *stoppable) start() {
	s.t.Helper()
	_, s.stop = testkit.Serve(s.t, natsd.Config{Dir: s.dir, Port: s.port})
}

// connect is a client that comes back at once.
func (s *stoppable) connect() jetstream.JetStream {
	s.t.Helper()
	conn, err := nats.Connect(fmt.Sprintf("nats://127.0.0.1:%d", s.port), nats.ReconnectWait(20*time.Millisecond), nats.MaxReconnects(-1))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		s.t.Fatal(err)
	}
	return js
}

// copyTo copies the stopped server's folder.
func (s *stoppable) copyTo(dir string) {
	s.t.Helper()
	if err := os.CopyFS(dir, os.DirFS(s.dir)); err != nil {
		s.t.Fatal(err)
	}
}

func (p *pipeline) awaitCounted() {
	p.t.Helper()
	testkit.Eventually(p.t, time.Minute, func() error {
		return ingest.WaitCounted(p.t.Context(), p.js, schemas.ConsumerDurable, nil)
	})
}

func awaitOtherStream(t *testing.T, consumer *ingest.Consumer) {
	t.Helper()
	testkit.Eventually(t, time.Minute, func() error {
		if h := consumer.Health(); !errors.Is(h.Err, ingest.ErrOtherStream) {
			return fmt.Errorf("health shows %w", h.Err)
		}
		return nil
	})
}

// A stream that went back behind what is counted gives its sequences a second time. A consumer that
// runs and one that is started add nothing then, and say why; a rebuild from the stream mends it.
func TestAStreamThatLostMessagesIsNoticed(t *testing.T) {
	server := newStoppable(t)
	server.start()
	js := server.connect()
	for _, s := range schemas.Streams() {
		if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: s.Name, Subjects: s.Subjects}); err != nil {
			t.Fatal(err)
		}
	}
	store := storekit.Open(t)
	p := &pipeline{t: t, js: js, store: store}
	config := ingest.Config{JetStream: js, Store: store, BatchAge: 20 * time.Millisecond}
	running, stop := p.run(config)
	defer stop()
	p.publish(discovery(t, uuid.New(), "2026-03-12 18:00", "companies", 3))
	p.awaitCounted()

	// The folder as it is now is what the disk will have.
	server.stop()
	backup := filepath.Join(t.TempDir(), "backup")
	server.copyTo(backup)
	server.start()
	p.publish(discovery(t, uuid.New(), "2026-03-13 18:00", "companies", 20))
	p.publishRaw("vitrine.events."+lab+".discovery.held", []byte("{")) // the newest is a rejection
	p.awaitCounted()
	before := p.figures("month")
	p.want(before, map[string]string{"D01 2026-03-01": "2", "D02 2026-03-01": "23"})
	server.stop()
	if err := os.RemoveAll(server.dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(backup, server.dir); err != nil {
		t.Fatal(err)
	}
	server.start()

	awaitOtherStream(t, running)
	if err := running.Health().Err; !strings.Contains(err.Error(), "has message 3") || !strings.Contains(err.Error(), "ends with message 1") || !strings.Contains(err.Error(), "rebuild --from-stream") {
		t.Errorf("it says %v", err)
	}
	// Other events get the lost ones' sequences.
	p.publish(discovery(t, uuid.New(), "2026-03-14 18:00", "companies", 100),
		discovery(t, uuid.New(), "2026-03-15 18:00", "companies", 1000), discovery(t, uuid.New(), "2026-03-16 18:00", "companies", 10000))
	awaitOtherStream(t, running)
	started, stopStarted := p.run(config)
	awaitOtherStream(t, started)
	if err := started.Health().Err; !strings.Contains(err.Error(), "has another one there") {
		t.Errorf("it says %v", err)
	}
	stopStarted()
	p.want(p.figures("month"), before)
	if n := p.info().AckFloor.Stream; n != 1 {
		t.Errorf("acknowledged up to %d, want 1: what is in the stream now must be counted later", n)
	}

	if err := store.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := ingest.Replay(t.Context(), config, nil); err != nil {
		t.Fatal(err)
	}
	p.awaitCounted()
	p.want(p.figures("month"), map[string]string{"D01 2026-03-01": "4", "D02 2026-03-01": "11103"})
	testkit.Eventually(t, time.Minute, func() error { return running.Health().Err })
}

// Single messages may be erased from the stream, should personal data have slipped in; that is no loss.
func TestErasedMessagesAreNoOtherStream(t *testing.T) {
	p := newPipeline(t)
	for day := range 12 {
		p.publish(discovery(t, uuid.New(), fmt.Sprintf("2026-03-%02d 18:00", day+1), "companies", 1))
	}
	p.consume(1)
	stream, err := p.js.Stream(t.Context(), schemas.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	for seq := uint64(10); seq <= 12; seq++ {
		if err := stream.DeleteMsg(t.Context(), seq); err != nil {
			t.Fatal(err)
		}
	}
	p.publish(discovery(t, uuid.New(), "2026-03-20 18:00", "companies", 1))
	p.consume(1)
	p.want(p.figures("month"), map[string]string{"D01 2026-03-01": "13"})
}
