package chd

import (
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// FuzzGuard checks the guard against the engine's own parser: of what the guard lets through, the
// engine must not understand more than the guard saw.
func FuzzGuard(f *testing.F) {
	for _, sql := range slices.Concat(outside("t", "/d", "/d/s", "/d/o"), inside()) {
		f.Add(sql)
	}
	for _, a := range attempts("/d/s", "/d/o") {
		f.Add(a.sql)
	}
	o := newOracle(f)
	f.Fuzz(o.check)
}

// FuzzGuardPieces is FuzzGuard on statements put together from what its tokens are made of: each
// byte stands for a piece.
func FuzzGuardPieces(f *testing.F) {
	pieces := []string{
		"SELECT ", "file", "(", ")", "'/x'", "1", " ", ",", "/*", "*/", "--", "\n", "#", "#!", "# ", "'", "\"", "`", "\\", "$", "$a$", ".", ".1", "e", "-", "+",
		"INTO ", "OUTFILE", "FROM ", "INFILE", "\u2000", "\u200c", "\u2018", "\u2019", "\u201c", "\u201d", "\xe2", "\x80", "\x00", ";", "SETTINGS ", "final", "=",
		"FORMAT ", "Template", "UNION ALL ", "AS x", "{", "}", "[", "]", "ENGINE", "INSERT INTO t ", "VALUES ", "APPLY", "* ", "WITH ", "url", "disk", "0x", "_", "::", "->", "?", "//", "TOP ", "\\x66", "\\N", "$ $", "system", "processes",
	}
	f.Add([]byte{0, 5, 6, 12, 8, 9, 15, 11, 7, 1, 2, 4, 3, 6, 10, 15})
	f.Add([]byte{0, 5, 25, 22, 26, 27, 4})
	f.Add([]byte{51, 40, 41, 42, 5, 43, 44})
	f.Add([]byte{51, 2, 8, 15, 9, 1, 3, 40, 57, 42, 4, 43, 20, 15})
	f.Add([]byte{0, 1, 30, 2, 4, 3})
	f.Add([]byte{0, 20, 15, 20, 7, 1, 2, 4, 3})
	f.Add([]byte{0, 32, 15, 33, 7, 1, 2, 4, 3, 40, 41, 42, 5, 7, 58})
	o := newOracle(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		var sql strings.Builder
		for _, b := range in {
			sql.WriteString(pieces[int(b)%len(pieces)])
		}
		o.check(t, sql.String())
	})
}

// oracle reads statements with the engine's parser.
type oracle struct {
	conn *conn
}

func newOracle(f *testing.F) *oracle {
	serve(f, nil)
	c, err := shared.engine.lib.open(shared.engine.args)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(c.close)
	return &oracle{conn: c}
}

func (o *oracle) check(t *testing.T, sql string) {
	o.checkInsert(t, sql)
	st := parseStatement(sql)
	if shared.engine.guard.check(st) != nil {
		return
	}
	again := parseStatement(st.text)
	if !slices.EqualFunc(again.tokens, st.tokens, func(a, b token) bool { return a == b }) || again.text != st.text {
		t.Fatalf("%q becomes %q, which reads differently", sql, st.text)
	}
	for _, s := range []string{st.text, tagged(st.text, "tag"), taggedAhead(st.text, "tag")} {
		text, ok := o.canonical(t, s)
		if !ok {
			continue // the engine takes it for no statement
		}
		if what := reaches(text); what != "" {
			t.Errorf("the guard lets %q through, which has %s for the engine: %s", sql, what, text)
		}
		if checkReader(st) == nil {
			if err := checkReader(parseStatement(text)); err != nil && readsSystem(text) {
				t.Errorf("the analyst's guard lets %q through, which is for the engine %s: %v", sql, text, err)
			}
			for _, name := range settingsOf(text) {
				if checkReaderSetting(name) != nil {
					t.Errorf("a reader may set %s by %q", name, sql)
				}
			}
		}
	}
}

