package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/internal/bench/load"
)

// What was measured before is shown again, without starting anything; filling stores is for make growth.
func TestGrowthShowsWhatWasMeasured(t *testing.T) {
	binary, err := os.Executable() // something that is there
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	picture := filepath.Join(dir, "growth.svg")
	args := []string{"growth", "-vitrine", binary, "-data", dir, "-stored", "0,2000", "-labs", "3", "-probe", "500", "-warm", "100", "-probes", "3", "-svg", picture}
	write := func(name string, value any) {
		raw, err := json.Marshal(value)
		if err == nil {
			err = os.MkdirAll(filepath.Join(dir, "labs-3"), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "labs-3", name), raw, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	held := load.Config{Labs: 3, Events: 2000 + 2*3*500 - 2*3, Seed: 1, Shape: load.Recent, Until: time.Now().Truncate(time.Second), Over: 2 * 365 * 24 * time.Hour}
	write(marker, held)
	write("levels.json", []level{{Labs: 3, Stored: 0, Warm: 100, Rates: []float64{900, 1000, 1100}, Starts: []float64{1, 2, 3}, CellMicros: []float64{5, 6, 7}, Verified: "exact", Done: true},
		{Labs: 3, Stored: 2000, Warm: 100, Rates: []float64{700, 800, 990}, Starts: []float64{3, 4, 6}, CellMicros: []float64{5, 6, 7}, Verified: "exact", Done: true}})
	var out bytes.Buffer
	if err := run(t.Context(), args, &out, testLog{t}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"|    3 |      0 |     1000 | 900–1100 |                100 % |            2.0 |", "|    3 |   2000 |      800 |  700–990 |                 80 % |            4.0 |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q isn't in\n%s", want, &out)
		}
	}
	if raw, err := os.ReadFile(picture); err != nil || !bytes.Contains(raw, []byte("3 labs, 2000 stored: 800 events/s")) {
		t.Errorf("the plot: %v", err)
	}
	if err := run(t.Context(), append(args, "-warm", "50"), io.Discard, testLog{t}); err == nil || !strings.Contains(err.Error(), "with -warm 100, not 50") {
		t.Errorf("measured with another -warm: %v", err)
	}
	held.Seed++
	write(marker, held)
	if err := run(t.Context(), args, io.Discard, testLog{t}); err == nil || !strings.Contains(err.Error(), "holds another load") {
		t.Errorf("another load in the folder: %v", err)
	}
	for _, wrong := range [][]string{{"-data", ""}, {"-stored", "5,0"}, {"-stored", "0,1499"}, {"-labs", "0"}, {"-probe", "0"}, {"-warm", "251"}, {"-vitrine", "/nowhere"}} {
		if _, err := parseGrowth(append(args[1:len(args):len(args)], wrong...), io.Discard); err == nil {
			t.Errorf("%v: accepted", wrong)
		}
	}
}
