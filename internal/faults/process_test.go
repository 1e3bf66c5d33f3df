package faults

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// process is a child of the suite.
type process struct {
	cmd   *exec.Cmd
	began time.Time
	done  chan struct{} // closed when it has ended
	err   error         // of its end; read after done
}

// command is a child to be started, its standard error at the end of the log file.
func command(log string, m mounts, env []string, path string, args ...string) (*exec.Cmd, error) {
	f, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), append(env, "LANG=C.UTF-8", "NO_COLOR=1")...)
	cmd.SysProcAttr = attributes(m)
	cmd.Stdout, cmd.Stderr = f, f
	return cmd, nil
}

func start(cmd *exec.Cmd) (*process, error) {
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	p := &process{cmd: cmd, began: time.Now(), done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		if f, ok := cmd.Stderr.(io.Closer); ok {
			_ = f.Close()
		}
		close(p.done)
	}()
	return p, nil
}

// signal sends a signal; a process that has ended already doesn't mind.
func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// kill is kill -9, and waits for the end.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

// startingUp is for how long a new process may not listen to SIGTERM yet and die of it.
const startingUp = 3 * time.Second

// terminate is SIGTERM, after which the process must end well. After a time it is kill -9, which is an error.
func (p *process) terminate(atMost time.Duration) error {
	young := time.Since(p.began) < startingUp
	p.signal(syscall.SIGTERM)
	select {
	case <-p.done:
		if p.err != nil && (!young || p.endedBy() != syscall.SIGTERM) {
			return fmt.Errorf("%s after SIGTERM: %w", p.cmd.Path, p.err)
		}
		return nil
	case <-time.After(atMost):
		p.kill()
		return fmt.Errorf("%s didn't stop within %s of SIGTERM", p.cmd.Path, atMost)
	}
}

// running says whether it hasn't ended.
func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// endedBy is the signal that ended it; 0 if none did.
func (p *process) endedBy() syscall.Signal {
	if status, ok := p.status(); ok && status.Signaled() {
		return status.Signal()
	}
	return 0
}

// gaveUp says whether it ended with an error of its own making, as programs do whose server is away.
// A Go program that panics ends with another status.
func (p *process) gaveUp() bool {
	status, ok := p.status()
	return ok && status.Exited() && status.ExitStatus() == 1
}

func (p *process) status() (syscall.WaitStatus, bool) {
	var exit *exec.ExitError
	if !errors.As(p.err, &exit) {
		return 0, false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return status, ok
}
