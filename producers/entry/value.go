package entry

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"vitrine/schemas"
)

// Value reads a text as the value of a field: a string, bool, int64 or [schemas.Decimal], as JSON has
// it. given is false where the text is blank; whether the field may be left out isn't judged here.
//
// What the door checks by itself isn't checked here: bounds, check digits, lengths, personal data. A list's
// items are read one by one, see [Split]; a moment of the day by [ReadMoment].
// The error is always an *[Error].
func Value(f schemas.Field, text string) (value any, given bool, err error) {
	text = trim(text)
	if text == "" {
		return nil, false, nil
	}
	switch f.Type {
	case schemas.FieldInt, schemas.FieldDecimal:
		plain, err := plainNumber(f, text)
		if err != nil {
			return nil, true, err
		}
		value, err = Number(f, plain)
		return value, true, err
	case schemas.FieldBool:
		value, err = readBool(text)
	case schemas.FieldCode:
		value, err = Code(f.Terms, text)
	case schemas.FieldTime:
		value, err = instant(text)
	case schemas.FieldList:
		err = fail(schemas.CodeType, text, "une valeur par élément", "one value for each item")
	default:
		value, err = formatted(f, text)
	}
	return value, true, err
}

// ValueIn is [Value] where a zone is known: a time may then be a day and a time of day, such as 12/03/2026 18h00, and is given
// with its offset. A day alone isn't enough.
func ValueIn(f schemas.Field, text string, zone *time.Location) (value any, given bool, err error) {
	if f.Type != schemas.FieldTime || trim(text) == "" {
		return Value(f, text)
	}
	at, timed, err := ReadMoment(text, zone)
	if err == nil && !timed {
		err = fail(schemas.CodeFormat, text, "une date et une heure, par exemple 12/03/2026 18h00", "a date and a time, such as 12/03/2026 18:00")
	}
	if err != nil {
		return nil, true, err
	}
	return at.Format(time.RFC3339), true, nil
}

// formatted reads a text that may have to keep a form.
func formatted(f schemas.Field, text string) (string, error) {
	switch f.Format {
	case "":
		return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"), nil
	case "date":
		day, err := ReadDay(text)
		return day.String(), err
	case "siren", "siret":
		digits := strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) || r == '.' || r == '-' {
				return -1
			}
			return r
		}, text)
		if strings.Trim(digits, "0123456789") != "" || f.Format == "siren" && len(digits) != 9 || f.Format == "siret" && len(digits) != 14 {
			return "", &Error{schemas.Problem{Code: schemas.CodeFormat, Found: Excerpt(text), Expected: f.Expected}}
		}
		return digits, nil
	}
	return text, nil
}

func readBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "oui", "o", "vrai", "x", "1", "yes", "y", "true", "✓", "✔":
		return true, nil
	case "non", "n", "faux", "0", "no", "false":
		return false, nil
	}
	return false, fail(schemas.CodeValue, text, "oui ou non", "yes or no")
}

// trim takes off the blanks around a text, no-break ones, zero-width ones and byte-order marks too.
func trim(text string) string {
	return strings.TrimFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b' || r == '\u200e' || r == '\u200f'
	})
}

// Split parts a cell that holds several items: one on each line, or with semicolons between them. Where no
// item may hold them (company numbers) commas and slashes part items as well. Blank lines are left
// out. A blank item before or after a semicolon is kept, as a value not given, but not where a line follows.
func Split(item schemas.Field, text string) []string {
	separators := ";"
	if item.Format == "siren" || item.Format == "siret" {
		separators = ";,/"
	}
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	lines = slices.DeleteFunc(lines, func(line string) bool { return trim(line) == "" })
	var items []string
	for n, line := range lines {
		for i := strings.IndexAny(line, separators); i >= 0; i = strings.IndexAny(line, separators) {
			items, line = append(items, trim(line[:i])), line[i+1:]
		}
		if rest := trim(line); rest != "" || n == len(lines)-1 {
			items = append(items, rest)
		}
	}
	return items
}
