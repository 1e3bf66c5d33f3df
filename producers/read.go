package producers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"vitrine/schemas"
)

// Item is one event found in an input, not checked yet: give Raw to [Publisher.PublishRaw].
type Item struct {
	// Raw is the event's bytes; they are the caller's to keep.
	Raw []byte
	// Index counts the input's events from 0, Line is where this one begins, from 1.
	Index, Line int
}

// SyntaxError says that an input is no list of events, so that nothing after Line can be read.
type SyntaxError struct {
	Line int
	What schemas.Text
}

// Error is [SyntaxError.In] English.
func (e *SyntaxError) Error() string { return e.In(schemas.English) }

// In says what is wrong in a language.
func (e *SyntaxError) In(l schemas.Lang) string {
	return fmt.Sprintf(schemas.Text{FR: "ligne %d : %s", EN: "line %d: %s"}.In(l), e.Line, e.What.In(l))
}

// maxItemBytes is how much of one event is kept in memory: enough for the door to say that it is
// too large. What lies beyond is skipped.
const maxItemBytes = schemas.MaxEventBytes + 1

// ReadEvents splits an input into its events: one event, a JSON array of events, or JSON lines. It
// keeps one event in memory at a time, however large the input. Whether each is a valid event, or
// JSON at all, is for the door to say: one bad line or element doesn't spoil the others. The
// sequence ends after an error, which is a *[SyntaxError] or the reader's own.
func ReadEvents(r io.Reader) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		s := &splitter{in: bufio.NewReaderSize(r, 64<<10), line: 1}
		if bom, _ := s.in.Peek(3); bytes.Equal(bom, []byte("\ufeff")) { // Windows tools put one there
			_, _ = s.in.Discard(3)
		}
		err := s.split(func(it Item) bool { return yield(it, nil) })
		if err != nil && !errors.Is(err, errStopped) {
			yield(Item{}, err)
		}
	}
}

// errStopped ends the reading when the caller has had enough.
var errStopped = errors.New("stopped")

// splitter finds where events begin and end, without parsing them.
type splitter struct {
	in    *bufio.Reader
	line  int // of the next byte
	index int // of the next item
}

