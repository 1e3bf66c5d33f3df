package testkit

import (
	"os"
	"testing"
)

// MainInMemory is Main with the engines' folders in memory, where the system has a folder for that: a
// test of thousands of small inserts spends half of its time in the disk's file system otherwise.
// Whether data survive isn't for such tests to say.
func MainInMemory(m *testing.M) {
	const folder = "/dev/shm" // Linux; elsewhere, or where it is small, the disk has to do
	if _, given := os.LookupEnv("TMPDIR"); !given && free(folder) >= memoryNeeded {
		if err := os.Setenv("TMPDIR", folder); err != nil {
			panic(err)
		}
	}
	Main(m)
}

// memoryNeeded is several times what such tests use, in bytes.
const memoryNeeded = 2 << 30
