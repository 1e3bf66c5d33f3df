package entry

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"vitrine/schemas"
)

// Clock is a time of day, as the time since midnight: from 0 to 24 hours, in whole seconds.
type Clock time.Duration

// Noon is where an event that has a day alone is put: it is the same day in every French territory.
const Noon = Clock(12 * time.Hour)

// String is "18:00", or "18:00:05".
func (c Clock) String() string {
	d := time.Duration(c)
	s := fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
	if seconds := int(d.Seconds()) % 60; seconds != 0 {
		s += fmt.Sprintf(":%02d", seconds)
	}
	return s
}

// ClockOf is the time of day of a moment, in the moment's own zone.
func ClockOf(t time.Time) Clock {
	return Clock(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second)
}

var (
	clockPattern = regexp.MustCompile(`^([0-9]{1,2})(?:h([0-9]{2})?|:([0-9]{2})(?::([0-9]{2}))?)$`)
	halfPattern  = regexp.MustCompile(`^([0-9]{1,2})(?::([0-9]{2}))?(am|pm)$`)
)

// ReadClock reads a time of day: 18h00, 18h, 18 h 30, 18:00, 6:30 pm. The error is an *[Error].
func ReadClock(text string) (Clock, error) {
	s := strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text))
	hour, minute, second := 0, 0, 0
	if m := clockPattern.FindStringSubmatch(s); m != nil {
		hour, minute, second = number(m[1]), number(m[2]+m[3]), number(m[4])
	} else if m := halfPattern.FindStringSubmatch(s); m != nil && number(m[1]) >= 1 && number(m[1]) <= 12 {
		hour, minute = number(m[1])%12, number(m[2])
		if m[3] == "pm" {
			hour += 12
		}
	} else {
		return 0, badClock(text)
	}
	if hour > 24 || minute > 59 || second > 59 || hour == 24 && minute+second > 0 {
		return 0, badClock(text)
	}
	return Clock(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second), nil
}

func badClock(text string) error {
	return fail(schemas.CodeFormat, text, "une heure de 0h00 à 24h00, par exemple 18h00 ou 18:00", "a time from 0:00 to 24:00, such as 18:00")
}

// number is what at most two digits say; 0 for none.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// Moment is a time of day on a day in a zone. Where clocks go forward some times don't exist, where
// they go back some exist twice: both are refused, with what to write instead. The error is an *[Error].
func Moment(d Day, c Clock, zone *time.Location) (time.Time, error) {
	second := int(time.Duration(c) / time.Second)
	wall := time.Date(d.Year, d.Month, d.Day, 0, 0, second, 0, time.UTC)
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, second, 0, zone)
	const form = "02/01/2006 15:04:05"
	if t.Format(form) != wall.Format(form) {
		return time.Time{}, fail(schemas.CodeValue, d.String()+" "+c.String(), "une heure qui existe : cette nuit-là les horloges avancent", "a time that exists: clocks go forward that night")
	}
	begin, end := t.ZoneBounds()
	for _, other := range []time.Time{begin.Add(-time.Second), end} {
		if begin.IsZero() && other.Before(t) || end.IsZero() && !other.Before(t) {
			continue
		}
		_, offset := other.Zone()
		if twin := wall.Add(-time.Duration(offset) * time.Second).In(zone); !twin.Equal(t) && twin.Format(form) == wall.Format(form) {
			first, then := t, twin
			if twin.Before(t) {
				first, then = twin, t
			}
			a, b := first.Format(time.RFC3339), then.Format(time.RFC3339)
			return time.Time{}, fail(schemas.CodeValue, d.String()+" "+c.String(),
				a+" ou "+b+" : cette heure a lieu deux fois, les horloges reculent", a+" or "+b+": clocks go back, this time comes twice")
		}
	}
	return t, nil
}

// ReadMoment reads a day that may have a time of day after it: 12/03/2026, 12/03/2026 18h00,
// 2026-03-12T18:00:00, or RFC 3339 with its offset. timed is false where there is a day alone; t is then its noon. The error
// is an *[Error].
func ReadMoment(text string, zone *time.Location) (t time.Time, timed bool, err error) {
	text = trim(text)
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.In(zone), true, nil
	}
	if day, err := ReadDay(text); err == nil {
		t, err = Moment(day, Noon, zone)
		return t, false, err
	}
	date, clock, parted := cutDay(text)
	if !parted {
		_, err = ReadDay(text)
		return time.Time{}, false, err
	}
	day, err := ReadDay(date)
	if err != nil {
		return time.Time{}, false, err
	}
	c, err := ReadClock(clock)
	if err != nil {
		return time.Time{}, false, err
	}
	t, err = Moment(day, c, zone)
	return t, true, err
}

var dayThenClock = regexp.MustCompile(`^([0-9]{1,4}[/.\-][0-9]{1,2}[/.\-][0-9]{1,4})(?:T|[\s\p{Zs}]+(?:à |at )?)(.+)$`)

func cutDay(text string) (date, clock string, ok bool) {
	m := dayThenClock.FindStringSubmatch(text)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

// instant reads the value of a time field that stands alone: with its offset, since no zone is known here.
func instant(text string) (string, error) {
	if _, err := time.Parse(time.RFC3339, text); err != nil {
		return "", fail(schemas.CodeFormat, text, "une date et heure avec décalage, par exemple 2026-03-12T18:00:00+01:00", "a time with its offset, such as 2026-03-12T18:00:00+01:00")
	}
	return text, nil
}
