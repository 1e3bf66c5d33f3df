package faults

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// service is a `vitrine gateway` or `vitrine consume` at an address of its own.
type service struct {
	stack   *stack
	name    string
	command string
	flags   []string
	addr    string
	process *process
}

func (s *stack) newService(name, command string, flags ...string) (*service, error) {
	addr, err := freeAddr()
	return &service{stack: s, name: name, command: command, flags: flags, addr: addr}, err
}

// start returns when the service says that it is ready.
func (v *service) start(ctx context.Context) error {
	args := append(append([]string{v.command}, v.stack.direct()...), v.flags...)
	cmd, err := command(logFile(v.stack.dir, v.name), noMounts, []string{"VITRINE_NATS_REPLICAS=3"}, v.stack.programs.vitrine,
		append(args, "--http-addr", v.addr)...)
	if err != nil {
		return err
	}
	if v.process, err = start(cmd); err != nil {
		return err
	}
	return v.ready(ctx)
}

func (v *service) ready(ctx context.Context) error {
	return await(ctx, startWithin, v.name+" is ready", func() error {
		if err := v.alive(); err != nil {
			return err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+v.addr+"/readyz", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			text, _ := io.ReadAll(io.LimitReader(response.Body, 500))
			return fmt.Errorf("%s: %s", response.Status, text)
		}
		return nil
	})
}

func (v *service) alive() error {
	if v.process.running() {
		return nil
	}
	return fmt.Errorf("%s ended by itself (see %s): %w", v.name, logFile(v.stack.dir, v.name), cmp.Or(v.process.err, errors.New("with status 0")))
}

// restart is what an operator does: SIGTERM, wait for the end, start anew, wait until it is ready.
func (v *service) restart(ctx context.Context) error {
	if err := v.process.terminate(stopWithin); err != nil {
		return err
	}
	return v.start(ctx)
}

// balancer is the load balancer before the gateways, as plain as one can be: each connection goes to the next gateway
// whose /readyz said yes when it was last asked, and that takes it.
type balancer struct {
	listener net.Listener
	closed   chan struct{}
	mu       sync.Mutex
	targets  []string
	ready    map[string]bool
	next     int
}

// askReady is how often a load balancer asks; real ones take a second or more.
const askReady = 250 * time.Millisecond

func newBalancer(targets []string) (*balancer, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &balancer{listener: l, closed: make(chan struct{}), targets: targets, ready: map[string]bool{}}
	for _, target := range targets {
		b.ask(target)
		go func() {
			for {
				select {
				case <-time.After(askReady):
					b.ask(target)
				case <-b.closed:
					return
				}
			}
		}()
	}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return // closed
			}
			go b.carry(client)
		}
	}()
	return b, nil
}

func (b *balancer) url() string { return "http://" + b.listener.Addr().String() }

func (b *balancer) close() {
	close(b.closed)
	_ = b.listener.Close()
}

func (b *balancer) ask(target string) {
	c := http.Client{Timeout: time.Second}
	response, err := c.Get("http://" + target + "/readyz")
	if err == nil {
		_ = response.Body.Close()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ready[target] = err == nil && response.StatusCode == http.StatusOK
}

func (b *balancer) dial() net.Conn {
	b.mu.Lock()
	b.next++
	var ready []string
	for i := range b.targets {
		if t := b.targets[(b.next+i)%len(b.targets)]; b.ready[t] {
			ready = append(ready, t)
		}
	}
	b.mu.Unlock()
	for _, target := range ready {
		if conn, err := net.Dial("tcp", target); err == nil {
			return conn
		}
	}
	return nil
}

func (b *balancer) carry(client net.Conn) {
	defer client.Close()
	server := b.dial()
	if server == nil {
		return
	}
	defer server.Close()
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		go func() {
			_, _ = io.Copy(way[1], way[0])
			done <- struct{}{}
		}()
	}
	<-done // either side ended: so does the other
}

// pulse knows when anything was accepted, and how long publishers waited for that.
type pulse struct {
	mu              sync.Mutex
	last            time.Time
	together, waits time.Duration
}

// beat tells that something was accepted, after how long its publisher waited for it.
func (p *pulse) beat(waited time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if !p.last.IsZero() {
		p.together = max(p.together, now.Sub(p.last))
	}
	p.last, p.waits = now, max(p.waits, waited)
}

// take gives the longest pause in which nothing at all was accepted since it was last called, and the longest wait.
func (p *pulse) take() (together, waits time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if !p.last.IsZero() {
		p.together = max(p.together, now.Sub(p.last)) // one that lasts still
	}
	together, waits = p.together, p.waits
	p.last, p.together, p.waits = now, 0, 0
	return together, waits
}
