package verify

import (
	"fmt"
	"time"
)

// Day is a calendar day without a zone, as days since 1970-01-01: what ClickHouse's Date holds.
type Day int32

// DayOf is the calendar day that t shows in its own zone.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return date(y, m, d)
}

func date(y int, m time.Month, d int) Day {
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// parseDay reads YYYY-MM-DD.
func parseDay(s string) (Day, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return DayOf(t), err == nil
}

// Time is the day's midnight, UTC.
func (d Day) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

func (d Day) String() string { return d.Time().Format(time.DateOnly) }

// addMonths is for first days of months only.
func (d Day) addMonths(n int) Day { return DayOf(d.Time().AddDate(0, n, 0)) }

// Grain is how long periods are; the values are those of the kpi views' parameter.
type Grain string

// The three grains that figures are given by.
const (
	Daily     Grain = "day"
	Monthly   Grain = "month"
	Quarterly Grain = "quarter"
)

// Grains are all three.
func Grains() []Grain { return []Grain{Daily, Monthly, Quarterly} }

// period numbers the periods of a grain without gaps, so that the next one is period + 1.
type period int32

// of is the period that a day lies in.
func (g Grain) of(d Day) period {
	if g == Daily {
		return period(d)
	}
	y, m, _ := d.Time().Date()
	if g == Quarterly {
		return period(y*4 + int(m-1)/3)
	}
	return period(y*12 + int(m-1))
}

// start is a period's first day.
func (g Grain) start(p period) Day {
	switch g {
	case Daily:
		return Day(p)
	case Quarterly:
		return date(int(p)/4, time.Month(int(p)%4*3+1), 1)
	default:
		return date(int(p)/12, time.Month(int(p)%12+1), 1)
	}
}

// end is a period's last day.
func (g Grain) end(p period) Day { return g.start(p+1) - 1 }

// name is how people write a period that begins on a day: 2026-03-05, 2026-03 or 2026-Q1.
func (g Grain) name(start Day) string {
	t := start.Time()
	switch g {
	case Monthly:
		return t.Format("2006-01")
	case Quarterly:
		return fmt.Sprintf("%d-Q%d", t.Year(), (int(t.Month())+2)/3)
	default:
		return start.String()
	}
}
