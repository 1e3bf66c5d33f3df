package rollup

import (
	"time"

	"vitrine/schemas"
)

// Place is where an event stands in its lab's calendar.
type Place struct {
	// LocalDay is the day of its start in the lab's zone, as midnight UTC.
	LocalDay time.Time
	// Start and End are its times in milliseconds, as ClickHouse keeps them; End is Start where it doesn't last.
	Start, End time.Time

	first schemas.Decimal // the seconds on LocalDay
	rest  []DayPart       // of what is cut, the days after it; nearly everything ends on its day
}

// DayPart is how long something lasted on one local day.
type DayPart struct {
	Day     time.Time
	Seconds schemas.Decimal
}

// Days is how many parts an event is cut into: the days that it lasted over. One where it doesn't last, of no length.
func (p *Place) Days() int { return 1 + len(p.rest) }

// Day is a part by its number, from 0.
func (p *Place) Day(i int) DayPart {
	if i == 0 {
		return DayPart{p.LocalDay, p.first}
	}
	return p.rest[i-1]
}

// StoredPlace is a place from what is kept of it: its first day, its times, and the parts after the first day.
func StoredPlace(localDay, start, end time.Time, later []DayPart) Place {
	first := seconds(end.Sub(start)).Micros()
	for _, part := range later {
		first -= part.Seconds.Micros()
	}
	return Place{LocalDay: localDay, Start: start, End: end, first: schemas.Micros(first), rest: later}
}

// Later are the parts after the first day; nearly everything ends on its day.
func (p *Place) Later() []DayPart { return p.rest }

// PlaceOf cuts an event where a local day of the zone ends. It has 23 or 25 hours where the clock changes.
func PlaceOf(e *schemas.Event, zone *time.Location) Place { return new(Calendar).PlaceOf(e, zone) }

// PlaceOf is the function of this name, with what the calendar remembers.
func (c *Calendar) PlaceOf(e *schemas.Event, zone *time.Location) Place {
	p := Place{Start: time.UnixMilli(e.Time.UnixMilli()).UTC()}
	p.End = p.Start
	if end, given := schemas.EndOf(e); given {
		p.End = time.UnixMilli(end.UnixMilli()).UTC()
	}
	day, next := c.dayAt(p.Start, zone)
	p.LocalDay, p.first = midnightUTC(day), seconds(earlier(next, p.End).Sub(p.Start))
	for next.Before(p.End) {
		from := next
		day, next = c.dayAt(from, zone)
		p.rest = append(p.rest, DayPart{midnightUTC(day), seconds(earlier(next, p.End).Sub(from))})
	}
	return p
}

func seconds(d time.Duration) schemas.Decimal { return schemas.Micros(d.Microseconds()) }

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// midnightUTC is a day, counted from 1970, as ClickHouse's dates are handed over.
func midnightUTC(day int64) time.Time { return time.Unix(day*secondsPerDay, 0).UTC() }
