package main

import (
	"slices"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// What Go's runtime may take of the memory that there is. The ClickHouse engine takes half where it is in the same process.
const (
	shareOfGroup   = 0.9 // of what the process's control group allows it
	shareAtEngine  = 0.4 // beside the engine
	shareOfMachine = 0.4 // of a machine that it has for itself, or shares with servers
)

// limitMemory tells Go's runtime what a command may take in memory: by its control group (systemd's MemoryMax, a container's limit), or else by
// the machine. It then collects in time, and a consumer takes smaller batches, instead of being killed and started again for ever. GOMEMLIMIT is stronger.
func limitMemory(command string) {
	ofGroup := shareOfGroup
	if slices.Contains([]string{"up", "demo", "restore"}, command) {
		ofGroup = shareAtEngine
	}
	limit := memlimit.ApplyFallback(memlimit.ApplyRatio(memlimit.FromCgroup, ofGroup), memlimit.ApplyRatio(memlimit.FromSystem, shareOfMachine))
	_, _ = memlimit.Set(memlimit.WithProvider(limit), memlimit.WithRatio(1)) // where nothing is known nothing is limited
}
