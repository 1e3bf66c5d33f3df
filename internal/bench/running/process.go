package running

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is what /proc counts CPU time in: 100 on every system that Go runs on (sysconf(_SC_CLK_TCK)).
const ticksPerSecond = 100

// CPU is the time that a process and its threads have computed so far.
func CPU(pid int) (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is the program's name in brackets, which may hold blanks; user and system time are the 14th and 15th.
	_, rest, _ := strings.Cut(string(raw), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * time.Second / ticksPerSecond, err
}

// Memory is what a process takes of the machine's memory, in bytes.
type Memory struct {
	// RSS counts all its pages, PSS those that it shares with others by its share. Private are its own; the rest is mostly
	// the mapped files of programs and libraries.
	RSS, PSS, Private int64
	// Peak is the highest RSS so far.
	Peak int64
}

// MemoryOf reads a process' memory.
func MemoryOf(pid int) (m Memory, err error) {
	for file, fields := range map[string]map[string][]*int64{
		"smaps_rollup": {"Rss": {&m.RSS}, "Pss": {&m.PSS}, "Private_Clean": {&m.Private}, "Private_Dirty": {&m.Private}},
		"status":       {"VmHWM": {&m.Peak}},
	} {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
		if err != nil {
			return m, err
		}
		for line := range strings.Lines(string(raw)) {
			name, value, _ := strings.Cut(line, ":")
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			for _, to := range fields[name] {
				if err != nil {
					return m, fmt.Errorf("/proc/%d/%s: %q", pid, file, line)
				}
				*to += kib << 10
			}
		}
	}
	return m, nil
}
