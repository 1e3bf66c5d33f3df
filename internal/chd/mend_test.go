package chd

import (
	"os"
	"path/filepath"
	"slices"
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
	truncate(t, filepath.Join(part, "data.cmrk*"))
}

// truncate empties the one file of a pattern.
func truncate(t *testing.T, pattern string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	if err := os.Truncate(files[0], 0); err != nil {
		t.Fatal(err)
	}
}

// fullDisk has an endpoint believe that its disk is full, until the returned function is called.
func (e *endpoint) fullDisk(t *testing.T) (free func()) {
	t.Helper()
	measure := e.h.room.free
	e.h.room.free = func() (uint64, bool) { return 0, true }
	return func() { e.h.room.free = measure }
}

// active are a table's active parts with their folders.
func (e *endpoint) active(t *testing.T, table string) map[string]string {
	t.Helper()
	found := map[string]string{}
	fields := strings.Fields(e.mustPost(t, "", "SELECT name, path FROM system.parts WHERE table = '"+table+"' AND active FORMAT TSVRaw"))
	for i := 0; i < len(fields); i += 2 {
		found[fields[i]] = fields[i+1]
	}
	return found
}

func (a answer) wantError(t *testing.T, name string) {
	t.Helper()
	if a.status == 200 || !strings.Contains(a.body, name) {
		t.Errorf("got %d %s, want %s", a.status, a.body, name)
	}
}

// Who inserts while the disk is full is told so whatever the engine says; what was written then and isn't whole is set aside
// without being asked for, and nothing else.
func TestWhatAFullDiskLeftIsSetAside(t *testing.T) {
	e := serve(t, nil)
	table := e.table(t)
	e.mustPost(t, "", "CREATE TABLE "+table+" (a UInt64, b Array(String), c UInt64) ENGINE = ReplacingMergeTree ORDER BY a SETTINGS min_bytes_for_wide_part = 1")
	e.mustPost(t, "", "SYSTEM STOP MERGES "+table)
	e.mustPost(t, "", "INSERT INTO "+table+" (a) SELECT 1")
	free := e.fullDisk(t)
	for _, insert := range []string{"INSERT INTO " + table + " (a) SELECT 2", "INSERT INTO " + table + " (a) VALUES (3)", "INSERT INTO " + table + " (a) FORMAT CSV\n4\n"} {
		e.post(t, "", insert).wantError(t, "NOT_ENOUGH_SPACE")
	}
	for _, define := range []string{"ALTER TABLE " + table + " ADD COLUMN d String", "CREATE TABLE " + table + "x (a UInt64) ENGINE = Log"} {
		e.post(t, "", define).wantError(t, "NOT_ENOUGH_SPACE")
	}
	e.mustPost(t, "", "SELECT sum(a) FROM "+table)
	free()
	before := e.active(t, table)
	if len(before) != 4 { // the engine kept what it wrote
		t.Fatalf("parts %v", before)
	}
	for part, file := range map[string]string{"all_2_2_1": "a.cmrk*", "all_3_3_1": "checksums.txt"} { // the latter isn't seen by reading
		truncate(t, filepath.Join(before[part], file))
	}
	judged := map[string]bool{}
	if err := e.h.mendWritten(e.h.room.spell(), judged); err != nil {
		t.Fatal(err)
	}
	if after := e.active(t, table); len(after) != 2 || after["all_1_1_1"] == "" || after["all_4_4_1"] == "" { // wide, with empty files of empty columns
		t.Errorf("parts %v", after)
	}
	if got := e.mustPost(t, "", "SELECT groupArray(a) FROM (SELECT a FROM "+table+" ORDER BY a)"); got != "[1,4]\n" {
		t.Errorf("left: %s", got)
	}
	if n := len(judged); n < 2 {
		t.Errorf("%d parts are judged", n)
	}
}

