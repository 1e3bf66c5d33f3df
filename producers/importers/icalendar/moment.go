package icalendar

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
)

// moment is a date or a time of a calendar.
type moment struct {
	time.Time
	// date says that it is a whole day: Time is its midnight in the lab's zone.
	date bool
}

// moments reads the values of a property that holds times: DTSTART, RDATE, EXDATE and so on. Of a
// period (RDATE) it is the begin. ok is false if one can't be read or its zone isn't known.
func (z *zones) moments(p *ics.BaseProperty) (all []moment, ok bool) {
	zone := z.lab
	for name, values := range p.ICalParameters {
		if strings.EqualFold(name, "TZID") && len(values) > 0 {
			if zone = z.of(values[0]); zone == nil {
				return nil, false
			}
		}
	}
	for value := range strings.SplitSeq(p.Value, ",") {
		value, _, _ = strings.Cut(strings.TrimSpace(value), "/")
		m, ok := z.moment(value, zone)
		if !ok {
			return nil, false
		}
		all = append(all, m)
	}
	return all, true
}

func (z *zones) moment(value string, zone *time.Location) (moment, bool) {
	var t time.Time
	var err error
	date := false
	switch {
	case len(value) == len("20060102"):
		date = true
		t, err = time.ParseInLocation("20060102", value, z.lab)
	case strings.HasSuffix(value, "Z"):
		t, err = time.ParseInLocation("20060102T150405Z", value, time.UTC)
	default:
		t, err = time.ParseInLocation("20060102T150405", value, zone)
	}
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		return moment{}, false
	}
	return moment{t, date}, true
}

// wall is a time as a clock on the wall shows it, written as UTC: recurrences are counted on it, so that
// an event at 18:00 stays at 18:00 when the clocks change.
func wall(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// inZone is the time at which a clock on the wall of a zone shows t.
func inZone(t time.Time, zone *time.Location) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, zone)
}

// durationForm is RFC 5545's duration (3.3.6), which doesn't go back.
var durationForm = regexp.MustCompile(`^\+?P(?:([0-9]{1,4})W|(?:([0-9]{1,4})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,8})S)?)?)$`)

// lengthOf reads a duration such as "PT2H30M".
func lengthOf(s string) (total time.Duration, ok bool) {
	m := durationForm.FindStringSubmatch(strings.ToUpper(s))
	if m == nil {
		return 0, false
	}
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second} {
		if n, err := strconv.Atoi(m[i+1]); err == nil {
			total, ok = total+time.Duration(n)*unit, true
		}
	}
	return total, ok
}
