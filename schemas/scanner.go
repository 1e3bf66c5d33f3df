package schemas

import "bytes"

// scanner walks over JSON that is plainly written: it reads no escapes and no exponents. Where it can't go on it says
// no, which doesn't mean that the JSON is wrong. It goes no further than what it says it has read, and it doesn't look into strings: whoever
// takes one checks that it holds neither control characters nor a backslash, with which it ended elsewhere.
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

// word reads a literal: true, false.
func (s *scanner) word(word string) bool {
	if s.next(); len(s.raw)-s.at < len(word) || string(s.raw[s.at:s.at+len(word)]) != word {
		return false
	}
	s.at += len(word)
	return true
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

// value skips an object, roughly: whoever wants it reads it again, from where it began to where this ends.
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
