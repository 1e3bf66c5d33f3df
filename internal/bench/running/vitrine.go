// Package running runs what is measured in processes of their own, and reads off them what they take.
package running

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Up is a `vitrine up` with a data folder of its own.
type Up struct {
	// Web, ClickHouse (with the database) and NATS are its addresses.
	Web, ClickHouse, NATS string
	// Data is its data folder, Log what it says.
	Data, Log string
	// Ready is how long it took from the process' start until /readyz said so.
	Ready time.Duration

	binary string
	cmd    *exec.Cmd
	ended  chan error
}

// readyWithin is how long a start may take: a busy machine, a large store.
const readyWithin = 5 * time.Minute

// StartUp starts `vitrine up` with further flags over a data folder and returns when it is ready.
func StartUp(ctx context.Context, binary, data string, flags ...string) (*Up, error) {
	addresses, err := free(3)
	if err != nil {
		return nil, err
	}
	u := &Up{Web: "http://" + addresses[0], NATS: "nats://" + addresses[1], ClickHouse: "http://" + addresses[2] + "/vitrine",
		Data: data, Log: filepath.Join(data, "up.log"), binary: binary, ended: make(chan error, 1)}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(u.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	u.cmd = exec.Command(binary, append([]string{"up", "--data", data, "--http-addr", addresses[0], "--nats-addr", addresses[1], "--clickhouse-addr", addresses[2]}, flags...)...)
	u.cmd.Stdout, u.cmd.Stderr = log, log
	began := time.Now()
	if err := u.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { u.ended <- u.cmd.Wait() }()
	for {
		if ok(ctx, u.Web+"/readyz") {
			u.Ready = time.Since(began)
			return u, nil
		}
		select {
		case err := <-u.ended:
			return nil, fmt.Errorf("vitrine up ended (see %s): %w", u.Log, err)
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), u.Stop())
		case <-time.After(5 * time.Millisecond):
		}
		if time.Since(began) > readyWithin {
			return nil, errors.Join(fmt.Errorf("vitrine up isn't ready after %s (see %s)", readyWithin, u.Log), u.Stop())
		}
	}
}

// PID is its process.
func (u *Up) PID() int { return u.cmd.Process.Pid }

// Stop asks it to stop and waits until it has.
func (u *Up) Stop() error {
	_ = u.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-u.ended:
		return err
	case <-time.After(time.Minute):
		_ = u.cmd.Process.Kill()
		return errors.Join(errors.New("vitrine up didn't stop within a minute"), <-u.ended)
	}
}

// Run runs another of vitrine's commands against it and gives what it printed.
func (u *Up) Run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, u.binary, args...)
	cmd.Env = append(os.Environ(), "LANG=C.UTF-8", "VITRINE_NATS_URL="+u.NATS, "VITRINE_CLICKHOUSE_URL="+u.ClickHouse)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("vitrine %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// Once runs one of vitrine's commands that starts engines of its own, on addresses of its own, and gives what it printed.
func Once(ctx context.Context, binary string, args ...string) (string, error) {
	addresses, err := free(3)
	if err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, binary, append(args, "--http-addr", addresses[0], "--nats-addr", addresses[1], "--clickhouse-addr", addresses[2])...).CombinedOutput()
	return string(out), err
}

// Connect connects to its JetStream; the caller closes the connection.
func (u *Up) Connect(options ...jetstream.JetStreamOpt) (*nats.Conn, jetstream.JetStream, error) {
	conn, err := nats.Connect(u.NATS)
	if err != nil {
		return nil, nil, err
	}
	js, err := jetstream.New(conn, options...)
	if err != nil {
		conn.Close()
	}
	return conn, js, err
}

// Metrics is what it shows Prometheus.
func (u *Up) Metrics(ctx context.Context) (string, error) { return Read(ctx, u.Web+"/metrics") }

// Read is what stands at an address.
func Read(ctx context.Context, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	return string(raw), err
}

func ok(ctx context.Context, address string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// free are addresses on loopback that nobody listens on just now.
func free(n int) ([]string, error) {
	var all []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		all = append(all, l.Addr().String())
	}
	return all, nil
}
