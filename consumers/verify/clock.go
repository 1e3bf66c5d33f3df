package verify

import "time"

// span is what of a length of time fell on one local day.
type span struct {
	day    Day
	millis int64
}

// spans cuts the time from start to end (both in milliseconds since 1970) at every local midnight.
// It walks the stretches during which the zone's offset stays the same: within one, a local day is
// 24 hours, whatever the clocks do before and after. A length of 0 lies on the start's day.
func spans(start, end int64, zone *time.Location) []span {
	out := []span{{day: localDay(start, zone)}}
	for at := start; at < end; {
		t := time.UnixMilli(at).In(zone)
		_, offset := t.Zone()
		local := at + int64(offset)*1000 // the clock on the wall, in milliseconds
		stop := at + 86_400_000 - local%86_400_000
		// On 31 December of leap years from 2040 on Go (1.26) gives a change that has passed, if there is one.
		if _, change := t.ZoneBounds(); change.After(t) {
			stop = min(stop, change.UnixMilli())
		}
		stop = min(stop, end)
		day := DayOf(t)
		if out[len(out)-1].day != day {
			out = append(out, span{day: day})
		}
		out[len(out)-1].millis += stop - at
		at = stop
	}
	return out
}

// localDay is the day that an instant lies on in a zone.
func localDay(millis int64, zone *time.Location) Day { return DayOf(time.UnixMilli(millis).In(zone)) }
