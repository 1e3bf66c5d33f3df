package main

import (
	"time"

	"github.com/prometheus/procfs"
)

// cpuTime is what a process has used, user and system; 0 where there is no /proc.
func cpuTime(p *child) time.Duration {
	running, err := procfs.NewProc(p.cmd.Process.Pid)
	if err != nil {
		return 0
	}
	stat, err := running.Stat()
	if err != nil {
		return 0
	}
	return time.Duration(stat.CPUTime() * float64(time.Second))
}

// peakMemory is the most that a process has had in memory, in bytes; 0 where there is no /proc.
func peakMemory(p *child) uint64 {
	running, err := procfs.NewProc(p.cmd.Process.Pid)
	if err != nil {
		return 0
	}
	status, err := running.NewStatus()
	if err != nil {
		return 0
	}
	return status.VmHWM
}

// processor names the machine's processor; empty where it can't be told.
func processor() string {
	proc, err := procfs.NewDefaultFS()
	if err != nil {
		return ""
	}
	all, err := proc.CPUInfo()
	if err != nil || len(all) == 0 {
		return ""
	}
	return all[0].ModelName
}
