package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// group is a control group with a bound on memory; empty: none could be made.
type group string

// newGroup makes one where the system lets us (root, as a rule), and says how memory is bounded. Beyond its bound the kernel kills.
func newGroup(limit int64) (how string, _ group) {
	name := fmt.Sprintf("vitrine-footprint-%d", os.Getpid())
	for _, v := range []struct{ root, file string }{
		{"/sys/fs/cgroup", "memory.max"},                   // version 2
		{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"}, // version 1
	} {
		if _, err := os.Stat(filepath.Join(v.root, "cgroup.procs")); err != nil {
			continue
		}
		g := filepath.Join(v.root, name)
		if os.Mkdir(g, 0o755) != nil {
			continue
		}
		if os.WriteFile(filepath.Join(g, v.file), []byte(strconv.FormatInt(limit, 10)), 0o644) != nil {
			_ = os.Remove(g)
			continue
		}
		return fmt.Sprintf("in a control group of %s, GOMEMLIMIT three quarters of it, one core", mib(limit)), group(g)
	}
	return fmt.Sprintf("no control group can be made here: GOMEMLIMIT alone, three quarters of %s, one core", mib(limit)), ""
}

func (g group) add(pid int) error {
	if g == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(string(g), "cgroup.procs"), []byte(strconv.Itoa(pid)), 0o644)
}

func (g group) remove() {
	if g != "" {
		_ = os.Remove(string(g)) // its processes have ended
	}
}
