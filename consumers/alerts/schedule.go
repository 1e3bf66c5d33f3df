package alerts

import (
	"errors"
	"time"
)

// Schedule says when digests are sent: at a time of day, every so often.
type Schedule struct {
	// Every is the least time between two digests: a part of a day (1h, 6h) or days (24h, 168h for Mondays). Default 24 hours.
	Every time.Duration
	// At is the time of day from which the digests are counted, since midnight: 8 hours is 8:00. Default midnight.
	At time.Duration
	// Zone is whose day it is. Default UTC.
	Zone *time.Location
	// Urgent says that critical alerts don't wait: they are sent, with what else is new, within a minute or so, at most
	// once an hour. Default false.
	Urgent bool
}

// urgentGap is the least time between two digests of which the second doesn't wait.
const urgentGap = time.Hour

const wholeDay = 24 * time.Hour

func (s Schedule) withDefaults() (Schedule, error) {
	if s.Every == 0 {
		s.Every = wholeDay
	}
	if s.Zone == nil {
		s.Zone = time.UTC
	}
	if s.Every < time.Minute || wholeDay%s.Every != 0 && s.Every%wholeDay != 0 {
		return s, errors.New("alerts: digests come every part of a day (15m, 1h, 6h) or every so many days (24h, 168h)")
	}
	if s.At < 0 || s.At >= wholeDay {
		return s, errors.New("alerts: digests are counted from a time of day, between 0h and 24h")
	}
	return s, nil
}

// last is the last moment up to now at which a digest was due.
func (s Schedule) last(now time.Time) time.Time {
	local := now.In(s.Zone)
	y, m, d := local.Date()
	for back := 0; ; back++ {
		if s.Every <= wholeDay {
			// The latest slot of the day: wall clock, so that 8:00 stays 8:00 when clocks change.
			for at := s.At%s.Every + wholeDay - s.Every; at >= 0; at -= s.Every {
				if slot := time.Date(y, m, d-back, 0, 0, int(at.Seconds()), 0, s.Zone); !slot.After(now) {
					return slot
				}
			}
			continue
		}
		slot := time.Date(y, m, d-back, 0, 0, int(s.At.Seconds()), 0, s.Zone)
		number := time.Date(y, m, d-back, 0, 0, 0, 0, time.UTC).Unix()/int64(wholeDay.Seconds()) - 4 // days since a Monday, 5 January 1970
		if number%int64(s.Every/wholeDay) == 0 && !slot.After(now) {
			return slot
		}
	}
}

// Check says what is wrong with a schedule, nil if nothing is.
func (s Schedule) Check() error {
	_, err := s.withDefaults()
	return err
}
