package chd

import (
	"strings"
	"unicode/utf8"
)

// tokenKind says what a token is. Only what the guard and the splitting of
// INSERTs need is told apart.
type tokenKind byte

const (
	tokenWord   tokenKind = iota + 1 // bare identifier, keyword or number
	tokenQuoted                      // `identifier` or "identifier"
	tokenString                      // 'literal' or $tag$literal$tag$
	tokenPunct                       // any other single byte
)

// token is a piece of a statement. text is without quotes and, in quoted
// identifiers, without escapes; src[start:end] is as written.
type token struct {
	kind       tokenKind
	text       string
	start, end int
}

// is tells whether the token is this keyword, given in upper case, or this mark.
// A quoted identifier is never a keyword.
func (t token) is(s string) bool {
	return (t.kind == tokenWord && strings.EqualFold(t.text, s)) || (t.kind == tokenPunct && t.text == s)
}

// isName tells whether the token can name something.
func (t token) isName() bool { return t.kind == tokenWord || t.kind == tokenQuoted }

// lexer splits SQL into tokens as ClickHouse's own lexer does. Where the two
// might differ it takes the reading that shows more tokens to the guard.
type lexer struct {
	src      string
	pos      int
	previous token
	comments [][2]int // where comments stand
	broken   bool     // a quote or comment isn't closed, or a sign stands there that no statement has
}

// next returns the next token; ok is false at the end.
func (l *lexer) next() (token, bool) {
	l.skipSpace()
	if l.pos >= len(l.src) {
		return token{}, false
	}
	l.previous = l.read()
	return l.previous, true
}

