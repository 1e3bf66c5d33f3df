package importers

import (
	"iter"
	"time"
)

// Month is a calendar month in a zone.
type Month struct {
	year  int
	month time.Month
	zone  *time.Location
}

// MonthOf is the month in which a moment lies, in a zone.
func MonthOf(t time.Time, zone *time.Location) Month {
	t = t.In(zone)
	return Month{t.Year(), t.Month(), zone}
}

// String is e.g. "2026-03".
func (m Month) String() string { return m.Start().Format("2006-01") }

// Start is the month's first moment.
func (m Month) Start() time.Time { return time.Date(m.year, m.month, 1, 0, 0, 0, 0, m.zone) }

// End is the first moment after the month.
func (m Month) End() time.Time { return time.Date(m.year, m.month+1, 1, 0, 0, 0, 0, m.zone) }

// Next is the month after it.
func (m Month) Next() Month { return MonthOf(m.End(), m.zone) }

// Stamp is the time of an event about the whole month: noon of its last day, so that the day is
// the month's last one in any zone of the programme, from Cayenne to La Réunion, even if the lab's
// zone was registered otherwise.
func (m Month) Stamp() time.Time { return time.Date(m.year, m.month+1, 0, 12, 0, 0, 0, m.zone) }

// Months are the months that lie whole in the range and are over. Where the range has no begin,
// they begin with the month of first; where it has no end, now is it.
func Months(r Range, first, now time.Time, zone *time.Location) iter.Seq[Month] {
	if r.Since.IsZero() {
		r.Since = MonthOf(first, zone).Start()
	}
	if r.Until.IsZero() || r.Until.After(now) {
		r.Until = now
	}
	return func(yield func(Month) bool) {
		m := MonthOf(r.Since, zone)
		if m.Start().Before(r.Since) {
			m = m.Next()
		}
		for ; !m.End().After(r.Until); m = m.Next() {
			if !yield(m) {
				return
			}
		}
	}
}
