//go:build !linux

package chd

import (
	"os/exec"
	"strconv"
	"strings"
)

// machineMemory is the machine's memory in bytes; 0 means unknown.
func machineMemory() int64 {
	out, err := exec.Command("sysctl", "-n", "hw.memsize").Output()
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