// read reads the token that begins here.
func (l *lexer) read() token {
	start := l.pos
	c := l.src[start]
	switch {
	case c == '\'':
		return l.quoted(tokenString, "'")
	case c == '"' || c == '`':
		t := l.quoted(tokenQuoted, string(c))
		// ClickHouse knows more escapes than are told apart here, and no name of ours has any.
		l.broken = l.broken || strings.Contains(l.src[t.start:t.end], `\`)
		return t
	case c == '$':
		if t, ok := l.heredoc(); ok {
			return t
		}
		// ClickHouse takes any signs for a heredoc's tag.
		l.broken = true
	// ‘ ’ and “ ” quote as ' and " do.
	case strings.HasPrefix(l.src[start:], "\u2018"):
		return l.curly(tokenString, "\u2018", "\u2019")
	case strings.HasPrefix(l.src[start:], "\u201c"):
		return l.curly(tokenQuoted, "\u201c", "\u201d")
	case c == '.' && isDigit(l.at(start+1)) && !l.afterOperand():
		return l.fraction()
	case isWordByte(c):
		return l.word()
	case c == '#':
		// One that begins no comment would begin one where the comment after it is blanked out.
		l.broken = true
	}
	l.pos++
	return token{kind: tokenPunct, text: l.src[start:l.pos], start: start, end: l.pos}
}

func isWordByte(c byte) bool {
	return c == '_' || c == '$' || isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
}

// isNumber tells whether a word is one that ClickHouse may end before a $, where a heredoc would begin.
func isNumber(word string) bool { return isDigit(word[0]) }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// at is the byte at a position, 0 after the end.
func (l *lexer) at(pos int) byte {
	if pos >= len(l.src) {
		return 0
	}
	return l.src[pos]
}

// afterOperand tells whether what a dot may take a part of stands before: x.1 and (1, 2).1 are no fractions.
func (l *lexer) afterOperand() bool {
	return l.previous.isName() || l.previous.is(")") || l.previous.is("]")
}

// fraction reads ".1" or ".1e-5". What follows without a space is a word of its own, as in 1+.1INTO OUTFILE.
func (l *lexer) fraction() token {
	start := l.pos
	digits := func() { // 1_000 is a number too
		for isDigit(l.at(l.pos)) || l.at(l.pos) == '_' && isDigit(l.at(l.pos-1)) && isDigit(l.at(l.pos+1)) {
			l.pos++
		}
	}
	l.pos++
	digits()
	if c := l.at(l.pos); c == 'e' || c == 'E' {
		l.pos++
		if c := l.at(l.pos); c == '+' || c == '-' {
			l.pos++
		}
		digits()
	}
	return token{kind: tokenWord, text: l.src[start:l.pos], start: start, end: l.pos}
}

func (l *lexer) word() token {
	start := l.pos
	for l.pos < len(l.src) && isWordByte(l.src[l.pos]) {
		l.pos++
	}
	text := l.src[start:l.pos]
	l.broken = l.broken || isNumber(text) && strings.Contains(text, "$")
	return token{kind: tokenWord, text: text, start: start, end: l.pos}
}

// quoted reads up to the closing quote; a doubled quote and a backslash escape.
func (l *lexer) quoted(kind tokenKind, quote string) token {
	start := l.pos
	q := quote[0]
	var text strings.Builder
	for i := start + 1; i < len(l.src); i++ {
		switch c := l.src[i]; {
		case c == '\\' && i+1 < len(l.src):
			i++
			text.WriteByte(l.src[i])
		case c == q && i+1 < len(l.src) && l.src[i+1] == q:
			i++
			text.WriteByte(q)
		case c == q:
			l.pos = i + 1
			return token{kind: kind, text: text.String(), start: start, end: l.pos}
		default:
			text.WriteByte(c)
		}
	}
	l.broken = true
	l.pos = len(l.src)
	return token{kind: kind, text: text.String(), start: start, end: l.pos}
}

func (l *lexer) curly(kind tokenKind, open, closing string) token {
	start := l.pos
	body := l.src[start+len(open):]
	n := strings.Index(body, closing)
	if n < 0 {
		l.broken = true
		l.pos = len(l.src)
		return token{kind: kind, text: body, start: start, end: l.pos}
	}
	l.pos = start + len(open) + n + len(closing)
	return token{kind: kind, text: body[:n], start: start, end: l.pos}
}

// heredoc reads $tag$…$tag$.
func (l *lexer) heredoc() (token, bool) {
	start := l.pos
	n := strings.IndexByte(l.src[start+1:], '$')
	if n < 0 {
		return token{}, false
	}
	tag := l.src[start : start+n+2]
	for i := 1; i < len(tag)-1; i++ {
		if !isWordByte(tag[i]) {
			return token{}, false
		}
	}
	body := l.src[start+len(tag):]
	m := strings.Index(body, tag)
	if m < 0 {
		return token{}, false
	}
	l.pos = start + len(tag) + m + len(tag)
	return token{kind: tokenString, text: body[:m], start: start, end: l.pos}, true
}

// skipSpace passes over white space and comments.
func (l *lexer) skipSpace() {
	for l.pos < len(l.src) {
		rest := l.src[l.pos:]
		if n := spaceLen(rest); n > 0 {
			l.pos += n
			continue
		}
		var n int
		switch {
		case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "//"), strings.HasPrefix(rest, "#!"), strings.HasPrefix(rest, "# "):
			if n = strings.IndexByte(rest, '\n'); n < 0 {
				n = len(rest)
			}
		case strings.HasPrefix(rest, "/*"):
			if n = strings.Index(rest[2:], "*/"); n < 0 {
				l.broken = true
				n = len(rest)
			} else {
				n += 4
			}
		default:
			return
		}
		l.comments = append(l.comments, [2]int{l.pos, l.pos + n})
		l.pos += n
	}
}

// spaceLen is the length in bytes of the white space that s begins with. Outside of quotes ClickHouse
// takes some twenty signs beyond ASCII for spaces and refuses all others, so all count as such here.
func spaceLen(s string) int {
	switch c := s[0]; {
	case c == ' ', c >= '\t' && c <= '\r':
		return 1
	case c < utf8.RuneSelf, strings.HasPrefix(s, "\u2018"), strings.HasPrefix(s, "\u201c"):
		return 0
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// statement is a statement's text with its tokens.
type statement struct {
	text   string // comments are blanked out, and nothing follows the last token
	tokens []token
	broken bool
}

// parseStatement splits sql. Comments are replaced by spaces of the same
// length, so that positions in the engine's messages stay true: the engine's
// client code would obey some comments, such as { serverError 60 }.
func parseStatement(sql string) *statement {
	l := &lexer{src: sql}
	var tokens []token
	for {
		t, ok := l.next()
		if !ok {
			break
		}
		tokens = append(tokens, t)
	}
	text := sql
	if len(l.comments) > 0 {
		b := []byte(sql)
		for _, c := range l.comments {
			for i := c[0]; i < c[1]; i++ {
				if b[i] != '\n' {
					b[i] = ' '
				}
			}
		}
		text = string(b)
	}
	for len(tokens) > 0 && tokens[len(tokens)-1].is(";") {
		tokens = tokens[:len(tokens)-1]
	}
	if len(tokens) == 0 {
		text = ""
	} else {
		text = text[:tokens[len(tokens)-1].end]
	}
	return &statement{text: text, tokens: tokens, broken: l.broken}
}

// keyword is the first word in upper case: SELECT, INSERT, ….
func (s *statement) keyword() string {
	for _, t := range s.tokens {
		if t.is("(") {
			continue
		}
		if t.kind == tokenWord {
			return strings.ToUpper(t.text)
		}
		break
	}
	return ""
}

// has tells whether a word stands anywhere in the statement.
func (s *statement) has(word string) bool {
	for _, t := range s.tokens {
		if t.is(word) {
			return true
		}
	}
	return false
}

// format is the format that the statement itself asks for, or "".
func (s *statement) format() string {
	depth := 0
	format := ""
	for i, t := range s.tokens {
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		case depth == 0 && i > 0 && t.is("FORMAT") && i+1 < len(s.tokens) && s.tokens[i+1].isName():
			// It ends the statement, but for SETTINGS.
			if i+2 == len(s.tokens) || s.tokens[i+2].is("SETTINGS") {
				format = s.tokens[i+1].text
			}
		}
	}
	return format
}

// insertHead is an INSERT up to its data.
type insertHead struct {
	sql     string // the statement without FORMAT
	format  string // the data's format; empty when there is no FORMAT clause
	data    int    // where the data begins in the text
	values  bool   // VALUES: the data is SQL
	selects bool   // INSERT … SELECT: there is no data
}

// parseInsert splits "INSERT INTO t (a, b) SETTINGS x = 1 FORMAT F" from its
// data, looking no further than the head. ok is false for another statement and
// for what isn't understood.
func parseInsert(text string) (head insertHead, st *statement, ok bool) {
	l := &lexer{src: text}
	st = &statement{}
	read := func() (token, bool) {
		t, more := l.next()
		if more {
			st.tokens = append(st.tokens, t)
		}
		return t, more
	}
	blank := func(end int) string {
		b := []byte(text[:end])
		for _, c := range l.comments {
			for i := c[0]; i < c[1] && i < end; i++ {
				if b[i] != '\n' {
					b[i] = ' '
				}
			}
		}
		return string(b)
	}
	t, more := read()
	if !more || !t.is("INSERT") {
		return head, st, false
	}
	if t, more = read(); more && t.is("INTO") {
		t, more = read()
	}
	if more && t.is("TABLE") {
		t, more = read()
	}
	// The target: name or name.name, or FUNCTION f(…), which the guard refuses.
	if !more || !t.isName() {
		return head, st, false
	}
	depth := 0
	previous := t
	for {
		t, more = read()
		if !more {
			head.sql, head.data = blank(len(text)), len(text)
			st.text, st.broken = head.sql, l.broken
			return head, st, true
		}
		afterDot := previous.is(".")
		previous = t
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		case depth > 0 || afterDot:
		case t.is(";"):
			return head, st, false
		case t.is("VALUES"):
			head.values = true
			head.sql, head.data = blank(t.start), t.end
			st.text, st.broken = head.sql, l.broken
			return head, st, true
		case t.is("SELECT"), t.is("WITH"), t.is("FROM"):
			head.selects = true
			return head, st, true
		case t.is("FORMAT"):
			end := t.start
			name, ok := read()
			if !ok || !name.isName() {
				return head, st, false
			}
			head.format = name.text
			head.values = strings.EqualFold(name.text, "Values")
			head.sql, head.data = blank(end), dataStart(text, name.end)
			st.text, st.broken = head.sql, l.broken
			return head, st, true
		}
	}
}

// dataStart is where the data begins after "FORMAT name": after blanks, one
// semicolon at most, and one line end.
func dataStart(text string, pos int) int {
	skip := func() {
		for pos < len(text) && (text[pos] == ' ' || text[pos] == '\t' || text[pos] == '\r' || text[pos] == '\f') {
			pos++
		}
	}
	skip()
	if pos < len(text) && text[pos] == ';' {
		pos++
		skip()
	}
	if pos < len(text) && text[pos] == '\n' {
		pos++
	}
	return pos
}
