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
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // of its end; read after done
}

// command is a child to be started, its standard error at the end of the log file.
func command(log string, mounts bool, env []string, path string, args ...string) (*exec.Cmd, error) {
	f, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), append(env, "LANG=C.UTF-8", "NO_COLOR=1")...)
	cmd.SysProcAttr = attributes(mounts)
	cmd.Stdout, cmd.Stderr = f, f
	return cmd, nil
}

func start(cmd *exec.Cmd) (*process, error) {
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
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

// terminate is SIGTERM, and kill -9 after a time, which is an error.
func (p *process) terminate(atMost time.Duration) error {
	p.signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return nil
	case <-time.After(atMost):
		p.kill()
		return fmt.Errorf("%s didn't stop within %s of SIGTERM", p.cmd.Path, atMost)
	}
}

// killed says whether it ended by kill -9.
func (p *process) killed() bool {
	var exit *exec.ExitError
	if !errors.As(p.err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}
