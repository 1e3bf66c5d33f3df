package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// child is a process that the harness started. It must be stopped.
type child struct {
	cmd   *exec.Cmd
	name  string
	said  tail        // the end of both outputs
	lines chan string // of its standard output
	done  chan struct{}
	err   error // once done
}

// start starts a process whose environment has nothing of Vitrine's configuration.
func start(name, path string, args ...string) (*child, error) {
	return startWith(nil, name, path, args...)
}

// startWith starts a process with more in its environment.
func startWith(environment []string, name, path string, args ...string) (*child, error) {
	p := &child{cmd: exec.Command(path, args...), name: name, lines: make(chan string, 16), done: make(chan struct{})}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "VITRINE_") || strings.HasPrefix(v, roleVariable+"=") {
			p.cmd.Env = append(p.cmd.Env, v)
		}
	}
	p.cmd.Env = append(p.cmd.Env, environment...)
	p.cmd.Stderr = &p.said
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go func() {
		defer close(p.done)
		scan := bufio.NewScanner(out)
		for scan.Scan() {
			_, _ = fmt.Fprintln(&p.said, scan.Text())
			select {
			case p.lines <- scan.Text():
			default: // nobody reads them
			}
		}
		_, _ = io.Copy(io.Discard, out)
		p.err = p.cmd.Wait()
	}()
	return p, nil
}

// self starts this program in a role.
func self(role string, args ...string) (*child, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(role, path, append([]string{role}, args...)...)
}

// roleVariable makes a test binary play its roles; see TestMain.
const roleVariable = "VITRINE_BENCH_ROLE"

// line waits for a line of output.
func (p *child) line(ctx context.Context) (string, error) {
	select {
	case l := <-p.lines:
		return l, nil
	case <-p.done:
		select {
		case l := <-p.lines: // its last
			return l, nil
		default:
			return "", p.failed()
		}
	case <-ctx.Done():
		return "", fmt.Errorf("%s: %w", p.name, context.Cause(ctx))
	}
}

// failed says why a process that should run has ended.
func (p *child) failed() error {
	return fmt.Errorf("%s ended by itself: %v\n%s", p.name, p.err, p.said.String())
}

// stop asks a process to end, and after half a minute kills it.
func (p *child) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may be gone
	kill := time.AfterFunc(30*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	<-p.done
	var exit *exec.ExitError
	if errors.As(p.err, &exit) && exit.ExitCode() == -1 && !strings.Contains(exit.Error(), "killed") {
		return nil // it ended by our signal
	}
	if p.err != nil {
		return p.failed()
	}
	return nil
}

// tail keeps the end of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailBytes = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	if len(t.b) > tailBytes {
		t.b = t.b[len(t.b)-tailBytes:]
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.b))
}