// checkInsert is check for the head of an INSERT, which the engine gets without its data.
func (o *oracle) checkInsert(t *testing.T, sql string) {
	head, st, ok := parseInsert(sql)
	if !ok || head.selects || head.values || head.format == "" || shared.engine.guard.check(st) != nil || shared.engine.guard.checkFormat(head.format) != nil {
		return
	}
	again := parseStatement(head.sql)
	if again.broken || len(again.tokens) > len(st.tokens) || again.text != strings.TrimRight(head.sql, " \n")[:len(again.text)] {
		t.Fatalf("the head of %q is %q, which reads differently", sql, head.sql)
	}
	for i, tok := range again.tokens {
		if tok != st.tokens[i] {
			t.Fatalf("the head of %q is %q, where %+v was %+v", sql, head.sql, tok, st.tokens[i])
		}
	}
	if text, ok := o.canonical(t, taggedAhead(head.sql, "tag")+" FORMAT CSV"); ok {
		if what := reaches(text); what != "" {
			t.Errorf("the guard lets the head of %q through, which has %s for the engine: %s", sql, what, text)
		}
	}
}

// canonical is a statement as the engine understands it: without comments, one statement, all
// strings between ' and '. ok is false for what the engine doesn't understand.
func (o *oracle) canonical(t *testing.T, sql string) (text string, ok bool) {
	r, err := o.conn.query("SELECT hex(formatQueryOrNull(unhex('"+hex.EncodeToString([]byte(sql))+"')))", "TSVRaw", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	b, err := hex.DecodeString(strings.TrimSpace(string(r.bytes())))
	return string(b), err == nil // NULL is written \N
}

var (
	strLiteral = regexp.MustCompile(`'(?:[^'\\]|\\.|'')*'`)
	callOf     = regexp.MustCompile("(?:`((?:[^`\\\\]|\\\\.)*)`|([A-Za-z_][A-Za-z_0-9]*))\\(")
	afterFile  = regexp.MustCompile(`\b(INTO OUTFILE|FROM INFILE|INSERT INTO FUNCTION)\b`)
	formatOf   = regexp.MustCompile(`(?m)^\s*FORMAT ([A-Za-z]+)`)
	settingsIn = regexp.MustCompile(`SETTINGS ([^\n]*)`)
	// systemTable is how a table of system stands in a canonical statement.
	systemTable = regexp.MustCompile("\\bsystem`?\\.`?([A-Za-z_0-9]+)")
	settingOf   = regexp.MustCompile(`([A-Za-z_0-9]+)\x60? = `)
)

// reaches says what in a canonical statement reaches outside: plainly, by regular expressions.
func reaches(text string) string {
	text = strLiteral.ReplaceAllString(text, "''")
	for _, m := range callOf.FindAllStringSubmatch(text, -1) {
		if shared.engine.guard.functions[strings.ToLower(m[1]+m[2])] {
			return m[0]
		}
	}
	if m := afterFile.FindString(text); m != "" {
		return m
	}
	for _, m := range formatOf.FindAllStringSubmatch(text, -1) {
		if slices.Contains(deniedFormats(), strings.ToLower(m[1])) {
			return m[0]
		}
	}
	for _, name := range settingsOf(text) {
		if slices.Contains(deniedSettings(), strings.ToLower(name)) {
			return "the setting " + name
		}
	}
	return ""
}

// readsSystem tells whether a canonical statement names a table of system that isn't for analysts.
func readsSystem(text string) bool {
	for _, m := range systemTable.FindAllStringSubmatch(strLiteral.ReplaceAllString(text, "''"), -1) {
		if !slices.Contains(readableSystemTables(), m[1]) {
			return true
		}
	}
	return false
}

// settingsOf are the names of the settings in a canonical statement.
func settingsOf(text string) (names []string) {
	for _, list := range settingsIn.FindAllStringSubmatch(strLiteral.ReplaceAllString(text, "''"), -1) {
		for _, m := range settingOf.FindAllStringSubmatch(list[1], -1) {
			names = append(names, m[1])
		}
	}
	return names
}

// Should the guard read a statement otherwise than the engine does, the engine's own reading is refused.
func TestTheEnginesReadingCounts(t *testing.T) {
	serve(t, nil)
	for _, c := range []struct {
		sql    string
		reader bool
	}{
		{"SELECT file('/x')", false},
		{"SELECT 1 INTO OUTFILE '/x'", false},
		{"SELECT 1 SETTINGS max_memory_profiler_step = 1", true},
		{"INSERT INTO t SELECT 1", true},
	} {
		misread := parseStatement("SELECT 1")
		misread.text = c.sql
		if shared.engine.check(misread, c.reader) == nil {
			t.Errorf("allowed: %s", c.sql)
		}
	}
	if err := shared.engine.check(parseStatement("SELECT 'INTO OUTFILE' // file('/x')"), true); err != nil {
		t.Errorf("refused: %v", err)
	}
}
