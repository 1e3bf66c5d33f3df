package faults

import (
	"fmt"
	"os"
	"syscall"
)

// attributes make a child die with the suite, and, if it mounts something, do so where nobody else sees it:
// the mount is gone with the process, however it ends.
func attributes(mounts bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if !mounts {
		return a
	}
	a.Cloneflags = syscall.CLONE_NEWNS
	if uid, gid := os.Getuid(), os.Getgid(); uid != 0 {
		a.Cloneflags |= syscall.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: gid, Size: 1}}
	}
	return a
}

// mountTmpfs mounts a small disk at dir, in this process's own mount namespace.
func mountTmpfs(dir, size string) error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private (the full-disk scenarios need CAP_SYS_ADMIN or user namespaces): %w", err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		return fmt.Errorf("mount a tmpfs of %s at %s: %w", size, dir, err)
	}
	return nil
}
