package spreadsheet

import (
	"errors"
	"strconv"
	"time"

	"vitrine/producers/entry"
	"vitrine/schemas"
)

// when reads when the row's event began, which it keeps, and when it ended; zero where it isn't said or can't be
// read.
func (r *rowReader) when() (end time.Time) {
	c, given := r.cell(keyDate)
	if !given {
		if !r.failed[keyDate] {
			r.problem(keyDate, schemas.CodeMissing, "", r.columns[keyDate].expected())
		}
		r.end(time.Time{}) // says what is wrong with it
		return time.Time{}
	}
	start, timed, err := r.moment(c)
	if err != nil {
		r.fail(keyDate, err)
		r.end(time.Time{})
		return time.Time{}
	}
	clock, given := r.cell(keyStart)
	switch {
	case given:
		at, err := r.clockOn(start, clock)
		if err == nil && timed && !at.Equal(start) {
			r.problem(keyStart, schemas.CodeOrder, entry.Excerpt(clock.text), schemas.Text{FR: "la même heure que dans la date", EN: "the same time as in the date"})
			return time.Time{}
		}
		if err != nil {
			r.fail(keyStart, err)
			r.end(time.Time{})
			return time.Time{}
		}
		start = at
	case timed, r.failed[keyStart]:
	case r.columns[keyStart].required, r.says(keyEnd), r.says(keyDuration):
		r.problem(keyStart, schemas.CodeMissing, "", r.columns[keyStart].expected())
		r.end(time.Time{})
		return time.Time{}
	}
	if !r.failed[keyStart] {
		r.at = start
	}
	return r.end(start)
}

func (r *rowReader) says(key string) bool {
	i, has := r.layout.at[key]
	return has && !r.row.at(i).blank()
}

// end reads when what began at start ended. With a zero start it only says what is wrong with the cells.
func (r *rowReader) end(start time.Time) time.Time {
	if _, lasts := r.columns[keyEnd]; !lasts {
		return time.Time{}
	}
	day := start
	if c, given := r.cell(keyEndDate); given {
		at, timed, err := r.moment(c)
		switch {
		case err != nil:
			r.fail(keyEndDate, err)
			return time.Time{}
		case timed:
			return at
		case !r.says(keyEnd):
			r.problem(keyEnd, schemas.CodeMissing, "", r.columns[keyEnd].expected())
			return time.Time{}
		}
		day = at
	}
	if day.IsZero() {
		day = r.cfg.Clock().In(r.cfg.Zone)
	}
	c, given := r.cell(keyEnd)
	if !given {
		return r.lasting(start)
	}
	if c.kind == cellMoment || c.kind == cellText && isMoment(c.text, r.cfg.Zone) {
		at, _, err := r.moment(c)
		if err != nil {
			r.fail(keyEnd, err)
		}
		return at
	}
	at, err := r.clockOn(day, c)
	if err != nil && !start.IsZero() || err != nil && !onlyOnThatDay(err) {
		r.fail(keyEnd, err)
		return time.Time{}
	}
	return at
}

// lasting is the end that a duration gives.
func (r *rowReader) lasting(start time.Time) time.Time {
	c, given := r.cell(keyDuration)
	if !given {
		return time.Time{}
	}
	var d time.Duration
	if c.kind == cellClock {
		clock, err := entry.ReadClock(c.text)
		if err != nil {
			r.fail(keyDuration, err)
			return time.Time{}
		}
		d = time.Duration(clock)
	} else {
		var err error
		if d, err = entry.ReadDuration(c.text); err != nil {
			r.fail(keyDuration, err)
			return time.Time{}
		}
	}
	if start.IsZero() {
		return time.Time{}
	}
	return start.Add(d)
}

// moment reads a cell that holds a day, or a day with a time.
func (r *rowReader) moment(c cell) (t time.Time, timed bool, err error) {
	if c.kind == cellNumber {
		if day, ok := r.serialDay(c); ok {
			t, err = entry.Moment(day, entry.Noon, r.cfg.Zone)
			return t, false, err
		}
	}
	return entry.ReadMoment(c.text, r.cfg.Zone)
}

// serialDay is the day that a workbook's number stands for, if it is one that an event may have.
func (r *rowReader) serialDay(c cell) (entry.Day, bool) {
	v, err := strconv.ParseFloat(c.text, 64)
	if err != nil || v != float64(int(v)) {
		return entry.Day{}, false
	}
	at, ok := dated(v, r.grid.from1904)
	if !ok || at.text < "2000" {
		return entry.Day{}, false
	}
	day, err := entry.ReadDay(at.text)
	return day, err == nil
}

// clockOn is the time of day in a cell, on the day of a moment. A cell with a day of its own must say the same day.
func (r *rowReader) clockOn(day time.Time, c cell) (time.Time, error) {
	if c.kind == cellMoment || c.kind == cellText && isMoment(c.text, r.cfg.Zone) {
		at, _, err := entry.ReadMoment(c.text, r.cfg.Zone)
		if err != nil {
			return time.Time{}, err
		}
		if entry.DayOf(at) != entry.DayOf(day) {
			return time.Time{}, &entry.Error{Problem: schemas.Problem{Code: schemas.CodeOrder, Found: entry.Excerpt(c.text),
				Expected: schemas.Text{FR: "le même jour que dans la date", EN: "the same day as in the date"}}}
		}
		return at, nil
	}
	if c.kind == cellNumber {
		if v, err := strconv.ParseFloat(c.text, 64); err == nil && v > 0 && v < 1 {
			c, _ = dated(v, false)
		}
	}
	clock, err := entry.ReadClock(c.text)
	if err != nil {
		return time.Time{}, err
	}
	return entry.Moment(entry.DayOf(day), clock, r.cfg.Zone)
}

func isMoment(text string, zone *time.Location) bool {
	_, timed, err := entry.ReadMoment(text, zone)
	return err == nil && timed
}

// onlyOnThatDay says whether a time is wrong for the day that it is on, not by itself.
func onlyOnThatDay(err error) bool {
	var e *entry.Error
	return errors.As(err, &e) && e.Problem.Code == schemas.CodeValue
}
