//go:build unix

package verify

import (
	"runtime"
	"syscall"
)

// peakMemory is the highest resident set of this process.
func peakMemory() uint64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return uint64(usage.Maxrss) // bytes there, kibibytes elsewhere
	}
	return uint64(usage.Maxrss) << 10
}
