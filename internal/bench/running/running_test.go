package running

import (
	"os"
	"testing"
	"time"
)

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
