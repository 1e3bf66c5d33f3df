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

// PlaceOf cuts an event where a local day of the zone ends. It has 23 or 25 hours where the clock changes.
func PlaceOf(e *schemas.Event, zone *time.Location) Place {
	p := Place{Start: e.Time.UTC().Truncate(time.Millisecond)}
	p.End = p.Start
	if end, given := schemas.EndOf(e); given {
		p.End = end.UTC().Truncate(time.Millisecond)
	}
	p.LocalDay = localDay(p.Start, zone)
	for from := p.Start; ; {
		day, next := localDay(from, zone), dayEnd(from, zone)
		if !next.Before(p.End) {
			p.Parts = append(p.Parts, DayPart{day, seconds(p.End.Sub(from))})
			return p
		}
		p.Parts = append(p.Parts, DayPart{day, seconds(next.Sub(from))})
		from = next
	}
}

func seconds(d time.Duration) schemas.Decimal { return schemas.Micros(d.Microseconds()) }

func localDay(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// dayEnd is when the local day of an instant ends: at midnight by the offset in force, or when the clock
// changes to another day. Clocks have skipped a whole day (Samoa, 2011), gone back over midnight, so that
// a day ends twice (St. John's until 2011), or back to it, so that it strikes twice within a day (Gaza).
func dayEnd(at time.Time, zone *time.Location) time.Time {
	day := localDay(at, zone)
	for {
		local := at.In(zone)
		_, offset := local.Zone()
		midnight := day.AddDate(0, 0, 1).Add(-time.Duration(offset) * time.Second)
		_, change := local.ZoneBounds()
		// On 31 December of leap years from 2040 on Go gives that day's midnight as the next change (1.26).
		if !change.After(at) || change.After(midnight) {
			return midnight
		}
		if at = change.UTC(); !localDay(at, zone).Equal(day) {
			return at
		}
	}
}
