package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"vitrine/internal/bench/running"
)

// agentMemory is what the agent may take: a small computer's.
const agentMemory = 256 << 20

// How long the agent may take for its events, with and without a network.
const agentWithin = 5 * time.Minute

// ofAgent measures the lab's agent: first it reads a file of activities while the programme can't be reached, and spools them;
// started again, it forwards them to a `vitrine up`.
func (s settings) ofAgent(ctx context.Context, dir string) (err error) {
	if s.agent, err = filepath.Abs(s.agent); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "rows.csv"), rows(s.spooled), 0o600); err != nil {
		return err
	}
	up, err := running.StartUp(ctx, s.vitrine, filepath.Join(dir, "up"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, up.Stop()) }()

	bounded, group := newGroup(agentMemory)
	defer group.remove()
	fmt.Printf("\nvitrine-agent, %d events of a spreadsheet, %s\n", s.spooled, bounded)
	for _, phase := range []struct {
		what, programme string
		done            func(waiting uint64) bool
	}{
		{"reads and spools them, no network", "nats://127.0.0.1:1", func(waiting uint64) bool { return waiting >= uint64(s.spooled) }},
		{"started again, forwards them", up.NATS, func(waiting uint64) bool { return waiting == 0 }},
	} {
		a, err := s.startAgent(dir, phase.programme, group)
		if err != nil {
			return err
		}
		took, err := a.until(ctx, phase.done)
		var cpu, atRest time.Duration
		var memory running.Memory
		const quiet = 10 * time.Second
		if err == nil {
			cpu, err = running.CPU(a.cmd.Process.Pid)
		}
		if err == nil {
			err = rest(ctx, quiet)
		}
		if err == nil {
			memory, err = running.MemoryOf(a.cmd.Process.Pid)
		}
		if err == nil {
			atRest, err = running.CPU(a.cmd.Process.Pid)
		}
		if err := errors.Join(err, a.stop()); err != nil {
			return fmt.Errorf("the agent (%s): %w", phase.what, err)
		}
		fmt.Printf("  %s: %s, %s of CPU, RSS %s at its peak, %s afterwards with %.1f %% of a core\n", phase.what, took.Round(10*time.Millisecond), cpu,
			mib(memory.Peak), mib(memory.RSS), 100*(atRest-cpu).Seconds()/quiet.Seconds())
	}
	return nil
}

// rows is a spreadsheet of discovery events, ten a day.
func rows(n int) []byte {
	var b strings.Builder
	b.WriteString("Reference,Date,Start time,Type,Audience,Attendance\n")
	for i := range n {
		day := time.Now().AddDate(0, 0, -1-i/10)
		fmt.Fprintf(&b, "A-%d,%s,%02d:00,open_day,companies,%d\n", i, day.Format("02/01/2006"), 9+i%10, 1+i%40)
	}
	return []byte(b.String())
}

// agent is one that runs.
type agent struct {
	cmd   *exec.Cmd
	url   string // of its status
	log   string
	began time.Time
	ended chan error
}

func (s settings) startAgent(dir, programme string, group group) (*agent, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	listen := l.Addr().String()
	l.Close()
	config := fmt.Sprintf("lab: atelier-nord\nlisten: %s\nprogramme: {nats: %q}\nsources:\n  - {connector: spreadsheet, file: rows.csv, kind: discovery.held, every: 24h, since: 2000-01-01}\n", listen, programme)
	if err := os.WriteFile(filepath.Join(dir, "agent.yaml"), []byte(config), 0o600); err != nil {
		return nil, err
	}
	a := &agent{cmd: exec.Command(s.agent, "--config", filepath.Join(dir, "agent.yaml"), "--data", filepath.Join(dir, "data")),
		url: "http://" + listen + "/status.json", log: filepath.Join(dir, "agent.log"), began: time.Now(), ended: make(chan error, 1)}
	log, err := os.OpenFile(a.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	a.cmd.Stdout, a.cmd.Stderr = log, log
	a.cmd.Env = append(os.Environ(), fmt.Sprintf("GOMEMLIMIT=%d", agentMemory*3/4), "GOMAXPROCS=1")
	if err := a.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { a.ended <- a.cmd.Wait() }()
	return a, group.add(a.cmd.Process.Pid)
}

func (a *agent) stop() error {
	_ = a.cmd.Process.Signal(syscall.SIGTERM)
	return <-a.ended
}

// agentStatus is what the agent tells of itself.
type agentStatus struct {
	Starting bool
	Spool    struct{ Waiting uint64 }
	Sources  []struct {
		LastDone *time.Time `json:"last_done"`
	}
}

// until waits until what is in the spool is as wanted, the file having been read.
func (a *agent) until(ctx context.Context, done func(waiting uint64) bool) (time.Duration, error) {
	var status agentStatus
	for time.Since(a.began) < agentWithin {
		select {
		case err := <-a.ended:
			a.ended <- err
			log, _ := os.ReadFile(a.log)
			return 0, fmt.Errorf("it ended: %w\n%s", err, log)
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
		response, err := http.Get(a.url)
		if err != nil {
			continue
		}
		status = agentStatus{} // what isn't so is left out of the answer
		err = json.NewDecoder(response.Body).Decode(&status)
		response.Body.Close()
		if err == nil && !status.Starting && len(status.Sources) > 0 && status.Sources[0].LastDone != nil && done(status.Spool.Waiting) {
			return time.Since(a.began), nil
		}
	}
	log, _ := os.ReadFile(a.log)
	return 0, fmt.Errorf("not done after %s: %+v\n%s", agentWithin, status, log)
}
