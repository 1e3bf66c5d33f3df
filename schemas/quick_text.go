package schemas

import (
	"bytes"
	"encoding/hex"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/uuid"
)

// code looks at a string and gives the code that it is, if the field is one, and where it stands in its closed list,
// counted from 1. escape says that json.Marshal would write it otherwise.
func (q *quickDoor) code(f *field, s []byte) (code string, term int16, escape, ok bool) {
	switch {
	case f.typ == typeCode:
		for i := range f.codes {
			if f.codes[i] == string(s) {
				return f.codes[i], int16(i + 1), false, true
			}
		}
		return "", 0, false, false
	case f.typ == typeTime:
		t, ok := plainInstant(s)
		if !ok {
			return "", 0, false, false
		}
		if f.name == "end" {
			q.end = t
		}
		return q.texts.copy(s), 0, false, true
	}
	switch f.format {
	case "":
		escape, ok = plainFree(f, s)
		return "", 0, escape, ok
	case "url":
		escape, ok = plainLink(s)
		return "", 0, escape, ok
	case "ref":
		code, ok = q.ref(s)
		return code, 0, false, ok
	case "siren", "siret":
		if len(s) > 14 { // with spaces
			return "", 0, false, false
		}
		code = q.texts.copy(s)
		return code, 0, false, f.format == "siren" && validSIREN(code) || f.format == "siret" && validSIRET(code)
	}
	if !asciiText(s) {
		return "", 0, false, false
	}
	code = q.texts.copy(s)
	return code, 0, false, formats()[f.format].valid(code)
}

// free says that a field holds free text.
func (f *field) free() bool { return f.typ == typeText && f.format == "" }

// plainFree says whether a free text is one that the field takes.
func plainFree(f *field, s []byte) (escape, ok bool) {
	escape, ok = plainText(s, f.maxLen)
	return escape, ok && (!f.required || len(bytes.TrimSpace(s)) > 0)
}

// unescaped is a text without its escapes, if all are of the form \u00e9, as Python writes what isn't ASCII. It is valid until
// the next one.
func (q *quickDoor) unescaped(s []byte) ([]byte, bool) {
	q.text = q.text[:0]
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			q.text = append(q.text, s[i])
			continue
		}
		if i+6 > len(s) || s[i+1] != 'u' {
			return nil, false
		}
		var code [2]byte
		if _, err := hex.Decode(code[:], s[i+2:i+6]); err != nil {
			return nil, false
		}
		r := rune(code[0])<<8 | rune(code[1])
		if utf16.IsSurrogate(r) { // half a character; rare
			return nil, false
		}
		q.text = utf8.AppendRune(q.text, r)
		i += 5
	}
	return q.text, true
}

// ref is the pattern of this name, written out.
func (q *quickDoor) ref(s []byte) (string, bool) {
	if len(s) == 0 || len(s) > 80 || signs[s[0]]&signAlnum == 0 {
		return "", false
	}
	for _, c := range s {
		if signs[c]&(signAlnum|signRef) == 0 {
			return "", false
		}
	}
	code := q.texts.copy(s)
	if mayHoldNumber(code) && uuid.Validate(code) != nil {
		_, clean := personal(code)
		return code, clean
	}
	return code, true
}