// A spell isn't over while an INSERT of it is at work: its part is still to come.
func TestASpellLastsAsLongAsItsINSERTs(t *testing.T) {
	e := serve(t, nil)
	now := time.Now()
	full := spell{from: now.Add(-time.Minute), to: now.Add(-10 * clockSlack)}
	e.h.room.full, e.h.room.writing[0] = full, full.from
	for _, c := range []struct {
		at   string
		want spell
	}{{"an INSERT is at work", full}, {"none is", spell{}}} {
		if err := e.h.mendWritten(full, map[string]bool{}); err != nil {
			t.Fatal(err)
		}
		if got := e.h.room.spell(); got != c.want {
			t.Errorf("%s: %v", c.at, got)
		}
		delete(e.h.room.writing, 0)
	}
}

// Without a part that somebody was told of the table doesn't answer, also when another part of it could be set aside.
func TestWhatWouldBeLostStays(t *testing.T) {
	e := serve(t, nil)
	table := e.table(t)
	e.mustPost(t, "", "CREATE TABLE "+table+" (a UInt64) ENGINE = MergeTree ORDER BY a")
	e.mustPost(t, "", "SYSTEM STOP MERGES "+table)
	e.mustPost(t, "", "INSERT INTO "+table+" SELECT 1")
	emptyMarks(t, e.active(t, table)["all_1_1_0"])
	sum := func() answer { return e.post(t, "", "SELECT sum(a) FROM "+table) }
	sum().wantError(t, "CORRUPTED_DATA")
	free := e.fullDisk(t)
	e.post(t, "", "INSERT INTO "+table+" SELECT 2").wantError(t, "NOT_ENOUGH_SPACE")
	free()
	emptyMarks(t, e.active(t, table)["all_2_2_0"])
	full := e.h.room.spell()
	full.from = full.from.Add(clockSlack + time.Second) // the first was written before
	e.h.room.full.from = full.from
	if err := e.h.mendWritten(full, map[string]bool{}); err != nil {
		t.Fatal(err)
	}
	if left := e.active(t, table); len(left) != 2 {
		t.Errorf("parts %v", left)
	}
	sum().wantError(t, "CORRUPTED_DATA")
}

// A name comes again when the part that had it is set aside.
func TestPartsAreJudgedAnew(t *testing.T) {
	e := serve(t, nil)
	table := e.table(t)
	e.mustPost(t, "", "CREATE TABLE "+table+" (a UInt64) ENGINE = MergeTree ORDER BY a")
	judged := map[string]bool{}
	for i := range 2 {
		free := e.fullDisk(t)
		e.post(t, "", "INSERT INTO "+table+" SELECT 1").wantError(t, "NOT_ENOUGH_SPACE")
		free()
		parts := e.active(t, table)
		if parts["all_1_1_0"] == "" {
			t.Fatalf("round %d: parts %v", i, parts)
		}
		emptyMarks(t, parts["all_1_1_0"])
		if err := e.h.mendWritten(e.h.room.spell(), judged); err != nil {
			t.Fatal(err)
		}
		if left := e.active(t, table); len(left) > 0 {
			t.Errorf("round %d: parts %v", i, left)
		}
	}
}

// A merge of which the data were cut is met by reading.
func TestAReadTakesTheSourcesOfCutData(t *testing.T) {
	e := serve(t, nil)
	table := e.table(t)
	e.mustPost(t, "", "CREATE TABLE "+table+" (a UInt64) ENGINE = MergeTree ORDER BY a")
	for range 2 {
		e.mustPost(t, "", "INSERT INTO "+table+" SELECT number FROM numbers(1000)")
	}
	e.mustPost(t, "", "OPTIMIZE TABLE "+table+" FINAL")
	truncate(t, filepath.Join(e.active(t, table)["all_1_2_1"], "data.bin"))
	if got := e.mustPost(t, "", "SELECT sum(a) FROM "+table); got != "999000\n" {
		t.Errorf("got %s", got)
	}
}

