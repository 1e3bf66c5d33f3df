package entry

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// Day is a day of the calendar, in no zone.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// String is e.g. "2026-03-12".
func (d Day) String() string { return d.utc().Format(time.DateOnly) }

// Before says whether d is before o.
func (d Day) Before(o Day) bool { return d.utc().Before(o.utc()) }

// AddDays is the day so many days later.
func (d Day) AddDays(n int) Day { return DayOf(d.utc().AddDate(0, 0, n)) }

func (d Day) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// DayOf is the day of a moment, in the moment's own zone.
func DayOf(t time.Time) Day { return Day{t.Year(), t.Month(), t.Day()} }

var (
	// The day comes first, as in France and Britain; a year of four digits first is ISO 8601's.
	dayFirst  = regexp.MustCompile(`^([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})$`)
	yearFirst = regexp.MustCompile(`^([0-9]{4})[/.\-]([0-9]{1,2})[/.\-]([0-9]{1,2})$`)
	shortYear = regexp.MustCompile(`^[0-9]{1,2}[/.\-][0-9]{1,2}[/.\-][0-9]{2}$`)
	inWords   = regexp.MustCompile(`^(?:[a-z]+ )?([0-9]{1,2})(?:er|st|nd|rd|th)? ([a-z]+) ([0-9]{4})$`)
)

// ReadDay reads a day: 12/03/2026, 12.03.2026, 2026-03-12, 12 mars 2026, 12 March 2026. The error is an *[Error].
func ReadDay(text string) (Day, error) {
	text = trim(text)
	if m := dayFirst.FindStringSubmatch(text); m != nil {
		return calendarDay(text, m[3], m[2], m[1])
	}
	if m := yearFirst.FindStringSubmatch(text); m != nil {
		return calendarDay(text, m[1], m[2], m[3])
	}
	if m := inWords.FindStringSubmatch(importers.Fold(text)); m != nil {
		if month := monthNamed(m[2]); month > 0 {
			return calendarDay(text, m[3], strconv.Itoa(month), m[1])
		}
	}
	if shortYear.MatchString(text) {
		return Day{}, fail(schemas.CodeFormat, text, "une année en quatre chiffres, par exemple 12/03/2026", "a year of four digits, such as 12/03/2026")
	}
	return Day{}, fail(schemas.CodeFormat, text, "une date jj/mm/aaaa, par exemple 12/03/2026", "a date dd/mm/yyyy, such as 12/03/2026")
}

func calendarDay(text, year, month, day string) (Day, error) {
	y, _ := strconv.Atoi(year) // the patterns let digits through alone
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if t.Day() != d || int(t.Month()) != m {
		return Day{}, fail(schemas.CodeFormat, text, "un jour qui existe, écrit jj/mm/aaaa", "a day that exists, written dd/mm/yyyy")
	}
	if y < 1970 || y > 2148 {
		return Day{}, fail(schemas.CodeRange, text, "une date de 1970 à 2148", "a date from 1970 to 2148")
	}
	return Day{y, time.Month(m), d}, nil
}

// monthNamed is a month by its folded name, whole or in its first letters; 0 if it is none.
func monthNamed(name string) int {
	if len(name) < 3 || name == "jui" {
		return 0 // juin or juillet
	}
	for _, months := range []string{"janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
		"january february march april may june july august september october november december"} {
		for i, month := range strings.Fields(months) {
			if strings.HasPrefix(month, name) {
				return i + 1
			}
		}
	}
	return 0
}
