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
		emptyMarks(t, path)
	}
	const want = "4498500\t3000\n"
	query := "SELECT sum(a), count() FROM " + table + " FINAL WHERE b != ''"
	if got := e.mustPost(t, "", query); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := e.mustPost(t, "", "SELECT count() FROM system.detached_parts WHERE table = '"+table+"'"); strings.TrimSpace(n) != "2" {
		t.Errorf("%s parts were set aside", n)
	}
}

// emptyMarks leaves of a part's marks what a full disk does.
func emptyMarks(t *testing.T, part string) {
	t.Helper()
	marks, err := filepath.Glob(filepath.Join(part, "data.cmrk*"))
	if err != nil || len(marks) != 1 {
		t.Fatalf("marks %v, %v", marks, err)
	}
	if err := os.Truncate(marks[0], 0); err != nil {
		t.Fatal(err)
	}
}

// Who inserts while the disk is full is told so whatever the engine says; what was written then and isn't whole is set aside
// without being asked for, and nothing else.
func TestWhatAFullDiskLeftIsSetAside(t *testing.T) {
	e := serve(t, nil)
	table := e.table(t)
	e.mustPost(t, "", "CREATE TABLE "+table+" (a UInt64) ENGINE = ReplacingMergeTree ORDER BY a")
	e.mustPost(t, "", "SYSTEM STOP MERGES "+table)
	e.mustPost(t, "", "INSERT INTO "+table+" SELECT 1")
	full := spell{from: time.Now().Add(-time.Minute), to: time.Now().Add(time.Minute)}
	e.h.room.full = full
	for _, insert := range []string{"INSERT INTO " + table + " SELECT 2", "INSERT INTO " + table + " VALUES (3)", "INSERT INTO " + table + " FORMAT CSV\n4\n"} {
		if a := e.post(t, "", insert); a.status == 200 || !strings.Contains(a.body, "NOT_ENOUGH_SPACE") {
			t.Errorf("%s: %d %s", insert, a.status, a.body)
		}
	}
	parts := func() map[string]string {
		found := map[string]string{}
		fields := strings.Fields(e.mustPost(t, "", "SELECT name, path FROM system.parts WHERE table = '"+table+"' AND active FORMAT TSVRaw"))
		for i := 0; i < len(fields); i += 2 {
			found[fields[i]] = fields[i+1]
		}
		return found
	}
	before := parts()
	if len(before) != 4 { // the engine kept what it wrote
		t.Fatalf("parts %v", before)
	}
	broken, elsewhere := "all_2_2_1", "all_1_1_1"
	emptyMarks(t, before[broken])
	if err := os.Truncate(filepath.Join(before["all_3_3_1"], "checksums.txt"), 0); err != nil { // not seen by reading
		t.Fatal(err)
	}
	if err := e.h.mendWritten(full, map[string]bool{}); err != nil {
		t.Fatal(err)
	}
	after := parts()
	if _, there := after[broken]; there || len(after) != 2 {
		t.Errorf("parts %v", after)
	}
	if got := e.mustPost(t, "", "SELECT groupArray(a) FROM (SELECT a FROM "+table+" ORDER BY a)"); got != "[1,4]\n" {
		t.Errorf("left: %s", got)
	}
	// An INSERT that somebody was told of isn't given up, whatever befell it.
	e.h.room.full = spell{}
	emptyMarks(t, after[elsewhere])
	e.mustPost(t, "", "SYSTEM DROP MARK CACHE")
	for range 2 {
		if a := e.post(t, "", "SELECT sum(a) FROM "+table+" "); a.status == 200 || !strings.Contains(a.body, "CORRUPTED_DATA") {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	if _, there := parts()[elsewhere]; !there {
		t.Errorf("parts %v", parts())
	}
}

// A spell goes on as long as looks find too little room, and is over only if none did since.
func TestSpell(t *testing.T) {
	r := &room{dir: t.TempDir()}
	now := time.Now()
	if r.look(); !r.spell().from.IsZero() {
		t.Fatal("this disk is full")
	}
	if err := r.wrote(now); err != nil {
		t.Error(err)
	}
	former := spell{from: now.Add(-time.Minute), to: now.Add(-time.Second)}
	r.full = former
	if err := r.wrote(now); err != nil {
		t.Errorf("an INSERT that began after it: %v", err)
	}
	if err := r.wrote(former.to); err == nil {
		t.Error("an INSERT that began in it isn't refused")
	}
	r.full.to = now
	if r.over(former); r.full.from.IsZero() {
		t.Error("one that went on is over")
	}
	if r.over(r.full); !r.full.from.IsZero() {
		t.Error("it isn't over")
	}
	if (spell{}).covers(now) || former.covers(now.Add(clockSlack)) || !former.covers(now) || former.covers(now.Add(-time.Hour)) {
		t.Error("what a spell covers")
	}
}

func TestInsertedInVain(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	full := spell{from: now.Add(-time.Minute), to: now}
	part := partInfo{name: "7_5_5_1", partition: "7", active: true, from: 5, to: 5, rows: 10, modified: now.Unix()}
	source := partInfo{name: "7_5_5_0", partition: "7", from: 5, to: 5, rows: 10}
	merged, earlier := part, part
	merged.from, earlier.modified = 4, now.Add(-time.Hour).Unix()
	for _, c := range []struct {
		name string
		part partInfo
		more []partInfo
		full spell
		want bool
	}{
		{"an INSERT", part, []partInfo{{name: "7_6_6_1", partition: "7", from: 6, to: 6}, {name: "8_5_5_1", partition: "8", from: 5, to: 5}}, full, true},
		{"the disk wasn't full", part, nil, spell{}, false},
		{"earlier", earlier, nil, full, false},
		{"a merge", merged, nil, full, false},
		{"a merge of one", part, []partInfo{source}, full, false},
	} {
		if got := insertedInVain(append(c.more, c.part), c.part, c.full); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
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
