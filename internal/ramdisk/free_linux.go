package ramdisk

import "syscall"

// free is how many bytes may be written into a folder; 0 if that can't be told.
func free(folder string) uint64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0
	}
	return s.Bavail * uint64(s.Bsize)
}
