package form

import (
	"errors"
	"net/url"
	"time"

	"vitrine/producers/entry"
	"vitrine/schemas"
)

// The names of what a form asks about time, and of what it carries along unseen.
const (
	inDate     = "when_date"
	inStart    = "when_start"
	inEnd      = "when_end"
	inEndDate  = "when_end_date"
	inDuration = "when_duration"

	inID       = "id"
	inRevision = "revision"
	inSystem   = "system"    // that a corrected entry came from
	inWas      = "was_start" // its exact time and end: a form shows minutes, a meter counts seconds
	inWasEnd   = "was_end"
)

// maxLength is the longest that anything may last; the door holds it too.
const maxLength = 7 * 24 * time.Hour

// when is what was typed about time, read.
type when struct {
	start    time.Time
	end      *time.Time
	endField string // where the end, if it is wrong, was typed
	wrong    map[string]problemAt
}

// readWhen reads the time of an event. Times that the clocks leave out in spring are refused; of
// those that come twice in autumn, one is taken: no form could ask which.
func readWhen(k schemas.Kind, in url.Values, zone *time.Location) when {
	w := when{wrong: map[string]problemAt{}, endField: inEnd}
	day, ok := needed(in, inDate, w.wrong, entry.ReadDay)
	timing := timingOf(k)
	if timing == onDay {
		if ok {
			w.start = keepExact(in, inWas, moment(day, entry.Noon, zone), time.DateOnly)
		}
		return w
	}
	clock := entry.Noon
	if timing != atTime || in.Get(inStart) != "" {
		var given bool
		clock, given = needed(in, inStart, w.wrong, entry.ReadClock)
		ok = ok && given
	}
	if !ok {
		return w
	}
	start := moment(day, clock, zone)
	if !shows(start, clock) {
		w.wrong[inStart] = problemAt{key: "wrong.skipped"}
		return w
	}
	w.start = keepExact(in, inWas, start, minuteLayout)
	if timing != atTime {
		w.readEnd(k, in, day, zone)
	}
	return w
}

func (w *when) readEnd(k schemas.Kind, in url.Values, day entry.Day, zone *time.Location) {
	duration, end := in.Get(inDuration), in.Get(inEnd)
	switch {
	case duration != "" && end == "" && timingOf(k) == used:
		w.endField = inDuration
		if d, ok := needed(in, inDuration, w.wrong, readLength); ok {
			end := keepExact(in, inWasEnd, w.start.Add(d), minuteLayout)
			w.end = &end
		}
		return
	case end == "" && in.Get(inEndDate) == "" && !endRequired(k):
		return
	case end == "" && timingOf(k) == used:
		w.wrong[inEnd] = problemAt{key: "wrong.endorduration"}
		return
	}
	clock, ok := needed(in, inEnd, w.wrong, entry.ReadClock)
	if in.Get(inEndDate) != "" {
		var given bool
		day, given = needed(in, inEndDate, w.wrong, entry.ReadDay)
		ok = ok && given
	}
	if !ok {
		return
	}
	until := moment(day, clock, zone)
	switch {
	case !shows(until, clock):
		w.wrong[inEnd] = problemAt{key: "wrong.skipped"}
		return
	case until.Before(w.start.Truncate(time.Minute)):
		w.wrong[inEnd] = problemAt{key: "wrong.order"}
		return
	}
	until = keepExact(in, inWasEnd, until, minuteLayout)
	w.end = &until
	if duration == "" {
		return
	}
	if d, ok := needed(in, inDuration, w.wrong, readLength); ok && (d-until.Sub(w.start)).Abs() >= time.Minute {
		w.wrong[inDuration] = problemAt{key: "wrong.twoends"}
	}
}

var errLength = errors.New("form: a duration of nothing, or of more than a week")

func readLength(text string) (time.Duration, error) {
	d, err := entry.ReadDuration(text)
	if err == nil && (d <= 0 || d > maxLength) {
		return 0, errLength
	}
	return d, err
}

// needed reads what can't be left out.
func needed[T any](in url.Values, name string, wrong map[string]problemAt, read func(string) (T, error)) (T, bool) {
	v, err := read(in.Get(name))
	switch {
	case err == nil:
		return v, true
	case in.Get(name) == "":
		wrong[name] = problemAt{key: "wrong.missing"}
	case errors.Is(err, errLength):
		wrong[name] = problemAt{key: "wrong.duration"}
	default:
		wrong[name] = problemOf(err)
	}
	return v, false
}

// problemOf is what package entry says of a text.
func problemOf(err error) problemAt {
	var unread *entry.Error
	if errors.As(err, &unread) {
		return problemAt{expected: unread.Problem.Expected}
	}
	return problemAt{key: "wrong.missing"}
}

func moment(d entry.Day, c entry.Clock, zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, int(time.Duration(c)/time.Second), 0, zone)
}

// shows says whether a time reads as it was typed; not so within a leap of the clocks.
func shows(t time.Time, c entry.Clock) bool {
	return time.Duration(entry.ClockOf(t))%wholeDay == time.Duration(c)%wholeDay
}

const wholeDay = 24 * time.Hour

// minuteLayout is how much of a time a form shows.
const minuteLayout = "2006-01-02 15:04"

// keepExact takes the exact time of the entry that is corrected, where the form shows the same.
func keepExact(in url.Values, name string, typed time.Time, layout string) time.Time {
	was, err := time.Parse(time.RFC3339Nano, in.Get(name))
	if err == nil && was.In(typed.Location()).Format(layout) == typed.Format(layout) {
		return was.In(typed.Location())
	}
	return typed
}

// writeWhen fills in the time of an entry.
func writeWhen(k schemas.Kind, in url.Values, start time.Time, end *time.Time, zone *time.Location) {
	start = start.In(zone)
	in.Set(inDate, start.Format(time.DateOnly))
	in.Set(inWas, start.Format(time.RFC3339Nano))
	if timingOf(k) == onDay {
		return
	}
	in.Set(inStart, start.Format("15:04"))
	if end == nil {
		return
	}
	until := end.In(zone)
	in.Set(inEnd, until.Format("15:04"))
	in.Set(inWasEnd, until.Format(time.RFC3339Nano))
	if until.Format(time.DateOnly) != start.Format(time.DateOnly) {
		in.Set(inEndDate, until.Format(time.DateOnly))
	}
}
