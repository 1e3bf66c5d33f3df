//go:build !linux

package faults

import (
	"errors"
	"syscall"
)

func attributes(bool) *syscall.SysProcAttr { return nil }

func mountTmpfs(string, string) error {
	return errors.New("the full-disk scenarios need Linux: a tmpfs in a mount namespace of the process's own")
}
