package form

import (
	"math"
	"strconv"
	"strings"
	"time"

	"vitrine/schemas"
)

// number writes v as the language does: 12 345,6 or 12,345.6, with a decimal only where v is below a
// hundred and not whole.
func number(v float64, l schemas.Lang) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	decimals := 0
	if a := math.Abs(v); a < 100 && math.Abs(a-math.Round(a)) >= 0.05 {
		decimals = 1
	}
	s := strconv.FormatFloat(math.Abs(v), 'f', decimals, 64)
	if v < 0 && strings.Trim(s, "0.") != "" {
		s = "\u2212" + s // the minus sign, as wide as a digit
	}
	return grouped(s, l)
}

// grouped sets a plain number's thousands apart and its decimals as the language does.
func grouped(s string, l schemas.Lang) string {
	group, point := ",", "."
	if l == schemas.French {
		group, point = nnbsp, ","
	}
	sign := strings.TrimRight(s, "0123456789.")
	whole, fraction, _ := strings.Cut(s[len(sign):], ".")
	var b strings.Builder
	b.WriteString(sign)
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(group)
		}
		b.WriteRune(digit)
	}
	if fraction != "" {
		b.WriteString(point + fraction)
	}
	return b.String()
}

// value writes v with its unit, where the indicator's name doesn't say it already.
func (t texts) value(v float64, unit string) string {
	if v < 0 { // the sign stands before a currency's
		return "\u2212" + t.value(-v, unit)
	}
	pattern, ok := t.rows["unit."+unit]
	if !ok {
		pattern = "{n}"
	}
	one, many, ok := strings.Cut(pattern, "|")
	if ok && v != 1 && (t.lang != schemas.French || v >= 2) {
		one = many
	}
	return fill(one, []string{"n", number(v, t.lang)})
}

// date writes a day: 1er mars 2026, 1 March 2026.
func (t texts) date(d time.Time) string {
	day := strconv.Itoa(d.Day())
	if t.lang == schemas.French && d.Day() == 1 {
		day = "1er"
	}
	months := strings.Fields(t.must("months"))
	return day + nbsp + months[d.Month()-1] + nbsp + strconv.Itoa(d.Year())
}

// clock writes a time of day: 8 h 05, 08:05.
func (t texts) clock(at time.Time) string {
	if t.lang == schemas.French {
		return strconv.Itoa(at.Hour()) + nbsp + "h" + nbsp + at.Format("04")
	}
	return at.Format("15:04")
}
