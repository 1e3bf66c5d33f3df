//go:build !linux

package faults

import (
	"errors"
	"syscall"
)

func attributes(mounts) *syscall.SysProcAttr { return nil }

func mountTmpfs(string, string) error {
	return errors.New("only Linux gives a process mounts of its own")
}
