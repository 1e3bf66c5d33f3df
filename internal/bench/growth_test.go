package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A short form of make growth: one small store is filled, measured and drawn; the second time nothing is done again.
func TestGrowth(t *testing.T) {
	dir := t.TempDir()
	picture := filepath.Join(dir, "growth.svg")
	args := []string{"growth", "-vitrine", vitrineBinary(t), "-data", dir, "-stored", "0", "-labs", "3", "-probe", "500", "-probes", "1", "-verify=false", "-svg", picture}
	var first, second bytes.Buffer
	for _, out := range []io.Writer{&first, &second} {
		if err := run(t.Context(), args, out, testLog{t}); err != nil {
			t.Fatal(err)
		}
	}
	if first.String() != second.String() || !strings.Contains(first.String(), "100 %") {
		t.Errorf("the first table is\n%s\nthe second\n%s", &first, &second)
	}
	if raw, err := os.ReadFile(picture); err != nil || !bytes.Contains(raw, []byte("3 labs, 0 stored")) {
		t.Errorf("the plot: %v", err)
	}
	for _, wrong := range [][]string{{"-data", ""}, {"-stored", "5,0"}, {"-labs", "0"}, {"-probe", "0"}, {"-vitrine", "/nowhere"}} {
		if _, err := parseGrowth(append(args[1:len(args):len(args)], wrong...), io.Discard); err == nil {
			t.Errorf("%v: accepted", wrong)
		}
	}
}
