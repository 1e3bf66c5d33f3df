package opendata

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	ical "github.com/arran4/golang-ical"

	"vitrine/schemas"
)

// Agenda writes the announced sessions of a lab ("": of all labs) as an iCalendar feed (RFC 5545). Its times are in UTC, which calendar
// programs show in their user's zone; a cancelled session stays in it as cancelled.
func Agenda(w io.Writer, d *Directory, lab string, l schemas.Lang) error {
	cal := ical.NewCalendarFor("Vitrine")
	cal.SetMethod(ical.MethodPublish)
	name := schemas.Text{FR: "Agenda des fab labs", EN: "Fab labs' agenda"}.In(l)
	for _, o := range d.Labs {
		if lab != "" && o.Lab == lab {
			name = o.Name
			cal.SetXWRTimezone(o.Zone)
		}
	}
	cal.SetName(name)
	cal.SetXWRCalName(name)
	cal.SetRefreshInterval("PT6H")
	for _, s := range d.Sessions {
		if lab == "" || s.Lab == lab {
			event(cal, s, l)
		}
	}
	if err := cal.SerializeTo(w, ical.WithNewLine("\r\n")); err != nil {
		return fmt.Errorf("agenda: %w", err)
	}
	return nil
}

func event(cal *ical.Calendar, s Session, l schemas.Lang) {
	e := cal.AddEvent(s.UID)
	e.SetDtStampTime(s.Changed)
	e.SetLastModifiedAt(s.Changed)
	e.SetSequence(int(min(s.Revision, 1<<30)))
	e.SetStartAt(s.Starts)
	if !s.Ends.IsZero() {
		e.SetEndAt(s.Ends)
	}
	e.SetSummary(oneLine(s.Title))
	e.SetLocation(oneLine(s.Place))
	e.SetDescription(describe(s, l))
	e.AddCategory(labelOf("session.announced", "activity", s.Activity).In(l))
	if s.URL != "" {
		e.SetURL(s.URL)
	}
	status := ical.ObjectStatusConfirmed
	if s.Cancelled {
		status = ical.ObjectStatusCancelled
	}
	e.SetStatus(status)
}

// describe says what a calendar has no field for.
func describe(s Session, l schemas.Lang) string {
	lines := []string{s.LabName, schemas.Taxonomies()["audiences"].Label(s.Audience).In(l)}
	if s.Topic != "" {
		lines = append(lines, schemas.Taxonomies()["training_topics"].Label(s.Topic).In(l))
	}
	if s.Seats > 0 {
		lines = append(lines, strconv.FormatInt(s.Seats, 10)+" "+schemas.Text{FR: "places", EN: "seats"}.In(l))
	}
	return strings.Join(lines, "\n")
}

// oneLine puts a text on one line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Upcoming are the sessions of a lab ("": of all labs) that aren't over and aren't cancelled, the next one first.
func (d *Directory) Upcoming(lab string, now time.Time) []Session {
	var out []Session
	for _, s := range d.Sessions {
		over := s.Starts
		if !s.Ends.IsZero() {
			over = s.Ends
		}
		if (lab == "" || s.Lab == lab) && !s.Cancelled && over.After(now) {
			out = append(out, s)
		}
	}
	return out
}
