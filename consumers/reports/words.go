package reports

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"vitrine/internal/pages"
	"vitrine/schemas"
)

//go:embed texts.yaml
var textsFile []byte

// words are the report's words in a language, and how it writes numbers and days.
type words struct {
	pages.Texts
	lang schemas.Lang
	zone *time.Location // the programme's: a moment's day is by its calendar
}

var allWords = sync.OnceValues(func() (map[pages.Lang]pages.Texts, error) { return pages.LoadTexts("reports", textsFile) })

func wordsOf(lang schemas.Lang) (words, error) {
	if lang != schemas.French {
		lang = schemas.English
	}
	all, err := allWords()
	return words{all[pages.Lang(lang)], lang, time.UTC}, err
}

// say picks a text of the contract's.
func (w words) say(t schemas.Text) string { return pages.Lang(w.lang).Typeset(t.In(w.lang)) }

// none stands where there is no value.
const none = "–"

// decimals are how many are written: cents for money, else as many as tell something.
func decimals(v decimal.Decimal, unit string) int32 {
	switch unit {
	case "EUR":
		return 2
	case "%", "point", "hour", "trainee.hour":
		return 1
	}
	if v.IsInteger() {
		return 0
	}
	return 2
}

// number writes v with so many decimals, in the language's manner: 12 345,60 or 12,345.60.
func (w words) number(v decimal.Decimal, places int32) string {
	text := v.Abs().StringFixed(places)
	whole, fraction, _ := strings.Cut(text, ".")
	group, point := ",", "."
	if w.lang == schemas.French {
		group, point = pages.NNBSP, ","
	}
	var b strings.Builder
	if v.IsNegative() && strings.Trim(text, "0.") != "" {
		b.WriteString("\u2212")
	}
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
func (w words) value(v decimal.Decimal, unit string) string {
	return w.valueTo(v, unit, decimals(v, unit))
}

// valueTo is value with so many decimals.
func (w words) valueTo(v decimal.Decimal, unit string, places int32) string {
	pattern := w.pattern(v, unit)
	n := w.number(v, places)
	if sign, rest, negative := strings.Cut(n, "\u2212"); negative && sign == "" && !strings.HasPrefix(pattern, "{n}") {
		return "\u2212" + strings.ReplaceAll(pattern, "{n}", rest) // the sign stands before a currency's
	}
	return strings.ReplaceAll(pattern, "{n}", n)
}

// pattern is how the unit is written around v: {n} € or {n} jours.
func (w words) pattern(v decimal.Decimal, unit string) string {
	pattern, ok := w.Rows["unit."+unit]
	switch {
	case ok && unit != "":
	case unit == "":
		pattern = "{n}"
	default: // a programme's own
		pattern = "{n}" + pages.NBSP + unit
	}
	if one, many, two := strings.Cut(pattern, "|"); two {
		pattern = many
		if v.Equal(decimal.NewFromInt(1)) || w.lang == schemas.French && v.Abs().LessThan(decimal.NewFromInt(2)) {
			pattern = one
		}
	}
	return pattern
}

// signed is value with a plus sign where it is above 0.
func (w words) signed(v decimal.Decimal, unit string) string {
	if v.IsPositive() {
		return "+" + w.value(v, unit)
	}
	return w.value(v, unit)
}

// day is a short date: 31/03/2026, or 31 Mar 2026.
func (w words) day(t time.Time) string {
	if w.lang == schemas.French {
		return t.Format("02/01/2006")
	}
	return strings.ReplaceAll(t.Format("2 Jan 2006"), " ", pages.NBSP)
}

// monthLabel is a month on a chart's axis.
func (w words) monthLabel(t time.Time) string {
	return strings.Fields(w.Must("months.short"))[t.Month()-1] + pages.NBSP + t.Format("06")
}

// period is a quarter or month in words.
func (w words) period(starts time.Time, grain string) string {
	if grain == "month" {
		return strings.Fields(w.Must("months"))[starts.Month()-1] + pages.NBSP + strconv.Itoa(starts.Year())
	}
	return w.Must("quarter."+strconv.Itoa((int(starts.Month())+2)/3), "year", strconv.Itoa(starts.Year()))
}

// list joins words: a, b and c.
func (w words) list(items []string) string {
	if n := len(items); n > 1 {
		return strings.Join(items[:n-1], ", ") + " " + w.Must("and") + " " + items[n-1]
	}
	return strings.Join(items, "")
}

// status is a state in a word.
func (w words) status(code string) string {
	if text, ok := w.Rows["status."+code]; ok {
		return text
	}
	return code
}

// state is a period's state in words.
func (w words) state(code string) string {
	if text, ok := w.Rows["state."+code]; ok {
		return text
	}
	return code
}
