package schemas

import (
	"bytes"
	"slices"
)

// scanner walks over JSON that is plainly written: it reads no escapes and no exponents. Where it can't go on it says
// no, which doesn't mean that the JSON is wrong. It doesn't look into strings: whoever takes one checks that it holds no
// control characters, and no backslash with which it ended elsewhere.
type scanner struct {
	raw []byte
	at  int
}

// next skips spaces and gives the byte that comes then, without reading it; 0 at the end.
func (s *scanner) next() byte {
	for s.at < len(s.raw) {
		switch c := s.raw[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// skip reads one byte, after spaces, if it is c.
func (s *scanner) skip(c byte) bool {
	if s.next() != c {
		return false
	}
	s.at++
	return true
}

// string reads a string and gives what stands between its quotation marks.
func (s *scanner) string() ([]byte, bool) {
	if !s.skip('"') {
		return nil, false
	}
	n := bytes.IndexByte(s.raw[s.at:], '"')
	if n < 0 {
		return nil, false
	}
	text := s.raw[s.at : s.at+n]
	s.at += n + 1
	return text, true
}

// literal reads some bytes, if these come right away.
func (s *scanner) literal(bytes []byte) bool {
	if rest := s.raw[s.at:]; len(rest) < len(bytes) || string(rest[:len(bytes)]) != string(bytes) {
		return false
	}
	s.at += len(bytes)
	return true
}

// name reads the name of an object's member and its colon, if it is one of some, and gives its number; -1 if it isn't.
// Most senders write the members in an order that is theirs, so it begins with the likely one.
func (s *scanner) name(keys [][]byte, likely int) int {
	if s.next() != '"' || s.at+1 == len(s.raw) {
		return -1
	}
	first := s.raw[s.at+1]
	for i := likely; i < len(keys); i++ {
		if keys[i][1] == first && s.literal(keys[i]) {
			return i
		}
	}
	for i := range min(likely, len(keys)) {
		if keys[i][1] == first && s.literal(keys[i]) {
			return i
		}
	}
	return s.spacedName(keys)
}

// spacedName reads a name between which and its colon there are spaces.
func (s *scanner) spacedName(keys [][]byte) int {
	name, ok := s.string()
	if !ok || !s.skip(':') {
		return -1
	}
	return slices.IndexFunc(keys, func(key []byte) bool { return string(key[1:len(key)-2]) == string(name) })
}

// boolean reads true or false.
func (s *scanner) boolean() (value, ok bool) {
	if s.next() == 't' {
		return true, s.literal([]byte("true"))
	}
	return false, s.literal([]byte("false"))
}

// number reads a number of few digits. What follows it is for the caller to look at: a digit too many, or an exponent.
func (s *scanner) number() (n Decimal, text []byte, ok bool) {
	s.next()
	n, length, ok := plainDecimal(s.raw[s.at:])
	text = s.raw[s.at : s.at+length]
	s.at += length
	return n, text, ok
}

// more tells between the members of an object or the items of a list whether another one comes; first says that none
// was read yet. It reads the comma, or what ends them.
func (s *scanner) more(first bool, end byte) (more, ok bool) {
	switch c := s.next(); {
	case c == end:
		s.at++
		return false, true
	case first:
		return true, c != 0
	case c != ',':
		return false, false
	}
	s.at++
	return true, true
}

// object skips one, roughly: whoever wants it reads it again, from where it began to where this ends.
func (s *scanner) object() bool {
	if s.next() != '{' {
		return false
	}
	for depth := 0; s.at < len(s.raw); {
		switch s.raw[s.at] {
		case '"':
			if _, ok := s.string(); !ok {
				return false
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if s.at++; depth == 0 {
			return true
		}
	}
	return false
}
