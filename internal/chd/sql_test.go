package chd

import (
	"strings"
	"testing"
)

func TestParseInsert(t *testing.T) {
	for _, tc := range []struct {
		text              string
		ok                bool
		sql, format, data string
		values, selects   bool
	}{
		{"INSERT INTO t FORMAT CSV\n1,2\n", true, "INSERT INTO t ", "CSV", "1,2\n", false, false},
		{"insert into t (a, b) settings x = 1 format JSONEachRow {\"a\":1}", true, "insert into t (a, b) settings x = 1 ", "JSONEachRow", "{\"a\":1}", false, false},
		{"INSERT INTO t FORMAT Native \r\n\n\n", true, "INSERT INTO t ", "Native", "\n\n", false, false},
		{"INSERT INTO t FORMAT Native; \nx", true, "INSERT INTO t ", "Native", "x", false, false},
		{"INSERT INTO db.t VALUES (1)", true, "INSERT INTO db.t ", "", " (1)", true, false},
		{"INSERT INTO `format`.`values` FORMAT CSV\n", true, "INSERT INTO `format`.`values` ", "CSV", "", false, false},
		{"INSERT INTO format FORMAT CSV\n", true, "INSERT INTO format ", "CSV", "", false, false},
		{"INSERT INTO db.format FORMAT CSV\n", true, "INSERT INTO db.format ", "CSV", "", false, false},
		{"INSERT INTO t (format, `values`, select) FORMAT CSV\n", true, "INSERT INTO t (format, `values`, select) ", "CSV", "", false, false},
		{"INSERT INTO t SELECT 1 FORMAT CSV", true, "", "", "", false, true},
		{"INSERT INTO t WITH 1 AS x SELECT x", true, "", "", "", false, true},
		{"/* c */ INSERT -- d\nINTO TABLE t FORMAT/**/CSV\n1", true, "        INSERT     \nINTO TABLE t ", "CSV", "1", false, false},
		{"INSERT INTO t FORMAT Values (1)", true, "INSERT INTO t ", "Values", "(1)", true, false},
		{"INSERT INTO t (a", true, "INSERT INTO t (a", "", "", false, false},
		{"INSERT INTO t; SELECT 1", false, "", "", "", false, false},
		{"INSERT", false, "", "", "", false, false},
		{"SELECT 1 FORMAT CSV", false, "", "", "", false, false},
		{"INSERT INTO t FORMAT", false, "", "", "", false, false},
	} {
		head, _, ok := parseInsert(tc.text)
		if ok != tc.ok {
			t.Errorf("%q: ok is %v", tc.text, ok)
			continue
		}
		if !ok || tc.selects {
			if head.selects != tc.selects {
				t.Errorf("%q: selects is %v", tc.text, head.selects)
			}
			continue
		}
		if head.sql != tc.sql || head.values != tc.values || (!tc.values && head.format != tc.format) || tc.text[head.data:] != tc.data {
			t.Errorf("%q: %+v, data %q", tc.text, head, tc.text[head.data:])
		}
	}
}

func TestParseStatement(t *testing.T) {
	for _, tc := range []struct{ sql, keyword, format, text string }{
		{"SELECT 1 ;; ", "SELECT", "", "SELECT 1"},
		{"SELECT 1 FORMAT JSON", "SELECT", "JSON", "SELECT 1 FORMAT JSON"},
		{"SELECT 1 FORMAT JSON SETTINGS a = 1", "SELECT", "JSON", "SELECT 1 FORMAT JSON SETTINGS a = 1"},
		{"SELECT format FROM t", "SELECT", "", "SELECT format FROM t"},
		{"SELECT x FROM (SELECT 1 AS x FORMAT JSON)", "SELECT", "", "SELECT x FROM (SELECT 1 AS x FORMAT JSON)"},
		{"((SELECT 1))", "SELECT", "", "((SELECT 1))"},
		{"-- c\nselect '--', `/*` -- d", "SELECT", "", "    \nselect '--', `/*`"},
		{"#!x\nSHOW TABLES", "SHOW", "", "   \nSHOW TABLES"},
		{"\ufeffSELECT 1", "SELECT", "", "\ufeffSELECT 1"},
		{"`SELECT` 1", "", "", "`SELECT` 1"},
	} {
		st := parseStatement(tc.sql)
		if st.keyword() != tc.keyword || st.format() != tc.format || st.text != tc.text {
			t.Errorf("%q: keyword %q, format %q, text %q", tc.sql, st.keyword(), st.format(), st.text)
		}
	}
	for _, sql := range []string{"SELECT 'x", "SELECT `x", "SELECT /* x", `SELECT 'x\'`} {
		if !parseStatement(sql).broken {
			t.Errorf("%q isn't noticed to be broken", sql)
		}
	}
}

