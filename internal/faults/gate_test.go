package faults

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// gate stands in front of a server and does to its connections what networks do.
type gate struct {
	listener net.Listener

	mu      sync.Mutex
	target  string // host:port of the server
	closed  bool   // takes no connections
	delay   time.Duration
	rate    int // bytes per second and direction; 0: any
	armed   *fault
	links   map[*link]struct{}
	fired   int           // armed faults that struck
	hurt    int           // connections cut or refused, and pieces delayed
	slowest time.Duration // from a request's first byte to its reply's
}

// fault strikes one request: the next that holds one of the triggers.
type fault struct {
	triggers []string
	// part is how much of what follows the trigger's begin still passes before the connection is cut, in [0, 1).
	part float64
	// loseReply lets the request pass whole, waits for the server's reply, throws it away and cuts:
	// what was asked is done, and nobody is told.
	loseReply bool
}

// find is where the first of the triggers begins; -1 if there is none.
func (f *fault) find(chunk []byte) int {
	for _, t := range f.triggers {
		if at := bytes.Index(chunk, []byte(t)); at >= 0 {
			return at
		}
	}
	return -1
}

// link is one connection through the gate.
type link struct {
	gate           *gate
	client, server net.Conn
	asked          time.Time // when a request began that isn't answered; under the gate's mutex
	losing         *fault    // the next reply is lost; under the gate's mutex
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
		g.hurts(1)
		_ = client.Close()
		return
	}
	server, err := net.Dial("tcp", target)
	if err != nil {
		_ = client.Close()
		return
	}
	l := &link{gate: g, client: client, server: server}
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
	f := l.gate.take(l, chunk)
	if f == nil || f.loseReply {
		return chunk, nil
	}
	whole := l.gather(chunk)
	at := f.find(whole)
	l.gate.strikes()
	return whole[:at+int(f.part*float64(len(whole)-at))], errCut
}

// A request to be cut is waited for until its client pauses, so that the cut falls within it. A stream of
// requests knows no pause: then the cut falls within the first of them.
const (
	pauseOfClient = 20 * time.Millisecond
	mostOfRequest = 1 << 20
)

// gather is a chunk and what follows it.
func (l *link) gather(chunk []byte) []byte {
	whole := bytes.Clone(chunk)
	buffer := make([]byte, 16<<10)
	for until := time.Now().Add(10 * pauseOfClient); len(whole) < mostOfRequest && time.Now().Before(until); {
		if err := l.client.SetReadDeadline(time.Now().Add(pauseOfClient)); err != nil {
			return whole
		}
		n, err := l.client.Read(buffer)
		whole = append(whole, buffer[:n]...)
		if err != nil {
			return whole
		}
	}
	return whole
}

// reply is called with what the server sends, by one goroutine.
func (l *link) reply(chunk []byte) ([]byte, error) {
	g := l.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if l.losing != nil {
		l.losing = nil
		g.fired++
		return nil, errCut
	}
	if !l.asked.IsZero() {
		g.slowest, l.asked = max(g.slowest, time.Since(l.asked)), time.Time{}
	}
	return chunk, nil
}

// cut ends the link. A reply to be lost that didn't come is another's to lose.
func (l *link) cut() {
	_, _ = l.client.Close(), l.server.Close()
	l.gate.mu.Lock()
	defer l.gate.mu.Unlock()
	delete(l.gate.links, l)
	if l.losing != nil && l.gate.armed == nil {
		l.gate.armed = l.losing
	}
	l.losing = nil
}

// take gives the armed fault if it is for this chunk.
func (g *gate) take(l *link, chunk []byte) *fault {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l.asked.IsZero() {
		l.asked = time.Now()
	}
	f := g.armed
	if f == nil || f.find(chunk) < 0 {
		return nil
	}
	g.armed = nil
	if f.loseReply {
		l.losing = f
	}
	return f
}

func (g *gate) strikes() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fired++
}

func (g *gate) hurts(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hurt += n
}

// struck is how many armed faults struck, and how many connections and pieces of any were hurt.
func (g *gate) struck() (fired, hurt int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.fired, g.hurt
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
	if wait > 0 {
		g.hurt++
	}
	g.mu.Unlock()
	time.Sleep(wait)
}

// slow sets how long each piece of up to 16 KiB is delayed, and the bytes per second of each connection; 0 and 0 is as fast as can be.
func (g *gate) slow(delay time.Duration, rate int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.delay, g.rate, g.slowest = delay, rate, 0
}

// slowestRequest is how long the slowest request took that was answered since slow was set.
func (g *gate) slowestRequest() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.slowest
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
	g.hurt += len(links)
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
	for l := range g.links {
		l.losing = nil
	}
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
		{"no fault", fault{triggers: []string{"something else"}}, "a request", "reply"},
		{"reply lost", fault{triggers: []string{"else", "request"}, loseReply: true}, "a request", ""},
		{"cut", fault{triggers: []string{"request"}, part: 0.43}, "a req", ""},
		{"cut at the trigger", fault{triggers: []string{"request"}}, "a ", ""},
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
		if reply := string(buffer[:n]); reply != c.reply && (c.reply != "" || c.fault.loseReply) { // a cut one may or may not be answered
			t.Errorf("%s: the client got %q, want %q", c.name, reply, c.reply)
		}
		_ = conn.Close()
		if got := <-heard; got != c.heard {
			t.Errorf("%s: the server heard %q, want %q", c.name, got, c.heard)
		}
	}
	if fired, _ := g.struck(); fired != 3 {
		t.Errorf("%d faults struck, want 3", fired)
	}
}
