package chd

import "github.com/KimMachineGun/automemlimit/memlimit"

// machineMemory is the memory in bytes that this process may count on: the
// machine's, or its control group's limit where that is lower. 0 means unknown.
func machineMemory() int64 {
	total, err := memlimit.FromSystem()
	if err != nil {
		return 0
	}
	if limit, err := memlimit.FromCgroup(); err == nil {
		total = min(total, limit)
	}
	return int64(total)
}
