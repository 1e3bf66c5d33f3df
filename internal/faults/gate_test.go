package faults

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// gate stands in front of a server and does to its connections what networks do.
type gate struct {
	listener net.Listener

	mu     sync.Mutex
	target string // host:port of the server
	closed bool   // takes no connections
	delay  time.Duration
	rate   int // bytes per second and direction; 0: any
	armed  *fault
	links  map[*link]struct{}
	fired  atomic.Int64 // faults that struck
}

// fault strikes one request: the next that holds trigger.
type fault struct {
	trigger string
	// after is how many bytes from the trigger on still pass before the connection is cut.
	after int
	// loseReply lets the request pass whole, waits for the server's reply, throws it away and cuts:
	// what was asked is done, and nobody is told.
	loseReply bool
}

// link is one connection through the gate.
type link struct {
	gate           *gate
	client, server net.Conn
	mute           atomic.Bool // the next reply is lost
	left           int         // bytes until the cut; -1: none is due
}

func newGate() (*gate, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := &gate{listener: l, links: map[*link]struct{}{}}
	go g.serve()
	return g, nil
}

func (g *gate) addr() string { return g.listener.Addr().String() }

// close ends the gate and its connections.
func (g *gate) close() {
	_ = g.listener.Close()
	g.cut()
}

func (g *gate) serve() {
	for {
		client, err := g.listener.Accept()
		if err != nil {
			return // closed
		}
		go g.connect(client)
	}
}

func (g *gate) connect(client net.Conn) {
	g.mu.Lock()
	target, closed := g.target, g.closed
	g.mu.Unlock()
	if closed || target == "" {
		_ = client.Close()
		return
	}
	server, err := net.Dial("tcp", target)
	if err != nil {
		_ = client.Close()
		return
	}
	l := &link{gate: g, client: client, server: server, left: -1}
	g.mu.Lock()
	g.links[l] = struct{}{}
	g.mu.Unlock()
	go l.pump(l.client, l.server, l.request)
	l.pump(l.server, l.client, l.reply)
}

// pump carries bytes one way until either side ends or pass says so; then the whole link ends.
func (l *link) pump(from, to net.Conn, pass func([]byte) (forward []byte, err error)) {
	defer l.cut()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			l.gate.hold(n)
			forward, cut := pass(buffer[:n])
			if _, err := to.Write(forward); err != nil || cut != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

var errCut = errors.New("cut")

// request is called with what the client sends, by one goroutine.
func (l *link) request(chunk []byte) ([]byte, error) {
	if l.left < 0 {
		f, at := l.gate.take(chunk)
		switch {
		case f == nil:
			return chunk, nil
		case f.loseReply:
			l.mute.Store(true)
			return chunk, nil
		}
		l.left = at + f.after
	}
	n := min(l.left, len(chunk))
	l.left -= n
	if l.left == 0 {
		return chunk[:n], errCut
	}
	return chunk[:n], nil
}

func (l *link) reply(chunk []byte) ([]byte, error) {
	if l.mute.Load() {
		return nil, errCut
	}
	return chunk, nil
}

func (l *link) cut() {
	_, _ = l.client.Close(), l.server.Close()
	l.gate.mu.Lock()
	delete(l.gate.links, l)
	l.gate.mu.Unlock()
}

// take gives the armed fault if it strikes this chunk, and where.
func (g *gate) take(chunk []byte) (*fault, int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.armed == nil {
		return nil, 0
	}
	at := bytes.Index(chunk, []byte(g.armed.trigger))
	if at < 0 {
		return nil, 0
	}
	f := g.armed
	g.armed = nil
	g.fired.Add(1)
	return f, at
}

func (g *gate) arm(f fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.armed = &f
}

// hold makes n bytes take as long as they must.
func (g *gate) hold(n int) {
	g.mu.Lock()
	wait := g.delay
	if g.rate > 0 {
		wait += time.Duration(n) * time.Second / time.Duration(g.rate)
	}
	g.mu.Unlock()
	time.Sleep(wait)
}

// slow sets how long each piece of up to 16 KiB is delayed, and the bytes per second of each connection; 0 and 0 is as fast as can be.
func (g *gate) slow(delay time.Duration, rate int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.delay, g.rate = delay, rate
}

// point directs new connections to a server; the old ones are cut.
func (g *gate) point(target string) {
	g.mu.Lock()
	g.target = target
	g.mu.Unlock()
	g.cut()
}

// shut cuts all connections and refuses new ones, until open.
func (g *gate) shut() { g.setClosed(true); g.cut() }

func (g *gate) open() { g.setClosed(false) }

func (g *gate) setClosed(closed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = closed
}

// cut ends all connections.
func (g *gate) cut() {
	g.mu.Lock()
	links := make([]*link, 0, len(g.links))
	for l := range g.links {
		links = append(links, l)
	}
	g.mu.Unlock()
	for _, l := range links {
		l.cut()
	}
}

// heal lifts everything.
func (g *gate) heal() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed, g.delay, g.rate, g.armed = false, 0, 0, nil
}

// The gate does what the scenarios believe it does: a request passes whole though its reply is lost, and a
// cut request arrives to the byte.
func TestGate(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	heard := make(chan string, 1) // all that a connection brought
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			go func() {
				var all bytes.Buffer
				buffer := make([]byte, 100)
				for {
					n, err := conn.Read(buffer)
					all.Write(buffer[:n])
					if err != nil {
						heard <- all.String()
						return
					}
					_, _ = conn.Write([]byte("reply"))
				}
			}()
		}
	}()
	g, err := newGate()
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	g.point(server.Addr().String())
	for _, c := range []struct {
		name         string
		fault        fault
		heard, reply string
	}{
		{"no fault", fault{trigger: "something else"}, "a request", "reply"},
		{"reply lost", fault{trigger: "request", loseReply: true}, "a request", ""},
		{"cut", fault{trigger: "request", after: 3}, "a req", ""},
	} {
		g.arm(c.fault)
		conn, err := net.Dial("tcp", g.addr())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "a request"); err != nil {
			t.Fatal(err)
		}
		buffer := make([]byte, 100)
		n, _ := conn.Read(buffer)
		if reply := string(buffer[:n]); reply != c.reply && c.name != "cut" { // a cut one may or may not be answered
			t.Errorf("%s: the client got %q, want %q", c.name, reply, c.reply)
		}
		_ = conn.Close()
		if got := <-heard; got != c.heard {
			t.Errorf("%s: the server heard %q, want %q", c.name, got, c.heard)
		}
	}
	if n := g.fired.Load(); n != 2 {
		t.Errorf("%d faults struck, want 2", n)
	}
}
