// Package ramdisk finds room in memory for data that tests throw away.
package ramdisk

import "os"

// Folder is Linux's folder in memory. Programs may not be allowed to run from it.
const Folder = "/dev/shm"

// needed is several times what a test process uses, in bytes.
const needed = 2 << 30

// ForTests is where to make their folders: Folder, or "", which stands for the temporary folder, where TMPDIR
// says another or there isn't room enough.
func ForTests() string {
	if _, given := os.LookupEnv("TMPDIR"); given || free(Folder) < needed {
		return ""
	}
	return Folder
}
