// Package testkit gives tests the real engines: a NATS server and a ClickHouse
// engine, inside the test's process.
package testkit

import (
	"context"
	"testing"
	"time"
)

// startTimeout is how long an engine may take to start. Loading ClickHouse from
// a cold disk takes seconds.
const startTimeout = 2 * time.Minute

// runner is what both engines are.
type runner interface {
	Run(ctx context.Context) error
	Ready() <-chan struct{}
}

// start runs r and waits until it is ready. The returned function stops it and
// waits for its end.
func start(r runner) (stop func() error, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stop = func() error {
		cancel()
		return <-ended
	}
	timer := time.NewTimer(startTimeout)
	defer timer.Stop()
	select {
	case <-r.Ready():
		return stop, nil
	case err := <-ended:
		cancel()
		return nil, err
	case <-timer.C:
		go func() { _ = stop() }() // it hangs; don't hang with it
		return nil, context.DeadlineExceeded
	}
}

// Eventually rests between two looks for twice as long as the last one took, within these bounds: a look that asks an engine takes
// processor time from what is waited for.
const (
	eventuallyLeast = 5 * time.Millisecond
	eventuallyMost  = 100 * time.Millisecond
)

// Eventually waits until cond returns nil, and fails the test with cond's last
// error when that takes longer than timeout. cond is called at least once, and
// in the test's own goroutine.
func Eventually(t testing.TB, timeout time.Duration, cond func() error) {
	t.Helper()
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	for {
		began := time.Now()
		err := cond()
		if err == nil {
			return
		}
		select {
		case <-deadline.C:
			t.Fatalf("still not so after %s: %v", timeout, err)
		case <-time.After(min(max(eventuallyLeast, 2*time.Since(began)), eventuallyMost)):
		}
	}
}
