package faults

import (
	"cmp"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// ackWait is the consumers': how long a killed one's batch waits for another.
const ackWait = 2 * time.Second

// crew keeps a number of `vitrine consume` running, as a supervisor does: one that ends is started again.
type crew struct {
	stack   *stack
	batch   int
	members []*member
	kills   atomic.Int64 // deaths by kill -9
	stopped chan struct{}
	wait    sync.WaitGroup

	mu   sync.Mutex
	plan []string // failpoints for the next starts; when none is left, consumers live
	err  error
}

type member struct {
	mu      sync.Mutex
	process *process
	struck  bool // the suite killed this process
}

func (s *stack) newCrew(size, batch int, plan []string) *crew {
	c := &crew{stack: s, batch: batch, plan: plan, stopped: make(chan struct{})}
	for i := range size {
		m := &member{}
		c.members = append(c.members, m)
		c.wait.Go(func() { c.keep(m, fmt.Sprintf("consumer-%d", i+1)) })
	}
	return c
}

// next is the failpoint of the process that is about to start, or "".
func (c *crew) next() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.plan) == 0 {
		return ""
	}
	point := c.plan[0]
	c.plan = c.plan[1:]
	return point
}

func (c *crew) keep(m *member, name string) {
	for {
		select {
		case <-c.stopped:
			return
		default:
		}
		if err := c.one(m, name); err != nil {
			c.mu.Lock()
			c.err = err
			c.mu.Unlock()
			return
		}
	}
}

// one is the life of one process.
func (c *crew) one(m *member, name string) error {
	point := c.next()
	env := c.stack.env
	if point != "" {
		env = append(env[:len(env):len(env)], "VITRINE_FAILPOINT="+point)
	}
	cmd, err := command(logFile(c.stack.dir, name), noMounts, env, c.stack.programs.vitrine, append(append([]string{"consume"}, c.stack.gated()...),
		"--http-addr", "127.0.0.1:0", "--batch-size", fmt.Sprint(c.batch), "--ack-wait", ackWait.String())...)
	if err != nil {
		return err
	}
	p, err := start(cmd)
	if err != nil {
		return err
	}
	m.mu.Lock()
	m.process, m.struck = p, false
	m.mu.Unlock()
	select {
	case <-p.done:
	case <-c.stopped:
		return p.terminate(30 * time.Second)
	}
	m.mu.Lock()
	struck := m.struck
	m.mu.Unlock()
	switch {
	case p.endedBy() == syscall.SIGKILL && (struck || point != ""):
		c.kills.Add(1)
		return nil
	case !p.gaveUp():
		return fmt.Errorf("%s ended by itself (see its log): %w", name, cmp.Or(p.err, errors.New("with status 0")))
	}
	c.mu.Lock()
	if point != "" { // it ended before it came there, because a server was away
		c.plan = append(c.plan, point)
	}
	c.mu.Unlock()
	select {
	case <-c.stopped:
	case <-time.After(200 * time.Millisecond): // as a supervisor waits
	}
	return nil
}

// signal sends one to a member; false if it isn't running.
func (c *crew) signal(i int, s syscall.Signal) bool {
	m := c.members[i]
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.process == nil {
		return false
	}
	if m.process.cmd.Process.Signal(s) != nil {
		return false
	}
	m.struck = m.struck || s == syscall.SIGKILL
	return true
}

// failed says why a process could not be kept.
func (c *crew) failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *crew) stop() error {
	close(c.stopped)
	c.wait.Wait()
	return c.failed()
}
