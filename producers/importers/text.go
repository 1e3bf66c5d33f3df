package importers

import (
	"strings"
	"unicode"

	"vitrine/schemas"
)

// Title is a source's title as an event may hold it: on one line, at most maxLen characters, and
// empty if it holds an address or a phone number.
func Title(s string, maxLen int) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar }), " ")
	if schemas.Redact(s) != s {
		return ""
	}
	if r := []rune(s); len(r) > maxLen {
		s = strings.TrimSpace(string(r[:maxLen-1])) + "…"
	}
	return s
}

// Rule gives a code to texts that hold one of its words.
type Rule struct {
	// Words are parts of words, without accents and in lower case; a blank stands for any separator,
	// and for the text's begin and end: "tour" is also in "contour", " tour " is a word of its own.
	Words []string
	Code  string
}

// Classify gives a text the code of the first rule that fits; fallback if none does. Case, accents
// and separators don't matter.
func Classify(text string, rules []Rule, fallback string) string {
	folded := " " + Fold(text) + " "
	for _, rule := range rules {
		for _, word := range rule.Words {
			if strings.Contains(folded, word) {
				return rule.Code
			}
		}
	}
	return fallback
}

// unaccented takes the accents off lower-case letters; made once, since that takes longer than a use.
var unaccented = strings.NewReplacer("à", "a", "â", "a", "ä", "a", "ç", "c", "é", "e", "è", "e", "ê", "e", "ë", "e", "î", "i", "ï", "i",
	"ô", "o", "ö", "o", "ù", "u", "û", "u", "ü", "u", "œ", "oe", "æ", "ae", "\u0301", "", "\u0300", "", "\u0302", "")

// Fold is a text in lower case without accents, its words separated by single blanks: "Découpeuse
// laser" and "decoupeuse-laser" fold alike.
func Fold(s string) string {
	s = unaccented.Replace(strings.ToLower(s))
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}
