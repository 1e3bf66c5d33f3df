package icalendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// entry is what is taken from an event of a calendar (VEVENT).
type entry struct {
	// origin is the file and line where it begins.
	origin string
	uid    string
	start  moment
	// length is how long it lasts; of a whole day, in days.
	length time.Duration
	days   int
	// rule is its RRULE, more and without are its RDATE and EXDATE.
	rule          string
	more, without []moment
	// planned is its RECURRENCE-ID: which instance of a series it replaces; nil if it is a series or single.
	planned *moment
	// version orders the entries with the same UID and RECURRENCE-ID: SEQUENCE, then when it was written.
	sequence  int
	stamp     time.Time
	cancelled bool
	private   bool
	title     string
	// categories is empty if it names none.
	categories string
	note       note
}

// repeats says whether it stands for several instances.
func (e *entry) repeats() bool { return e.rule != "" || len(e.more) > 0 }

// newer says whether an entry replaces another with the same UID and RECURRENCE-ID.
func (e *entry) newer(other *entry) bool {
	if e.sequence != other.sequence {
		return e.sequence > other.sequence
	}
	return !e.stamp.Before(other.stamp)
}

// record is what people call the entry.
func (e *entry) record() string { return describe(e.start, e.title) }

func describe(start moment, title string) string {
	day := start.Format("2006-01-02 15:04")
	if start.date {
		day = start.Format(time.DateOnly)
	}
	return strings.TrimSpace(day + " " + importers.Title(title, 60))
}

// newEntry reads an event. Its errors quote nothing of it.
func newEntry(c *component, origin string, z *zones) (*entry, error) {
	e := &entry{origin: fmt.Sprintf("%s:%d", origin, c.line), uid: c.text("UID")}
	bad := func(field, fr, en string) error {
		return &importers.RecordError{Origin: e.origin, Record: "VEVENT", Field: field, What: schemas.Text{FR: fr, EN: en}}
	}
	if c.broken != nil {
		return nil, c.broken
	}
	// Private entries stay the lab's own, whatever else is in them.
	if class := strings.ToUpper(c.text("CLASS")); class != "" && class != "PUBLIC" {
		e.private = true
	}
	if e.uid == "" {
		return nil, bad("UID", "il manque : l'entrée ne peut pas être reconnue d'une fois à l'autre", "missing: the entry can't be recognised the next time")
	}
	const timesFR, timesEN = "heure illisible ou fuseau inconnu : attendu par exemple DTSTART;TZID=Europe/Paris:20260312T180000", "unreadable time or unknown zone: expected such as DTSTART;TZID=Europe/Paris:20260312T180000"
	one := func(field string) (m moment, given, ok bool) {
		p := c.first(field)
		if p == nil {
			return moment{}, false, true
		}
		all, ok := z.moments(p)
		if !ok || len(all) != 1 {
			return moment{}, true, false
		}
		return all[0], true, true
	}
	var given, ok bool
	if e.start, given, ok = one("DTSTART"); !ok || !given {
		return nil, bad("DTSTART", timesFR, timesEN)
	}
	end, given, ok := one("DTEND")
	switch duration := c.text("DURATION"); {
	case !ok:
		return nil, bad("DTEND", timesFR, timesEN)
	case given:
		e.length = end.Sub(e.start.Time)
	case duration != "":
		length, ok := lengthOf(duration)
		if !ok {
			return nil, bad("DURATION", "durée illisible : attendu par exemple PT2H", "unreadable duration: expected such as PT2H")
		}
		e.length = length
	case e.start.date:
		e.length = 24 * time.Hour
	}
	if e.length < 0 || e.length > 366*24*time.Hour {
		return nil, bad("DTEND", "la fin doit suivre le début, d'un an au plus", "the end must come after the start, by a year at most")
	}
	e.days = int((e.length + 12*time.Hour) / (24 * time.Hour))
	if planned, given, ok := one("RECURRENCE-ID"); !ok {
		return nil, bad("RECURRENCE-ID", timesFR, timesEN)
	} else if given {
		for name := range c.first("RECURRENCE-ID").ICalParameters {
			if strings.EqualFold(name, "RANGE") {
				return nil, bad("RECURRENCE-ID", "RANGE=THISANDFUTURE n'est pas pris en charge : enregistrez une nouvelle série", "RANGE=THISANDFUTURE isn't supported: save a new series")
			}
		}
		e.planned = &planned
	}
	for field, into := range map[string]*[]moment{"RDATE": &e.more, "EXDATE": &e.without} {
		for _, p := range c.props[field] {
			all, ok := z.moments(p)
			if !ok {
				return nil, bad(field, timesFR, timesEN)
			}
			*into = append(*into, all...)
		}
	}
	if e.rule = c.text("RRULE"); len(c.props["RRULE"]) > 1 || e.rule != "" && e.planned != nil {
		return nil, bad("RRULE", "une seule règle, et aucune pour une occurrence modifiée", "one rule only, and none for a changed instance")
	}
	e.sequence, _ = strconv.Atoi(c.text("SEQUENCE"))
	for _, field := range []string{"LAST-MODIFIED", "DTSTAMP"} {
		if written, given, ok := one(field); given && ok && e.stamp.IsZero() {
			e.stamp = written.Time
		}
	}
	e.cancelled = strings.EqualFold(c.text("STATUS"), "CANCELLED")
	var categories []string
	for _, p := range c.props["CATEGORIES"] {
		categories = append(categories, p.Value)
	}
	e.categories = strings.Join(categories, ",")
	e.title, e.note = noteOf(c)
	return e, nil
}
