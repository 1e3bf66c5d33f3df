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
	// Parts are the days that it lasted over, with the time on each; one of no length where it doesn't last.
	Parts []DayPart
}

// DayPart is how long something lasted on one local day.
type DayPart struct {
	Day     time.Time
	Seconds schemas.Decimal
}

// PlaceOf cuts an event at each midnight of the zone. A day has 23 or 25 hours where the clock changes.
func PlaceOf(e *schemas.Event, zone *time.Location) Place {
	p := Place{Start: e.Time.UTC().Truncate(time.Millisecond)}
	p.End = p.Start
	if end, given := schemas.EndOf(e); given {
		p.End = end.UTC().Truncate(time.Millisecond)
	}
	p.LocalDay = localDay(p.Start, zone)
	for from, day := p.Start, p.LocalDay; ; {
		next := nextMidnight(day, zone)
		if !next.Before(p.End) {
			p.Parts = append(p.Parts, DayPart{day, seconds(p.End.Sub(from))})
			return p
		}
		p.Parts = append(p.Parts, DayPart{day, seconds(next.Sub(from))})
		from, day = next, day.AddDate(0, 0, 1)
	}
}

func seconds(d time.Duration) schemas.Decimal { return schemas.Micros(d.Microseconds()) }

func localDay(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// nextMidnight is when the day after day begins in the zone. Where the clock skips midnight, it
// begins at the first instant that is that day.
func nextMidnight(day time.Time, zone *time.Location) time.Time {
	next := day.AddDate(0, 0, 1)
	t := time.Date(next.Year(), next.Month(), next.Day(), 0, 0, 0, 0, zone)
	if localDay(t, zone).Before(next) { // normalised into the gap's other side
		t = t.Add(time.Hour).Truncate(time.Hour)
	}
	return t
}
