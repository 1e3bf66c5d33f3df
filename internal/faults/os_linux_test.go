package faults

import (
	"fmt"
	"os"
	"syscall"
)

// attributes make a child die with the suite, and give it mounts of its own where that is asked for: they are
// gone with the process, however it ends, and nobody else sees them.
func attributes(m mounts) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	switch m {
	case ownMounts:
		a.Cloneflags = syscall.CLONE_NEWNS
	case ownMountsAndUsers: // in which whoever we are is root
		a.Cloneflags = syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return a
}

// mountTmpfs mounts a small disk at dir, in this process's own mount namespace.
func mountTmpfs(dir, size string) error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		return fmt.Errorf("mount a tmpfs of %s at %s: %w", size, dir, err)
	}
	return nil
}
