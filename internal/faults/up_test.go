package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vitrine/internal/ramdisk"
	"vitrine/producers/credentials"
)

// TestUpRestarted stops and starts `vitrine up`, which is everything in one process, while labs send. Nothing is accepted
// meanwhile; nothing is lost or counted twice, and no client has to give up.
func TestUpRestarted(t *testing.T) {
	if !given[bool](flagLong) {
		t.Skip("`make cluster` runs it: the processes of cmd/vitrine's tests are killed and started again in each run")
	}
	dir, err := os.MkdirTemp(ramdisk.ForTests(), folderPrefix)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			_ = os.RemoveAll(dir)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	const restarts, events = 5, 5000
	up, d, err := newUp(ctx, t.TempDir(), dir)
	if err != nil {
		t.Fatalf("%v (logs in %s)", err, dir)
	}
	defer up.stack.stop()
	enough, loaded := make(chan struct{}), make(chan error, 1)
	go func() { loaded <- d.run(ctx, events, enough) }()
	for range restarts {
		requests := d.retried.requests.Load()
		err = errors.Join(err, await(ctx, startWithin, "requests since the start", func() error {
			if n := d.retried.requests.Load() - requests; n < 20 {
				return fmt.Errorf("%d", n)
			}
			return nil
		}), up.restart(ctx))
		up.stack.nats.process, up.stack.clickhouse.process = up.process, up.process
	}
	close(enough)
	if err = errors.Join(err, <-loaded); err != nil {
		t.Fatalf("%v (logs in %s)", err, dir)
	}
	together, waits := d.pulse.take()
	f, err := up.stack.settle(ctx, d)
	fmt.Printf("vitrine up restarted %d times: longest pause in acceptance %.1f s, longest request with its retries %.1f s, %d of %d requests failed before the client's retry\n%s\n",
		restarts, together.Seconds(), waits.Seconds(), d.retried.failed.Load(), d.retried.requests.Load(), f.table())
	if err = errors.Join(err, f.problems()); err != nil {
		t.Fatalf("%v (logs in %s)", err, dir)
	}
	if d.retried.failed.Load() == 0 {
		t.Error("no request failed: it was not under load")
	}
}

// newUp starts `vitrine up` and gives the load for it.
func newUp(ctx context.Context, bin, dir string) (_ *service, _ *doors, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	p := programs{vitrine: filepath.Join(bin, "vitrine"), self: self}
	if err := goTool(ctx, "build", "-trimpath", "-o", p.vitrine, "vitrine/cmd/vitrine"); err != nil {
		return nil, nil, err
	}
	natsAddr, err := freeAddr()
	if err != nil {
		return nil, nil, err
	}
	clickhouseAddr, err := freeAddr()
	if err != nil {
		return nil, nil, err
	}
	s := &stack{programs: p, dir: dir, ledger: ledger{accepted: map[uint64]bool{}},
		nats: &engine{role: roleNATS, url: "nats://" + natsAddr}, clickhouse: &engine{role: roleClickHouse, url: "http://" + clickhouseAddr}}
	data := filepath.Join(dir, "data")
	up, err := s.newService("up", "up", "--data", data, "--nats-addr", natsAddr, "--clickhouse-addr", clickhouseAddr, "--lab-rate", "1000")
	if err != nil {
		return nil, nil, err
	}
	if err := up.start(ctx); err != nil {
		return nil, nil, err
	}
	s.nats.process, s.clickhouse.process = up.process, up.process
	keys, err := credentials.EnsureKeys(filepath.Join(data, "keys"))
	if err == nil {
		err = s.dial() // from this machine, without credentials
	}
	if err != nil {
		s.stop()
		return nil, nil, err
	}
	tokens, err := issueTokens(ctx, s.conn, keys, s.natsURL(), 1)
	if err != nil {
		s.stop()
	}
	return up, &doors{seed: 51, url: "http://" + up.addr, tokens: tokens, atMost: 100, log: logFile(dir, "clients"), pulse: &pulse{}, accepted: map[[32]byte]int{}}, err
}
