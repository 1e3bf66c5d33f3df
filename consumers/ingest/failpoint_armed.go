//go:build failpoints

package ingest

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// armed is VITRINE_FAILPOINT=moment:step:n, e.g. "before:recompute:3": this process dies by SIGKILL when it gets
// there for the nth time. It is read once and only in builds tagged failpoints, which are for the fault suite.
var armed = sync.OnceValue(func() func(moment, step string) {
	parts := strings.Split(os.Getenv("VITRINE_FAILPOINT"), ":")
	if len(parts) != 3 {
		return func(string, string) {}
	}
	left, err := strconv.Atoi(parts[2])
	if err != nil {
		panic("VITRINE_FAILPOINT: " + err.Error())
	}
	return func(moment, step string) {
		if moment != parts[0] || step != parts[1] {
			return
		}
		if left--; left == 0 {
			if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
				panic(err)
			}
			select {} // the signal is under way
		}
	}
})

func failpoint(moment, step string) { armed()(moment, step) }
