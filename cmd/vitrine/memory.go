package main

import "github.com/KimMachineGun/automemlimit/memlimit"

// limitMemory tells Go's runtime what the process may take in memory, where a control group says so (systemd's MemoryMax, a container's limit): it then
// collects in time, and a consumer takes smaller batches, instead of being killed and started again for ever. GOMEMLIMIT is stronger. Where the
// ClickHouse engine is in the same process, half is the engine's.
func limitMemory(command string) {
	share := 0.9
	if command == "up" || command == "demo" {
		share = 0.5
	}
	_, _ = memlimit.Set(memlimit.WithProvider(memlimit.FromCgroup), memlimit.WithRatio(share)) // there need be no limit
}
