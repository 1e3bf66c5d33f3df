package schemas

import (
	"bytes"
	"unicode/utf8"
)

// What a byte of a text may be.
const (
	signAlnum  uint8 = 1 << iota // A to Z, a to z, 0 to 9
	signRef                      // what else a ref may hold
	signEscape                   // json.Marshal escapes it
	signHigh                     // a part of a character beyond ASCII
	signDigit                    // enough of them may be a phone number
	signLook                     // an address may be known by it
	signSpace
	signNever // not in a plain text
)

// signs are the bytes' signs.
var signs = func() (table [256]uint8) {
	for c := range table {
		switch {
		case c < ' ', c == 0x7f, c == '"', c == '\\':
			table[c] = signNever
		case c >= utf8.RuneSelf:
			table[c] = signHigh
		case '0' <= c && c <= '9':
			table[c] = signAlnum | signDigit
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z':
			table[c] = signAlnum
		case c == '.', c == '_', c == ':', c == '/', c == '-':
			table[c] = signRef
		case c == '<', c == '>', c == '&':
			table[c] = signEscape
		case c == '@', c == '(', c == '[':
			table[c] = signLook
		case c == ' ':
			table[c] = signSpace
		}
	}
	return table
}()

// plainText says whether a text of at most so many characters needs no escapes (but those of json.Marshal's own), holds no
// control characters, and nothing personal.
func plainText(s []byte, maxLen int) (escape, ok bool) {
	all := uint8(0)
	for _, c := range s {
		all |= signs[c]
	}
	switch {
	case all&signNever != 0:
		return false, false
	case all&signHigh != 0 && !plainBeyondASCII(s):
		return false, false
	case len(s) > maxLen && utf8.RuneCount(s) > maxLen:
		return false, false
	}
	if all&signLook != 0 || all&signDigit != 0 && mayHoldNumber(s) {
		if _, clean := personal(string(s)); !clean {
			return false, false
		}
	}
	return all&signEscape != 0, true
}

// plainLink is the pattern of a url, written out.
func plainLink(s []byte) (escape, ok bool) {
	address, ok := bytes.CutPrefix(s, []byte("https://"))
	if !ok {
		if address, ok = bytes.CutPrefix(s, []byte("http://")); !ok {
			return false, false
		}
	}
	all := uint8(0)
	for _, c := range address {
		if c == '<' || c == '>' || c == '@' {
			return false, false
		}
		all |= signs[c]
	}
	length := utf8.RuneCount(address)
	return all&signEscape != 0, all&(signNever|signSpace) == 0 && (all&signHigh == 0 || plainBeyondASCII(address)) && 3 <= length && length <= 490
}

// plainBeyondASCII says whether a text is UTF-8 without control characters, the line ends that json.Marshal escapes, and
// the sign of an address in full width.
func plainBeyondASCII(s []byte) bool {
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(s[i:])
		if r == utf8.RuneError && n == 1 || r <= 0x9f || r == '\u2028' || r == '\u2029' || r == '＠' {
			return false
		}
		i += n
	}
	return true
}

func asciiText(s []byte) bool {
	all := uint8(0)
	for _, c := range s {
		all |= signs[c]
	}
	return all&(signNever|signHigh|signEscape) == 0
}

// appendEscaped writes a string as json.Marshal does, which keeps signs of HTML out of JSON.
func appendEscaped(out, s []byte) []byte {
	const digits = "0123456789abcdef"
	for _, c := range s {
		if signs[c]&signEscape != 0 {
			out = append(out, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		} else {
			out = append(out, c)
		}
	}
	return out
}
