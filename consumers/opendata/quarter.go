package opendata

import (
	"fmt"
	"time"
)

// Quarter is a calendar quarter: four times the year, plus 0 to 3.
type Quarter int

// QuarterOf is the quarter that a day is in, in the day's own zone.
func QuarterOf(t time.Time) Quarter { return Quarter(t.Year()*4 + (int(t.Month())-1)/3) }

// LastComplete is the last quarter that has ended on a day.
func LastComplete(today time.Time) Quarter { return QuarterOf(today) - 1 }

// ParseQuarter reads "2026-Q1".
func ParseQuarter(s string) (Quarter, error) {
	var year, n int
	if _, err := fmt.Sscanf(s, "%04d-Q%d", &year, &n); err != nil || n < 1 || n > 4 || Quarter(year*4+n-1).String() != s {
		return 0, fmt.Errorf("quarter %q: expected one such as 2026-Q1", s)
	}
	return Quarter(year*4 + n - 1), nil
}

// String is "2026-Q1".
func (q Quarter) String() string { return fmt.Sprintf("%04d-Q%d", int(q)/4, int(q)%4+1) }

// First is its first day, midnight in UTC.
func (q Quarter) First() time.Time {
	return time.Date(int(q)/4, time.Month(int(q)%4*3+1), 1, 0, 0, 0, 0, time.UTC)
}

// Last is its last day, midnight in UTC.
func (q Quarter) Last() time.Time { return (q + 1).First().AddDate(0, 0, -1) }

// MarshalText is its name.
func (q Quarter) MarshalText() ([]byte, error) { return []byte(q.String()), nil }

// UnmarshalText is [ParseQuarter].
func (q *Quarter) UnmarshalText(text []byte) (err error) {
	*q, err = ParseQuarter(string(text))
	return err
}
