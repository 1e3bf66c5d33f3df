// Package house holds the tests of what no single package owns: the import rule, the files that run
// the servers, and the repository's text.
package house

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// module is this module's path, the prefix of all our import paths.
const module = "vitrine"

// root is the repository's root: tests run in their package's folder.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatalf("%s isn't the repository's root: %v", dir, err)
	}
	return dir
}

// output runs a command at the repository's root and returns what it prints.
func output(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	lookAtAll(t)
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = root(t)
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", cmd, err)
	}
	return out
}

// lookAtAll lets go test know every file. Its cache sees what a test opens, not what a command
// that the test runs does: without this a stale result would stand.
func lookAtAll(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(root(t), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return ignoreGone(err)
		}
		if entry.IsDir() {
			if slices.Contains([]string{".git", "bin", "data", "node_modules"}, entry.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		_, err = os.Stat(path)
		return ignoreGone(err)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ignoreGone forgives a file that another program removed in the meantime.
func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{root(t)}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
