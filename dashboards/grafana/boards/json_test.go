package boards

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"vitrine/dashboards/grafana/kit"
)

// committed is the folder of the JSON files.
const committed = "../dashboards"

func build(t *testing.T) []kit.Built {
	t.Helper()
	all, err := Build("")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestJSONIsTheCode holds that the committed files are what the code makes, all of them and no other.
func TestJSONIsTheCode(t *testing.T) {
	wanted := map[string]bool{}
	for _, b := range build(t) {
		wanted[filepath.FromSlash(b.File())] = true
		want, err := b.JSON()
		if err != nil {
			t.Fatalf("%s: %v", b.File(), err)
		}
		have, err := os.ReadFile(filepath.Join(committed, b.File()))
		if err != nil {
			t.Errorf("%v; run make generate", err)
		} else if !bytes.Equal(have, want) {
			t.Errorf("%s isn't what the code makes; run make generate", b.File())
		}
	}
	err := filepath.WalkDir(committed, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if name, _ := filepath.Rel(committed, path); !wanted[name] {
			t.Errorf("%s is made by no code", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
