package running

import (
	"os"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	all := []time.Duration{4, 1, 3, 2}
	for share, want := range map[float64]time.Duration{0: 1, 0.5: 2, 0.51: 3, 0.99: 4, 1: 4} {
		if got := Quantile(all, share); got != want {
			t.Errorf("%g: %d, want %d", share, got, want)
		}
	}
	if Quantile(nil, 0.5) != 0 {
		t.Error("the median of nothing")
	}
}

// TestOfThisProcess reads this process' own numbers, which must be believable and grow with what it does.
func TestOfThisProcess(t *testing.T) {
	before, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	ballast := make([]byte, 64<<20)
	for until := time.Now().Add(10 * time.Second); ; {
		for i := range ballast {
			ballast[i]++
		}
		after, err := CPU(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if after > before {
			break
		}
		if time.Now().After(until) {
			t.Fatal("the CPU time doesn't grow")
		}
	}
	m, err := MemoryOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if m.RSS < int64(len(ballast)) || m.PSS > m.RSS || m.Private > m.RSS || m.Private < int64(len(ballast)) || m.Peak < m.RSS/2 {
		t.Errorf("%+v", m)
	}
}
