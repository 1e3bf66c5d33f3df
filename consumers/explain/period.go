package explain

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Grain is how long a period is; the values are those of the kpi views' parameter.
type Grain string

// The grains that figures are given by.
const (
	Day     Grain = "day"
	Month   Grain = "month"
	Quarter Grain = "quarter"
)

// Period is a day, a month or a quarter.
type Period struct {
	Grain Grain
	Start time.Time // midnight UTC of its first day
}

// PeriodOf is the period of a grain that a day (midnight UTC) lies in.
func PeriodOf(g Grain, day time.Time) Period {
	y, m, d := day.Date()
	switch g {
	case Quarter:
		m, d = m-(m-1)%3, 1
	case Month:
		d = 1
	}
	return Period{g, time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
}

// ParsePeriod reads 2026-03-12, 2026-03 or 2026-Q1 (2026-T1, in French), from 1971 to 2148: what ClickHouse's
// Date holds.
func ParsePeriod(s string) (_ Period, ok bool) {
	for layout, grain := range map[string]Grain{time.DateOnly: Day, "2006-01": Month} {
		if t, err := time.Parse(layout, s); err == nil {
			return inRange(Period{grain, t})
		}
	}
	year, quarter, found := strings.Cut(strings.Replace(strings.ToUpper(s), "-T", "-Q", 1), "-Q")
	if found {
		y, err := time.Parse("2006", year)
		n, errQ := strconv.Atoi(quarter)
		if err == nil && errQ == nil && len(quarter) == 1 && n >= 1 && n <= 4 {
			return inRange(Period{Quarter, y.AddDate(0, 3*(n-1), 0)})
		}
	}
	return Period{}, false
}

func inRange(p Period) (Period, bool) { return p, p.Start.Year() >= 1971 && p.Start.Year() <= 2148 }

// Next is the period that follows.
func (p Period) Next() Period { return p.plus(1) }

func (p Period) plus(n int) Period {
	switch p.Grain {
	case Day:
		return Period{p.Grain, p.Start.AddDate(0, 0, n)}
	case Month:
		return Period{p.Grain, p.Start.AddDate(0, n, 0)}
	}
	return Period{p.Grain, p.Start.AddDate(0, 3*n, 0)}
}

// End is its last day, midnight UTC.
func (p Period) End() time.Time { return p.Next().Start.AddDate(0, 0, -1) }

// String is how people write it: 2026-03-12, 2026-03 or 2026-Q1.
func (p Period) String() string {
	switch p.Grain {
	case Day:
		return p.Start.Format(time.DateOnly)
	case Month:
		return p.Start.Format("2006-01")
	}
	return fmt.Sprintf("%d-Q%d", p.Start.Year(), (p.Start.Month()+2)/3)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
