package ramdisk

import (
	"os"
	"testing"
)

func TestForTests(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	if got := ForTests(); got != "" {
		t.Errorf("got %s although TMPDIR says another", got)
	}
	if err := os.Unsetenv("TMPDIR"); err != nil {
		t.Fatal(err)
	}
	if got := ForTests(); (got == Folder) != (free(Folder) >= needed) {
		t.Errorf("got %q with %d bytes free", got, free(Folder))
	}
	if free("/no/such/folder") != 0 {
		t.Error("a folder that isn't there has room")
	}
}