// Who asks for a table that is away while it is attached anew waits for it, and isn't sent on where nothing was.
func TestWhoAsksForATableThatIsAwayWaits(t *testing.T) {
	e := serve(t, nil)
	e.post(t, "", "SELECT * FROM nowhere").wantError(t, "UNKNOWN_TABLE")
	away := newException(codeUnknownTable, "UNKNOWN_TABLE", "it is away")
	mended := e.h.mended.Load()
	if e.h.mend(t.Context(), away, mended) {
		t.Error("nothing was attached anew")
	}
	if err := e.h.beginMending(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := make(chan bool, 1)
	go func() { again <- e.h.mend(t.Context(), away, mended) }()
	e.h.mended.Add(1)
	e.h.endMending()
	if !<-again {
		t.Error("it isn't tried again")
	}
}

// A spell goes on as long as looks find too little room, and is over only if none did since and nothing is written that began in it.
func TestSpell(t *testing.T) {
	r := newRoom(t.TempDir())
	left := uint64(scarceRoom)
	r.free = func() (uint64, bool) { return left, true }
	early := r.write()
	if err := r.write()(); err != nil {
		t.Error(err)
	}
	if r.enough() == nil {
		t.Error("there is too little to define a table")
	}
	left--
	during := r.write()
	r.look()
	left = spareRoom
	former := r.spell()
	if err := r.write()(); err != nil {
		t.Errorf("one that began after it: %v", err)
	}
	if !r.atWork(former) {
		t.Error("statements of it write")
	}
	if early() == nil {
		t.Error("one that began before it isn't refused")
	}
	r.full.to = r.full.to.Add(time.Nanosecond)
	late := r.spell()
	if during() == nil {
		t.Error("one that began in it isn't refused")
	}
	if r.over(former); r.spell() != late {
		t.Error("one that went on is over")
	}
	last := r.write()
	if r.atWork(late) {
		t.Error("one that began after it isn't of it")
	}
	if r.over(late); !r.spell().from.IsZero() {
		t.Error("it isn't over")
	}
	if err := last(); err != nil || r.enough() != nil {
		t.Errorf("afterwards: %v", err)
	}
	now := time.Now()
	former = spell{from: now.Add(-time.Minute), to: now.Add(-time.Second)}
	if (spell{}).covers(now) || former.covers(now.Add(clockSlack)) || !former.covers(now) || former.covers(now.Add(-time.Hour)) {
		t.Error("what a spell covers")
	}
}

func TestWithoutSuccessor(t *testing.T) {
	now := time.Now()
	before := []partInfo{{name: "1_2_2", partition: "1", active: true, from: 2, to: 2, rows: 1}, {name: "1_3_3", partition: "1", active: true, from: 3, to: 3, rows: 1},
		{name: "1_4_4", partition: "1", from: 4, to: 4, rows: 1}, {name: "2_3_3", partition: "2", active: true, from: 3, to: 3, rows: 1},
		{name: "2_4_5", partition: "2", active: true, from: 4, to: 5, rows: 2}, {name: "2_7_7", partition: "2", active: true, from: 7, to: 7, rows: 2, modified: now.Unix()}}
	after := []partInfo{{name: "1_1_2", partition: "1", active: true, from: 1, to: 2, rows: 2}, {name: "2_3_3", partition: "2", from: 3, to: 3, rows: 1},
		{name: "2_4_4", partition: "2", active: true, from: 4, to: 4, rows: 1}, {name: "2_5_5", partition: "2", active: true, from: 5, to: 5, rows: 1}}
	if got := withoutSuccessor(before, after, "1_3_3", spell{}); !slices.Equal(got, []string{"2_3_3", "2_7_7"}) {
		t.Error(got)
	}
	if got := withoutSuccessor(before, after, "1_3_3", spell{from: now.Add(-time.Minute), to: now}); !slices.Equal(got, []string{"2_3_3"}) {
		t.Error(got)
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
