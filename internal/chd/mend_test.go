package chd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A merged part that can't be read, as a full disk may leave it, is given up for the parts that it was made of.
func TestAMergeThatWasCutShortIsMended(t *testing.T) {
	e := serve(t, nil)
	table := e.table(t)
	e.mustPost(t, "", "CREATE TABLE "+table+" (a UInt64, b String) ENGINE = ReplacingMergeTree PARTITION BY a % 2 ORDER BY a")
	for _, from := range []string{"0", "1000", "2000"} {
		e.mustPost(t, "", "INSERT INTO "+table+" SELECT number + "+from+", toString(number) FROM numbers(1000)")
	}
	e.mustPost(t, "", "OPTIMIZE TABLE "+table+" FINAL")
	paths := strings.Fields(e.mustPost(t, "", "SELECT path FROM system.parts WHERE table = '"+table+"' AND active FORMAT TSVRaw"))
	if len(paths) != 2 {
		t.Fatalf("merged parts: %v", paths)
	}
	for _, path := range paths {
		marks, err := filepath.Glob(filepath.Join(path, "data.cmrk*"))
		if err != nil || len(marks) != 1 {
			t.Fatalf("marks %v, %v", marks, err)
		}
		if err := os.Truncate(marks[0], 0); err != nil {
			t.Fatal(err)
		}
	}
	const want = "4498500\t3000\n"
	query := "SELECT sum(a), count() FROM " + table + " FINAL WHERE b != ''"
	if a := e.post(t, "", query); a.status == 200 || !strings.Contains(a.body, "CORRUPTED_DATA") {
		t.Fatalf("a part without marks was read: %d %s", a.status, a.body)
	}
	for deadline := time.Now().Add(time.Minute); ; {
		a := e.post(t, "", query)
		if a.status == 200 && a.body == want {
			break
		}
		if a.status == 200 || time.Now().After(deadline) {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	if n := e.mustPost(t, "", "SELECT count() FROM system.detached_parts WHERE table = '"+table+"'"); strings.TrimSpace(n) != "2" {
		t.Errorf("%s parts were set aside", n)
	}
}

func TestCoveredBySources(t *testing.T) {
	whole := partInfo{name: "7_1_5_2", partition: "7", active: true, from: 1, to: 5, rows: 10}
	first, last := partInfo{name: "7_1_2_1", partition: "7", from: 1, to: 2, rows: 6}, partInfo{name: "7_4_5_1", partition: "7", from: 4, to: 5, rows: 5}
	elsewhere := partInfo{name: "8_1_5_1", partition: "8", from: 1, to: 5, rows: 100}
	for _, c := range []struct {
		name  string
		parts []partInfo
		want  bool
	}{
		{"all there", []partInfo{first, whole, last, elsewhere}, true},
		{"none left", []partInfo{whole, elsewhere}, false},
		{"the first is gone", []partInfo{whole, last}, false},
		{"the last is gone", []partInfo{first, whole}, false},
		{"fewer rows", []partInfo{{name: "7_1_2_1", partition: "7", from: 1, to: 2, rows: 4}, whole, last}, false},
		{"replaced meanwhile", []partInfo{first, last, {name: "7_1_5_2", partition: "7", from: 1, to: 5, rows: 10}}, false},
		{"unknown", []partInfo{first, last}, false},
	} {
		if got := coveredBySources(c.parts, whole.name); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}
