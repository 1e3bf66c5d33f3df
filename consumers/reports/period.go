package reports

import (
	"fmt"
	"strings"
	"time"
)

// span is a period's days.
type span struct {
	name         string    // "2026-Q1" or "2026-03"
	grain        string    // "quarter" or "month"
	starts, ends time.Time // first and last day, midnight UTC
}

// parsePeriod reads a quarter ("2026-Q1"; French writes T1) or a month ("2026-03").
func parsePeriod(s string) (span, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if starts, err := time.Parse("2006-01", s); err == nil {
		return span{s, "month", starts, starts.AddDate(0, 1, -1)}, true
	}
	year, quarter, ok := strings.Cut(strings.Replace(s, "-T", "-Q", 1), "-Q")
	first, err := time.Parse("2006", year)
	if !ok || err != nil || len(quarter) != 1 || quarter < "1" || quarter > "4" {
		return span{}, false
	}
	starts := first.AddDate(0, 3*int(quarter[0]-'1'), 0)
	return span{year + "-Q" + quarter, "quarter", starts, starts.AddDate(0, 3, -1)}, true
}

// quarterOf names the quarter that a day lies in.
func quarterOf(day time.Time) string {
	return fmt.Sprintf("%d-Q%d", day.Year(), (int(day.Month())+2)/3)
}

// monthEnds are the last days of the months from the one that from lies in up to to, which is the last one
// where its month isn't over; at most most of them, the latest ones.
func monthEnds(from, to time.Time, most int) []time.Time {
	var days []time.Time
	for m := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC); !m.After(to); m = m.AddDate(0, 1, 0) {
		end := m.AddDate(0, 1, -1)
		if end.After(to) {
			end = to
		}
		days = append(days, end)
	}
	return days[max(0, len(days)-most):]
}

// quarterEnds are those of monthEnds with which a quarter ends, and to.
func quarterEnds(from, to time.Time, most int) []time.Time {
	var days []time.Time
	for _, day := range monthEnds(from, to, 3*most) {
		if day.Month()%3 == 0 || day.Equal(to) {
			days = append(days, day)
		}
	}
	return days[max(0, len(days)-most):]
}

// monthOf is the first day of a day's month.
func monthOf(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
}