func seeds(f *testing.F) {
	for _, s := range []string{
		"", ";", "SELECT 1", "INSERT INTO t FORMAT CSV\n1", "SELECT $a$ x $a$", "SELECT $", "$$", "`", "'\\", "/*", "--", "#", "# x", "\u2018", "\u201cx\u201d",
		"SELECT file/**/('x')", "INSERT INTO t (a VALUES", "\xe2\x80", "\xff\xfe", "SELECT 1;--\n;", "((((", "INSERT INTO \x00 FORMAT \x00", "INSERT INTO t FORMAT CSV;",
	} {
		f.Add(s)
	}
}

// FuzzParseStatement checks that the lexer loses nothing: every byte is in a
// token, in a comment, or white space; and that it neither hangs nor panics.
func FuzzParseStatement(f *testing.F) {
	seeds(f)
	g := &guard{functions: map[string]bool{"file": true}, engines: map[string]bool{"file": true}, formats: map[string]bool{}}
	f.Fuzz(func(t *testing.T, sql string) {
		l := &lexer{src: sql}
		end := 0
		for {
			tok, ok := l.next()
			if !ok {
				break
			}
			if tok.start < end || tok.end <= tok.start || tok.end > len(sql) {
				t.Fatalf("token %+v after %d of %q", tok, end, sql)
			}
			end = tok.end
		}
		st := parseStatement(sql)
		if len(st.text) > len(sql) {
			t.Fatalf("the text grew: %q, %q", sql, st.text)
		}
		again := parseStatement(st.text)
		if len(again.tokens) != len(st.tokens) && !st.broken {
			t.Fatalf("%q has %d tokens, and without comments %d", sql, len(st.tokens), len(again.tokens))
		}
		_ = g.check(st)
		_ = checkReader(st)
		_ = st.format()
		_ = tagged(st.text, newTag())
	})
}

// FuzzParseInsert checks that head and data stay in the text, and that the head
// says what the text says.
func FuzzParseInsert(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		head, _, ok := parseInsert(text)
		if !ok || head.selects {
			return
		}
		if head.data < 0 || head.data > len(text) || len(head.sql) > head.data {
			t.Fatalf("%q: %+v", text, head)
		}
		if !strings.EqualFold(parseStatement(head.sql).keyword(), "INSERT") {
			t.Fatalf("%q: the head is %q", text, head.sql)
		}
	})
}

// FuzzStructure checks that no structure of an external table closes its list.
func FuzzStructure(f *testing.F) {
	for _, s := range []string{"x UInt8", "x UInt8) ENGINE = File(CSV", "x Tuple(a UInt8)", "`)` UInt8", "x Enum8(')' = 1)", "x --", "", "x UInt8; y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, structure string) {
		if checkStructure(externalTable{structure: structure}) != nil {
			return
		}
		st := parseStatement("CREATE TEMPORARY TABLE t (" + structure + ") ENGINE = Memory")
		depth, closed := 0, 0
		for _, tok := range st.tokens {
			switch {
			case tok.is("("):
				depth++
			case tok.is(")"):
				if depth--; depth == 0 {
					closed++
				}
			}
		}
		if closed != 1 || depth != 0 || st.broken {
			t.Fatalf("%q leaves its list", structure)
		}
		_ = splitTopLevel(structure)
	})
}
