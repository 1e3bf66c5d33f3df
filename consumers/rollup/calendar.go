package rollup

import (
	"math"
	"time"
)

const secondsPerDay = 86400

// Calendar finds the local days of instants and remembers the offsets of zones, which take most of the time to find:
// Go reads a zone's rule anew each time. It is for one goroutine.
type Calendar struct {
	spans map[spanKey]span
}

// NewCalendar is a calendar that remembers nothing yet.
func NewCalendar() *Calendar { return &Calendar{spans: map[spanKey]span{}} }

// span is a time over which a zone's clock isn't changed, in seconds since 1970: from the earliest instant that was asked for.
// On 31 December of leap years from 2040 on Go gives that day's midnight as the next change (1.26): then it holds nothing.
type span struct {
	from, to int64
	offset   int64 // seconds east of UTC
}

// spanKey says where a span is kept: one for each zone and 97 days, which have a change or two at most.
type spanKey struct {
	zone    *time.Location
	quarter int64
}

const (
	quarterBits = 23 // 2²³ seconds are 97 days
	// maxSpans bounds what is remembered, at some 3 MB: two years of a thousand zones.
	maxSpans = 1 << 15
)

func (c *Calendar) spanAt(at int64, zone *time.Location) span {
	key := spanKey{zone, at >> quarterBits}
	if s, known := c.spans[key]; known && s.from <= at && at < s.to {
		return s
	}
	s := findSpan(at, zone)
	if c.spans != nil {
		if len(c.spans) >= maxSpans {
			clear(c.spans)
		}
		c.spans[key] = s
	}
	return s
}

func findSpan(at int64, zone *time.Location) span {
	local := time.Unix(at, 0).In(zone)
	_, offset := local.Zone()
	_, change := local.ZoneBounds()
	if change.IsZero() {
		return span{from: at, to: math.MaxInt64, offset: int64(offset)}
	}
	return span{from: at, to: change.Unix(), offset: int64(offset)}
}

// dayAt is the local day of an instant, counted from 1970, and when it ends: at midnight by the offset in force, or when
// the clock changes to another day. Clocks have skipped a whole day (Samoa, 2011), gone back over midnight, so that
// a day ends twice (St. John's until 2011), or back to it, so that it strikes twice within a day (Gaza).
func (c *Calendar) dayAt(instant time.Time, zone *time.Location) (day int64, end time.Time) {
	at := instant.Unix()
	s := c.spanAt(at, zone)
	day = dayNumber(at + s.offset)
	for {
		midnight := (day+1)*secondsPerDay - s.offset
		if s.to <= at || s.to > midnight {
			return day, time.Unix(midnight, 0).UTC()
		}
		at = s.to
		if s = c.spanAt(at, zone); dayNumber(at+s.offset) != day {
			return day, time.Unix(at, 0).UTC()
		}
	}
}

// dayNumber is the day of a number of seconds, before 1970 too.
func dayNumber(seconds int64) int64 {
	if seconds < 0 {
		return (seconds+1)/secondsPerDay - 1
	}
	return seconds / secondsPerDay
}
