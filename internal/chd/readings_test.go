package chd

import (
	"strings"
	"testing"
)

// A reading is the engine's also when it is remembered, and what is remembered is bounded.
func TestReadings(t *testing.T) {
	serve(t, nil)
	for _, sql := range []string{"SELECT  1 -- one", "SELECT file('/x')", "not a statement", ""} {
		want, err := shared.engine.read(sql)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got, err := shared.engine.understood(sql); err != nil || got != want {
				t.Errorf("%q is understood as %q, want %q (%v)", sql, got, want, err)
			}
		}
	}
	var r readings
	r.add(strings.Repeat("x", readingLongest+1), "")
	if _, known := r.get(strings.Repeat("x", readingLongest+1)); known {
		t.Error("a statement that carries data is remembered")
	}
	for i := range 300 {
		sql := strings.Repeat("x", readingLongest-i)
		r.add(sql, sql)
		if _, known := r.get(sql); !known || r.bytes > readingsTotal {
			t.Fatalf("%d: known %t, %d bytes", i, known, r.bytes)
		}
	}
}
