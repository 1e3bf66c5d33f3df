package producers_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"vitrine/internal/natsd"
	"vitrine/internal/testkit"
	"vitrine/producers"
	"vitrine/schemas"
)

// soon is how long the tests wait for what must happen; it fails a test, it never paces one.
const soon = 20 * time.Second

var when = time.Date(2026, 3, 10, 9, 0, 0, 0, time.FixedZone("", 3600))

func clock() time.Time { return when.Add(30 * 24 * time.Hour) }

func training(t testing.TB, attendees int64) *schemas.Event {
	t.Helper()
	e, err := schemas.NewEvent("atelier-nord", "", when, schemas.TrainingHeld{
		End: when.Add(3 * time.Hour), Topic: "machine_laser_vinyl", Audience: "companies", Attendees: attendees})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// connect makes a publisher with quick retries, connected to url.
func connect(t testing.TB, url string, change func(*producers.Config)) (*producers.Publisher, *prometheus.Registry) {
	t.Helper()
	reg := prometheus.NewRegistry()
	cfg := producers.Config{URL: url, Name: "test", AttemptTimeout: 2 * time.Second, BackoffMin: 5 * time.Millisecond,
		BackoffMax: 50 * time.Millisecond, Registerer: reg, Clock: clock}
	if change != nil {
		change(&cfg)
	}
	p, err := producers.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	if err := p.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p, reg
}

// ready starts a server with Vitrine's streams and connects a publisher to it.
func ready(t testing.TB) (*producers.Publisher, *prometheus.Registry, jetstream.JetStream) {
	t.Helper()
	url := testkit.NATS(t)
	p, reg := connect(t, url, nil)
	if err := p.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p, reg, direct(t, url)
}

// direct is a connection beside the publisher's.
func direct(t testing.TB, url string) jetstream.JetStream {
	t.Helper()
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// stored are the messages of the events stream, in its order.
func stored(t testing.TB, js jetstream.JetStream) []*jetstream.RawStreamMsg {
	t.Helper()
	stream, err := js.Stream(t.Context(), schemas.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	var msgs []*jetstream.RawStreamMsg
	for seq := uint64(1); seq <= stream.CachedInfo().State.LastSeq; seq++ {
		m, err := stream.GetMsg(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		msgs = append(msgs, m)
	}
	return msgs
}

// total sums a counter over its labels.
func total(t testing.TB, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		for _, m := range f.Metric {
			if f.GetName() == name {
				sum += m.Counter.GetValue() + m.Gauge.GetValue()
			}
		}
	}
	return sum
}

// restartable is a server whose address and store outlive it.
type restartable struct {
	t    testing.TB
	dir  string
	port int
	stop func()
}

func newRestartable(t testing.TB) *restartable {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	return &restartable{t: t, dir: t.TempDir(), port: port}
}

func (r *restartable) url() string { return fmt.Sprintf("nats://127.0.0.1:%d", r.port) }

func (r *restartable) start() {
	r.t.Helper()
	_, r.stop = testkit.Serve(r.t, natsd.Config{Dir: r.dir, Port: r.port, SyncInterval: time.Second})
}

// gate stands between a client and a server. Closed, it lets what the client sends pass and keeps
// the answers back, as a network does that breaks down at the worst moment.
type gate struct {
	listener net.Listener
	mu       sync.Mutex
	open     *sync.Cond
	closed   bool
	conns    []net.Conn
}

func newGate(t testing.TB, serverURL string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{listener: l}
	g.open = sync.NewCond(&g.mu)
	t.Cleanup(func() { _ = l.Close(); g.cut() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", strings.TrimPrefix(serverURL, "nats://"))
			if err != nil {
				_ = client.Close()
				continue
			}
			g.mu.Lock()
			g.conns = append(g.conns, client, server)
			g.mu.Unlock()
			go func() { _, _ = io.Copy(server, client); _ = server.Close() }()
			go g.answers(client, server)
		}
	}()
	return g
}

func (g *gate) answers(client, server net.Conn) {
	defer client.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := server.Read(buf)
		g.mu.Lock()
		for g.closed {
			g.open.Wait()
		}
		g.mu.Unlock()
		if _, werr := client.Write(buf[:n]); err != nil || werr != nil {
			return
		}
	}
}

func (g *gate) url() string { return "nats://" + g.listener.Addr().String() }

func (g *gate) shut() { g.mu.Lock(); g.closed = true; g.mu.Unlock() }

// cut breaks every connection, with the answers kept back, and lets new ones through.
func (g *gate) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.conns {
		_ = c.Close()
	}
	g.conns, g.closed = nil, false
	g.open.Broadcast()
}

func wantStored(t testing.TB, js jetstream.JetStream, n int) {
	t.Helper()
	testkit.Eventually(t, soon, func() error {
		stream, err := js.Stream(context.Background(), schemas.StreamEvents)
		if err != nil {
			return err
		}
		if got := stream.CachedInfo().State.Msgs; got != uint64(n) {
			return fmt.Errorf("the stream has %d messages, want %d", got, n)
		}
		return nil
	})
}

func asInvalid(t testing.TB, err error) *schemas.Invalid {
	t.Helper()
	var invalid *schemas.Invalid
	if !errors.As(err, &invalid) {
		t.Fatalf("got %v, want a *schemas.Invalid", err)
	}
	return invalid
}
