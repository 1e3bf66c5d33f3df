package schemas

import (
	"regexp"
	"strings"
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
// the decoder's time: no address is without one of these signs, no number shorter than eight digits.
func mayHoldAddress(s string) bool {
	return strings.ContainsAny(s, "@＠") || strings.Contains(s, "(at)") || strings.Contains(s, "[at]")
}

func mayHoldNumber(s string) bool {
	digits := 0
	for _, c := range []byte(s) {
		if '0' <= c && c <= '9' {
			digits++
		}
	}
	return digits >= 8
}

// Redact replaces e-mail addresses and phone numbers in a text, so that an event refused for
// holding them can be kept with its reason.
func Redact(s string) string {
	s = emailPattern.ReplaceAllString(s, "***")
	return phonePattern.ReplaceAllStringFunc(s, func(m string) string {
		number := phonePattern.FindStringSubmatch(m)[1]
		return strings.Replace(m, number, "***", 1)
	})
}
