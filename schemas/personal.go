package schemas

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What marks personal data in free text. Names of people can't be told from other words; the
// free-text fields are few and say that they are for organisations and titles.
var (
	emailPattern = regexp.MustCompile(`[\p{L}0-9._%+\-]+\s?(@|\(at\)|\[at\]|＠)\s?[\p{L}0-9\-]+(\.[\p{L}0-9\-]+)+`)
	// French numbers (01 23 45 67 89, +33 1…, 0033…) and international ones (+ and 8 to 15 digits, ITU-T E.164).
	phonePattern = regexp.MustCompile(`(?:^|[^0-9A-Za-z])((?:\+|00)[1-9][0-9]{0,2}(?:[ .\-/()]{0,2}[0-9]){7,13}|0[1-9](?:[ .\-/]?[0-9]{2}){4})(?:$|[^0-9])`)
)

// personal says what sort of personal data a text holds; ok is true if it holds none.
func personal(s string) (what Text, ok bool) {
	switch {
	case mayHoldAddress(s) && emailPattern.MatchString(s):
		return Text{FR: "aucune adresse électronique", EN: "no e-mail address"}, false
	case mayHoldNumber(s) && phonePattern.MatchString(s):
		return Text{FR: "aucun numéro de téléphone", EN: "no phone number"}, false
	}
	return Text{}, true
}

// mayHoldAddress and mayHoldNumber spare most texts the regular expressions, which would take most of
// the decoder's time: no address is without one of these signs, no number has fewer than eight digits or anything between
// them but the signs that people write there.
func mayHoldAddress(s string) bool {
	return strings.Contains(s, "@") || strings.Contains(s, "＠") || strings.Contains(s, "(at)") || strings.Contains(s, "[at]")
}

func mayHoldNumber[S string | []byte](s S) bool {
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			if digits++; digits == 8 {
				return true
			}
		case c == ' ', c == '.', c == '-', c == '/', c == '(', c == ')', c == '+':
		default:
			digits = 0
		}
	}
	return false
}

// Redact replaces e-mail addresses and phone numbers in a text, so that an event refused for
// holding them can be kept with its reason. Those that JSON's escapes hide are found too.
func Redact(s string) string {
	if plain := unescape(s); plain != s {
		if _, clean := personal(plain); !clean {
			s = plain
		}
	}
	if mayHoldAddress(s) {
		s = emailPattern.ReplaceAllString(s, "***")
	}
	// Two numbers may share the sign between them, which one match takes: hence more than one pass.
	for mayHoldNumber(s) && phonePattern.MatchString(s) {
		s = phonePattern.ReplaceAllStringFunc(s, func(m string) string {
			number := phonePattern.FindStringSubmatch(m)[1]
			return strings.Replace(m, number, "***", 1)
		})
	}
	return s
}

var escapePattern = regexp.MustCompile(`\\(?:u[0-9A-Fa-f]{4}|[/nrt])`)

// unescape undoes JSON's escapes, but for those of quotes, backslashes and control characters.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	return escapePattern.ReplaceAllStringFunc(s, func(m string) string {
		switch m[1] {
		case '/':
			return "/"
		case 'n', 'r', 't':
			return " "
		}
		r, err := strconv.ParseUint(m[2:], 16, 32)
		if c := rune(r); err == nil && c != '"' && c != '\\' && unicode.IsGraphic(c) {
			return string(c)
		}
		return m
	})
}

// Evidence is what may be kept and shown of a text that was refused: valid UTF-8 without personal
// data, and without what a terminal would obey, of at most so many bytes. A control character becomes
// its picture (␀, ␛), any other byte or sign that can't be shown �.
func Evidence(raw string, maxBytes int) string {
	const margin = 256 // so that an address or a number at the cut is seen whole
	s := strings.ToValidUTF8(raw[:min(len(raw), maxBytes+margin)], "\ufffd")
	s = Redact(strings.Map(shown, s))
	if len(s) <= maxBytes {
		return s
	}
	for maxBytes > 0 && !utf8.RuneStart(s[maxBytes]) {
		maxBytes--
	}
	return Redact(s[:maxBytes]) // a number too long to be one may have become one
}

// shown is a sign as a terminal may have it. Unicode's "control pictures" stand in the order of the
// control characters. Signs that turn the direction of writing (Bidi_Control) would hide what stands there.
func shown(r rune) rune {
	switch {
	case r == '\n', r == '\r', r == '\t':
		return r
	case r < ' ':
		return '\u2400' + r
	case r == 0x7f:
		return '\u2421'
	case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
		return '\ufffd'
	}
	return r
}
