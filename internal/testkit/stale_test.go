package testkit

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"vitrine/internal/ramdisk"
)

// What killed and failed tests left is removed in both places, and nothing else.
func TestRemoveStale(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	folders := []string{os.TempDir()}
	if _, err := os.Stat(ramdisk.Folder); err == nil {
		folders = append(folders, ramdisk.Folder)
	}
	prefix := fmt.Sprintf("vitrine-stale-%d-", os.Getpid())
	left := map[string]bool{} // what must be there in the end
	for _, folder := range folders {
		for name, stays := range map[string]bool{"killed": false, "failed long ago": false, "failed": true, "running": true, "starting": true} {
			dir := filepath.Join(folder, prefix+name)
			left[dir] = stays
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			if name == "starting" {
				continue
			}
			lock := flock.New(filepath.Join(dir, "lock"))
			if _, err := lock.TryLock(); err != nil {
				t.Fatal(err)
			}
			if name == "running" {
				t.Cleanup(func() { _ = lock.Unlock() })
				continue
			}
			if err := lock.Unlock(); err != nil {
				t.Fatal(err)
			}
			if name == "killed" {
				continue
			}
			if err := keep(dir); err != nil {
				t.Fatal(err)
			}
			if name == "failed long ago" {
				before := time.Now().Add(-keptFor - time.Hour)
				if err := os.Chtimes(filepath.Join(dir, keptMark), before, before); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	removeStale(prefix, "lock")
	for dir, stays := range left {
		if _, err := os.Stat(dir); (err == nil) != stays {
			t.Errorf("%s: there is %v, want %v", dir, err == nil, stays)
		}
	}
}
