package faults

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// mounts is how a child gets mounts of its own.
type mounts string

const (
	noMounts          mounts = ""
	ownMounts         mounts = "a mount namespace"
	ownMountsAndUsers mounts = "a user namespace"
)

// mountable finds a way for the servers to mount small disks of their own, or says why this system permits none.
// Root may, elsewhere whoever may make user namespaces; many containers permit neither.
func mountable(self, dir string) (mounts, error) {
	var refused []string
	for _, m := range []mounts{ownMounts, ownMountsAndUsers} {
		err := tryMount(m, self, dir)
		if err == nil {
			return m, nil
		}
		refused = append(refused, fmt.Sprintf("in %s: %v", m, err))
	}
	return noMounts, fmt.Errorf("this system permits no tmpfs of one's own (%s)", strings.Join(refused, "; "))
}

// tryMount has a child mount a small disk and fill it.
func tryMount(m mounts, self, dir string) error {
	dir = filepath.Join(dir, "mount")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), roleVariable+"="+roleMount, dirVariable+"="+dir, tmpfsVariable+"=1m")
	cmd.SysProcAttr = attributes(m)
	out, err := cmd.Output()
	if text, told := strings.CutPrefix(strings.TrimSpace(string(out)), "error "); err != nil && told {
		return errors.New(text)
	}
	var start *fs.PathError
	if errors.As(err, &start) { // the program's path is no news
		return start.Err
	}
	return err
}
