package entry

import (
	"regexp"
	"strings"
	"unicode"

	"vitrine/schemas"
)

// The ways to write a number: groups of three digits parted by blanks, dots or commas, then decimals.
// What fits two of them, such as 1,234, is refused before.
var (
	plainPattern  = regexp.MustCompile(`^[0-9]+([.,][0-9]+)?$`)
	blankGroups   = regexp.MustCompile(`^[0-9]{1,3}( [0-9]{3})+([.,][0-9]+)?$`)
	dotGroups     = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{3})+,[0-9]+$|^[0-9]{1,3}(\.[0-9]{3}){2,}$`)
	commaGroups   = regexp.MustCompile(`^[0-9]{1,3}(,[0-9]{3})+\.[0-9]+$|^[0-9]{1,3}(,[0-9]{3}){2,}$`)
	eitherPattern = regexp.MustCompile(`^[1-9][0-9]{0,2}[.,][0-9]{3}$`)
)

// plainNumber writes a number as JSON does, from how people write it.
func plainNumber(f schemas.Field, text string) (string, error) {
	s := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == '\'', r == '’':
			return ' '
		case r == '\u2212', r == '\u2013', r == '\u2010', r == '\u2011':
			return '-'
		}
		return r
	}, text)
	s = withoutUnit(f.Title.EN, s)
	sign := ""
	if rest, negative := strings.CutPrefix(s, "-"); negative {
		sign, s = "-", strings.TrimLeft(rest, " ")
	} else {
		s = strings.TrimPrefix(s, "+")
	}
	switch {
	case eitherPattern.MatchString(s):
		whole, thousandths := s[:len(s)-4], s[len(s)-3:]
		return "", fail(schemas.CodeFormat, text,
			whole+thousandths+" ou "+whole+","+thousandths+"0 : on ne peut pas savoir lequel", whole+thousandths+" or "+whole+"."+thousandths+"0: it can't be told which")
	case plainPattern.MatchString(s):
		return sign + leading(strings.Replace(s, ",", ".", 1)), nil
	case blankGroups.MatchString(s):
		return sign + leading(strings.Replace(strings.ReplaceAll(s, " ", ""), ",", ".", 1)), nil
	case dotGroups.MatchString(s):
		return sign + leading(strings.Replace(strings.ReplaceAll(s, ".", ""), ",", ".", 1)), nil
	case commaGroups.MatchString(s):
		return sign + leading(strings.ReplaceAll(s, ",", "")), nil
	}
	return "", fail(schemas.CodeFormat, text, f.Expected.FR, f.Expected.EN)
}

// withoutUnit takes off the unit that the field's name has in parentheses; euros however they are written.
func withoutUnit(title, s string) string {
	_, unit, _ := strings.Cut(title, "(")
	units := []string{strings.TrimSuffix(unit, ")")}
	if strings.Contains(title, "€") {
		units = []string{"€", "EUR", "euros"}
	}
	for _, unit := range units {
		if number, had := strings.CutSuffix(s, unit); had && unit != "" {
			return strings.TrimRight(number, " ")
		}
	}
	return s
}

// leading takes off zeros that JSON's numbers may not begin with.
func leading(s string) string {
	if t := strings.TrimLeft(s, "0"); t != "" && t[0] != '.' {
		return t
	} else if t == "" {
		return "0"
	} else {
		return "0" + t
	}
}

// Number reads a number in JSON's notation, as a machine writes it, for a field that holds one.
func Number(f schemas.Field, plain string) (any, error) {
	d, err := schemas.ParseDecimal(plain)
	switch {
	case err != nil, f.Type == schemas.FieldInt && !d.IsInt():
		return nil, &Error{schemas.Problem{Code: schemas.CodeFormat, Found: Excerpt(plain), Expected: f.Expected}}
	case f.Type == schemas.FieldInt:
		return d.Micros() / 1e6, nil
	}
	return d, nil
}
