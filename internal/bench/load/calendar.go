package load

import (
	"fmt"
	"time"
)

const (
	secondsOfDay = 24 * 3600
	historyDays  = 731 // two years
)

// calendar writes times without package time: a table of days.
type calendar struct {
	first int64 // days since 1970
	days  []civil
}

// civil is a day: its date as 2026-03-12, and Paris's offset at noon, in seconds. An event in the few hours between
// midnight and a change of clocks gets the day's other offset: a valid time all the same.
type civil struct {
	date   [10]byte
	offset int64
}

// newCalendar covers the time that a load up to a moment can speak of, with a margin.
func newCalendar(until time.Time, over time.Duration) (calendar, error) {
	paris, err := time.LoadLocation(schemasZone)
	if err != nil {
		return calendar{}, fmt.Errorf("load: %w", err)
	}
	c := calendar{first: until.Unix()/secondsOfDay - int64(over.Hours()/24) - historyDays - 200}
	for d := c.first; d <= until.Unix()/secondsOfDay+historyDays; d++ {
		noon := time.Unix(d*secondsOfDay+secondsOfDay/2, 0)
		_, offset := noon.In(paris).Zone()
		day := civil{offset: int64(offset)}
		copy(day.date[:], noon.UTC().Format(time.DateOnly))
		c.days = append(c.days, day)
	}
	return c, nil
}

// appendTime writes a Unix time in seconds as RFC 3339, with an offset in seconds (parisOffset: Paris's).
func (c calendar) appendTime(b []byte, at, offset int64) []byte {
	if offset == parisOffset {
		offset = c.days[at/secondsOfDay-c.first].offset
	}
	local := at + offset
	b = c.appendDate(b, local)
	s := local % secondsOfDay
	b = append(b, 'T', digit(s/36000), digit(s/3600%10), ':', digit(s/600%6), digit(s/60%10), ':', digit(s/10%6), digit(s%10))
	if offset < 0 {
		b, offset = append(b, '-'), -offset
	} else {
		b = append(b, '+')
	}
	return append(b, digit(offset/36000), digit(offset/3600%10), ':', digit(offset/600%6), digit(offset/60%10))
}

// appendDate writes the day of a Unix time in seconds.
func (c calendar) appendDate(b []byte, at int64) []byte {
	return append(b, c.days[at/secondsOfDay-c.first].date[:]...)
}

func digit(n int64) byte { return '0' + byte(n) }
