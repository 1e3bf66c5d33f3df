package secret_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"vitrine/cmd/internal/secret"
)

func TestSaltIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "salt")
	var all sync.Map
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			salt, _, err := secret.Salt(path)
			if err != nil {
				t.Error(err)
			}
			all.Store(string(salt), true)
		})
	}
	group.Wait()
	n := 0
	all.Range(func(salt, _ any) bool {
		n++
		if len(salt.(string)) != 64 {
			t.Errorf("a salt of %d characters", len(salt.(string)))
		}
		return true
	})
	if info, err := os.Stat(path); n != 1 || err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%d salts, %v, %v", n, info, err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("left over: %v, %v", entries, err)
	}
}
