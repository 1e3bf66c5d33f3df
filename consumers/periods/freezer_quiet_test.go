package periods_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vitrine/consumers/periods"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
)

// TestAFreezerRestsWhileNothingIsCounted closes the store under a running freezer: it notices when something more was counted,
// and not before, since it asks ClickHouse nothing till then.
func TestAFreezerRestsWhileNothingIsCounted(t *testing.T) {
	store := storekit.Open(t)
	var counted, asked atomic.Uint64
	counted.Store(7)
	registry := prometheus.NewRegistry()
	freezer, err := periods.NewFreezer(periods.FreezerConfig{Store: store, Every: time.Millisecond, Registerer: registry,
		Counted: func(context.Context) (uint64, error) { asked.Add(1); return counted.Load(), nil }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- freezer.Run(ctx) }()
	askedMore := func(n uint64) {
		t.Helper()
		from := asked.Load()
		testkit.Eventually(t, time.Minute, func() error {
			if have := asked.Load() - from; have < n {
				return fmt.Errorf("asked %d times", have)
			}
			return nil
		})
	}
	failed := func() float64 {
		t.Helper()
		all, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			if m.GetName() == "vitrine_period_freeze_failures_total" {
				return m.Metric[0].Counter.GetValue()
			}
		}
		t.Fatal("there is no vitrine_period_freeze_failures_total")
		return 0
	}
	askedMore(5) // more than one round asks: it rests
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	askedMore(20)
	if n := failed(); n != 0 {
		t.Errorf("it asked ClickHouse though nothing was counted: %v failures", n)
	}
	counted.Add(1)
	testkit.Eventually(t, time.Minute, func() error {
		if failed() == 0 {
			return fmt.Errorf("it doesn't look though something was counted")
		}
		return nil
	})
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
