package main

import (
	"math"
	"os"
	"runtime/debug"
	"testing"
)

// Go's runtime is told a limit on any machine, and a lower one or the same where the engine is in the process.
func TestMemoryIsLimited(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	t.Setenv("GOMEMLIMIT", "") // is put back; the runtime has read it
	os.Unsetenv("GOMEMLIMIT")
	limits := map[string]int64{}
	for _, command := range []string{"consume", "up"} {
		debug.SetMemoryLimit(math.MaxInt64)
		limitMemory(command)
		limits[command] = debug.SetMemoryLimit(-1)
	}
	if limits["up"] <= 0 || limits["up"] > limits["consume"] || limits["consume"] == math.MaxInt64 {
		t.Errorf("limits of %v bytes", limits)
	}
}
