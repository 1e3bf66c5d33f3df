package testkit

import (
	"os"
	"testing"

	"vitrine/internal/ramdisk"
)

// MainInMemory is Main with the engines' folders in memory, where the system has room for that: a
// test of thousands of small inserts spends half of its time in the disk's file system otherwise.
// Whether data survive isn't for such tests to say.
func MainInMemory(m *testing.M) {
	if folder := ramdisk.ForTests(); folder != "" {
		if err := os.Setenv("TMPDIR", folder); err != nil {
			panic(err)
		}
	}
	Main(m)
}
