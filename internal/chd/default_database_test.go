package chd

import (
	"os"
	"path/filepath"
	"testing"
)

// A power cut used to leave the database's file empty, and the engine refused the folder for ever.
func TestAnEmptyDefaultDatabaseIsWrittenAgain(t *testing.T) {
	data := t.TempDir()
	file := filepath.Join(data, "metadata", "default.sql")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := writeDefaultDatabase(data); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(file)
		if err != nil || len(raw) == 0 {
			t.Fatalf("%q, %v", raw, err)
		}
	}
}