func (s *splitter) split(emit func(Item) bool) error {
	first, err := s.space()
	if err != nil {
		return ignoreEOF(err)
	}
	if first == '[' {
		return s.array(emit)
	}
	return s.lines(emit)
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func (s *splitter) give(raw []byte, line int, emit func(Item) bool) error {
	if !emit(Item{Raw: raw, Index: s.index, Line: line}) {
		return errStopped
	}
	s.index++
	return nil
}

// array reads the elements of a JSON array; its '[' comes next.
func (s *splitter) array(emit func(Item) bool) error {
	_, _ = s.byte()
	for afterComma := false; ; {
		c, err := s.space()
		if err != nil {
			return s.cutShort(err)
		}
		if c == ']' && !afterComma {
			break
		}
		line := s.line
		raw, err := s.value()
		if err != nil {
			return s.cutShort(err)
		}
		if len(raw) == 0 {
			return s.syntax(eventExpected.FR, eventExpected.EN)
		}
		if err := s.give(raw, line, emit); err != nil {
			return err
		}
		c, err = s.space()
		if err != nil {
			return s.cutShort(err)
		}
		if c == ']' {
			break
		}
		if c != ',' {
			return s.syntax("une virgule ou « ] » était attendu après un événement", "a comma or “]” was expected after an event")
		}
		_, _ = s.byte()
		afterComma = true
	}
	_, _ = s.byte() // the ']'
	if _, err := s.space(); !errors.Is(err, io.EOF) {
		if err != nil {
			return err
		}
		return s.syntax("du texte suit la fin de la liste", "something follows the end of the array")
	}
	return nil
}

// lines reads JSON lines, or events written over several lines one after the other. Which of the
// two it is shows in the first line: if it is a whole value, so is each other one, and a line that
// isn't spoils itself alone.
func (s *splitter) lines(emit func(Item) bool) error {
	first, err := s.space()
	if err != nil {
		return ignoreEOF(err)
	}
	at := s.line
	raw, err := s.restOfLine()
	if err != nil {
		return err
	}
	next := s.restOfLine
	if first == '{' && len(raw) < maxItemBytes && !json.Valid(raw) {
		next = s.value
		if raw, err = s.continued(raw); err != nil {
			s.line = at
			return s.cutShort(err)
		}
	}
	for {
		if err := s.give(raw, at, emit); err != nil {
			return err
		}
		if _, err := s.space(); err != nil {
			return ignoreEOF(err)
		}
		at = s.line
		if raw, err = next(); err != nil {
			s.line = at
			return s.cutShort(err)
		}
		if len(raw) == 0 {
			return s.syntax(eventExpected.FR, eventExpected.EN)
		}
	}
}

// continued reads on from a value's first line to its end.
func (s *splitter) continued(raw []byte) ([]byte, error) {
	var n nesting
	for _, c := range raw {
		if n.step(c); n.closed() {
			return raw, nil // something follows on the line: the door says so
		}
	}
	return s.balanced(append(raw, '\n'), n)
}

// value reads one JSON value, roughly: an object or array up to its last bracket, a string up to
// its quote, anything else up to a delimiter.
func (s *splitter) value() ([]byte, error) {
	c, err := s.byte()
	if err != nil {
		return nil, err
	}
	switch c {
	case '{', '[', '"':
		var n nesting
		n.step(c)
		return s.balanced([]byte{c}, n)
	case ',', ']', '}':
		_ = s.in.UnreadByte()
		return nil, nil
	}
	raw := []byte{c}
	for {
		next, err := s.in.Peek(1)
		if errors.Is(err, io.EOF) || err == nil && bytes.ContainsAny(next, ",]} \t\r\n") {
			return raw, nil
		}
		if err != nil {
			return nil, err
		}
		c, _ = s.byte()
		raw = keep(raw, c)
	}
}

// balanced reads until what is open in n is closed.
func (s *splitter) balanced(raw []byte, n nesting) ([]byte, error) {
	for !n.closed() {
		c, err := s.byte()
		if err != nil {
			return nil, err
		}
		raw = keep(raw, c)
		n.step(c)
	}
	return raw, nil
}

// keep appends a byte unless raw is too large already.
func keep(raw []byte, c byte) []byte {
	if len(raw) < maxItemBytes {
		return append(raw, c)
	}
	return raw
}

// nesting follows the brackets and strings of JSON text.
type nesting struct {
	depth            int
	opened           bool
	inString, escape bool
}

func (n *nesting) step(c byte) {
	switch {
	case n.escape:
		n.escape = false
	case n.inString:
		n.escape, n.inString = c == '\\', c != '"'
	case c == '"':
		n.inString, n.opened = true, true
	case c == '{', c == '[':
		n.depth, n.opened = n.depth+1, true
	case c == '}', c == ']':
		n.depth--
	}
}

func (n *nesting) closed() bool { return n.opened && n.depth <= 0 && !n.inString }

// space is JSON's white space; Unicode has more, which is no part of a JSON text.
const space = " \t\r\n"

// restOfLine reads to the end of the line, which it leaves out.
func (s *splitter) restOfLine() ([]byte, error) {
	var raw []byte
	for {
		part, err := s.in.ReadSlice('\n')
		raw = append(raw, part[:min(len(part), maxItemBytes-len(raw))]...)
		switch {
		case err == nil:
			s.line++
			return bytes.Trim(raw, space), nil
		case errors.Is(err, io.EOF):
			return bytes.Trim(raw, space), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// space skips white space and returns the byte after it, unread.
func (s *splitter) space() (byte, error) {
	for {
		c, err := s.byte()
		if err != nil {
			return 0, err
		}
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c, s.in.UnreadByte()
		}
	}
}

func (s *splitter) byte() (byte, error) {
	c, err := s.in.ReadByte()
	if c == '\n' && err == nil {
		s.line++
	}
	return c, err
}

var eventExpected = schemas.Text{FR: "un événement était attendu", EN: "an event was expected"}

func (s *splitter) syntax(fr, en string) error {
	return &SyntaxError{Line: s.line, What: schemas.Text{FR: fr, EN: en}}
}

// cutShort turns an end that comes too early into words; other errors are the reader's.
func (s *splitter) cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return s.syntax("le texte s'arrête au milieu d'une liste ou d'un événement", "the input ends in the middle of an array or an event")
	}
	return err
}
