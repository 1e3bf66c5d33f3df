package testkit

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"vitrine/internal/ramdisk"
)

const (
	// keptFor is how long the folder of a failed test is left alone.
	keptFor = 24 * time.Hour
	// keptMark is the file that marks such a folder.
	keptMark = "kept"
)

// keep marks the folder of a failed test.
func keep(dir string) error {
	return os.WriteFile(filepath.Join(dir, keptMark), nil, 0o600)
}

// removeStale removes the folders that killed or failed test processes left in the
// temporary folder or in memory; the locks in them are free.
func removeStale(prefix, lockFile string) {
	for _, folder := range []string{os.TempDir(), ramdisk.Folder} {
		removeStaleIn(folder, prefix, lockFile)
	}
}

func removeStaleIn(folder, prefix, lockFile string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return // nothing to be done about it, and nothing depends on it
	}
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), prefix) {
			continue
		}
		dir := filepath.Join(folder, entry.Name())
		if info, err := os.Stat(filepath.Join(dir, keptMark)); err == nil && time.Since(info.ModTime()) < keptFor {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, lockFile)); err != nil {
			continue // just being made
		}
		lock := flock.New(filepath.Join(dir, lockFile))
		if held, err := lock.TryLock(); err != nil || !held {
			continue
		}
		_ = os.RemoveAll(dir)
		_ = lock.Unlock()
	}
}
