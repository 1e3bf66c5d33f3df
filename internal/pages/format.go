package pages

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Number writes v as the language does: 12 345,6 or 12,345.6, with a decimal
// only where v is below a hundred and not whole.
func (l Lang) Number(v float64) string {
	decimals := 0
	if a := math.Abs(v); a < 100 && math.Abs(a-math.Round(a)) >= 0.05 {
		decimals = 1
	} else if a > 0 && a < 0.05 {
		decimals = 2
	}
	return l.NumberTo(v, decimals)
}

// NumberTo writes v as the language does, with so many decimals.
func (l Lang) NumberTo(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	s := strconv.FormatFloat(math.Abs(v), 'f', decimals, 64)
	whole, fraction, _ := strings.Cut(s, ".")
	group, point := ",", "."
	if l == French {
		group, point = NNBSP, ","
	}
	var b strings.Builder
	if v < 0 && strings.Trim(s, "0.") != "" {
		b.WriteString("\u2212") // the minus sign, as wide as a digit
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

// Percent writes v per hundred, whole. It is rounded down, so that 99.9 % of a
// promise doesn't read as all of it.
func (t Texts) Percent(v float64) string {
	return t.Value(math.Floor(v), "%")
}

// Value writes v with its unit, where the indicator's name doesn't say it already.
func (t Texts) Value(v float64, unit string) string { return t.value(v, unit, t.Lang.Number) }

// ValueTo is [Texts.Value] with so many decimals.
func (t Texts) ValueTo(v float64, unit string, decimals int) string {
	return t.value(v, unit, func(v float64) string { return t.Lang.NumberTo(v, decimals) })
}

func (t Texts) value(v float64, unit string, number func(float64) string) string {
	if v < 0 { // the sign stands before a currency's
		return "\u2212" + t.value(-v, unit, number)
	}
	pattern, ok := t.Rows["unit."+unit]
	if !ok {
		pattern = "{n}" + NBSP + unit // a programme's own
	}
	one, many, ok := strings.Cut(pattern, "|")
	if ok && v != 1 && (t.Lang != French || v >= 2) {
		one = many
	}
	return strings.TrimRight(fill(one, []string{"n", number(v)}), NBSP)
}

// Date writes a day: 1er mars 2026, 1 March 2026.
func (t Texts) Date(d time.Time) string {
	day := strconv.Itoa(d.Day())
	if t.Lang == French && d.Day() == 1 {
		day = "1er"
	}
	months := strings.Fields(t.Must("months"))
	// A date stays on one line.
	return day + NBSP + months[d.Month()-1] + NBSP + strconv.Itoa(d.Year())
}

// Moment writes a day and a time of day: 1er mars 2026 à 9 h 05, 1 March 2026 at 09:05.
func (t Texts) Moment(at time.Time) string {
	clock := at.Format("15:04")
	if t.Lang == French {
		clock = strconv.Itoa(at.Hour()) + NBSP + "h" + NBSP + at.Format("04")
	}
	return t.Must("moment", "date", t.Date(at), "time", clock)
}

// Ago writes how long before today's day a day was.
func (t Texts) Ago(at, today time.Time) string {
	days := DaysBetween(at, today)
	switch {
	case days <= 0:
		return t.Must("ago.today")
	case days == 1:
		return t.Must("ago.yesterday")
	case days < 60:
		return t.Count("ago.days", days)
	case days < 730:
		return t.Count("ago.months", int(float64(days)/30.44)) // the mean month
	}
	return t.Count("ago.years", days/365)
}

// DaysBetween counts calendar days, each as it reads in its own location.
func DaysBetween(from, to time.Time) int {
	midnight := func(at time.Time) time.Time {
		y, m, d := at.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(to).Sub(midnight(from)).Hours() / 24)
}
