package icalendar

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"golang.org/x/text/encoding/charmap"

	"vitrine/producers/importers"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

// Bounds of a calendar.
const (
	maxBytes   = 16 << 20
	maxEntries = 100_000
	// maxDepth is how deep components stand in one another: an alarm in an event in a calendar has 3.
	maxDepth = 8
)

// component is an event or a time zone of a calendar, with the properties that are needed.
type component struct {
	name string
	// line is where it begins, from 1.
	line  int
	props map[string][]*ics.BaseProperty
	// broken is the first line in it that can't be read.
	broken *importers.RecordError
}

// first is a property's first value; nil if there is none.
func (c *component) first(name string) *ics.BaseProperty {
	if all := c.props[name]; len(all) > 0 {
		return all[0]
	}
	return nil
}

// text is the value of a property; empty if there is none.
func (c *component) text(name string) string {
	if p := c.first(name); p != nil {
		return strings.TrimSpace(p.Value)
	}
	return ""
}

// wanted are the properties that are kept. Persons (ORGANIZER, ATTENDEE, CONTACT, COMMENT) aren't
// among them: what isn't read can't get out.
func wanted() []string {
	return []string{"UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "SEQUENCE", "DTSTAMP", "LAST-MODIFIED", "STATUS",
		"CLASS", "SUMMARY", "CATEGORIES", "DESCRIPTION", attendanceProperty, companiesProperty, "TZID", "X-LIC-LOCATION", "TZOFFSETTO"}
}

// parse reads a calendar's events and time zones. A line that can't be read spoils its own event alone.
func parse(raw []byte, origin string) (all []*component, err error) {
	if len(raw) > maxBytes {
		return nil, &rest.PageError{Origin: origin, What: schemas.Text{FR: "agenda de plus de 16 Mio", EN: "calendar of more than 16 MiB"}}
	}
	if !utf8.Valid(raw) {
		raw, _ = charmap.Windows1252.NewDecoder().Bytes(raw) // each byte is a character there
	}
	var stack []*component // of what isn't kept, nil
	var names []string
	keep := wanted()
	calendars := 0
	for line, number := range unfold(raw) {
		name, value, _ := strings.Cut(line, ":")
		name, _, _ = strings.Cut(strings.ToUpper(name), ";")
		value = strings.ToUpper(strings.TrimSpace(value))
		switch {
		case name == "BEGIN":
			if len(names) == 0 && value != "VCALENDAR" || len(names) == maxDepth {
				return nil, notCalendar(origin, number)
			}
			var c *component
			switch value {
			case "VCALENDAR":
				calendars++
			case "VEVENT", "VTIMEZONE":
				c = &component{name: value, line: number, props: map[string][]*ics.BaseProperty{}}
				all = append(all, c)
			case "STANDARD", "DAYLIGHT":
				if zone := stack[len(stack)-1]; zone != nil && zone.name == "VTIMEZONE" {
					c = zone // its offsets belong to it
				}
			}
			if len(all) > maxEntries {
				return nil, &rest.PageError{Origin: origin, What: schemas.Text{FR: "plus de 100 000 entrées", EN: "more than 100,000 entries"}}
			}
			stack, names = append(stack, c), append(names, value)
		case name == "END":
			if len(names) == 0 || names[len(names)-1] != value {
				return nil, notCalendar(origin, number)
			}
			stack, names = stack[:len(stack)-1], names[:len(names)-1]
		case len(names) == 0:
			return nil, notCalendar(origin, number)
		default:
			if c := stack[len(stack)-1]; c != nil {
				c.take(line, name, keep, origin, number)
			}
		}
	}
	if calendars == 0 || len(names) > 0 {
		return nil, &rest.PageError{Origin: origin, What: schemas.Text{
			FR: "ce n'est pas un agenda iCalendar complet : attendu BEGIN:VCALENDAR … END:VCALENDAR", EN: "not a whole iCalendar file: expected BEGIN:VCALENDAR … END:VCALENDAR"}}
	}
	return all, nil
}

func notCalendar(origin string, line int) error {
	return &rest.PageError{Origin: fmt.Sprintf("%s:%d", origin, line), What: schemas.Text{
		FR: "ce n'est pas un agenda iCalendar : BEGIN et END ne vont pas ensemble", EN: "not an iCalendar file: BEGIN and END don't match"}}
}

func (c *component) take(line, name string, keep []string, origin string, number int) {
	if !slices.Contains(keep, name) {
		if !isName(name) && c.broken == nil {
			c.broken = &importers.RecordError{Origin: fmt.Sprintf("%s:%d", origin, number), What: schemas.Text{
				FR: "ligne illisible dans une entrée : attendu NOM:valeur ; l'entrée n'est pas lue", EN: "unreadable line in an entry: expected NAME:value; the entry isn't read"}}
		}
		return
	}
	p, err := ics.ParseProperty(ics.ContentLine(line))
	if err != nil || p == nil {
		if c.broken == nil {
			c.broken = &importers.RecordError{Origin: fmt.Sprintf("%s:%d", origin, number), Field: name, What: schemas.Text{
				FR: "propriété illisible ; l'entrée n'est pas lue", EN: "unreadable property; the entry isn't read"}}
		}
		return
	}
	c.props[name] = append(c.props[name], p)
}

// isName says whether a line begins with a property's name.
func isName(s string) bool {
	if s == "" {
		return false
	}
	for _, b := range []byte(s) {
		if (b < 'A' || b > 'Z') && (b < '0' || b > '9') && b != '-' && b != '_' && b != '.' {
			return false
		}
	}
	return true
}

// unfold gives the content lines that aren't blank, and the number of the line where each begins.
func unfold(raw []byte) func(yield func(string, int) bool) {
	return func(yield func(string, int) bool) {
		var line []byte
		begin, n := 0, 0
		for physical := range bytes.Lines(bytes.TrimPrefix(raw, []byte("\uFEFF"))) {
			n++
			physical = bytes.TrimRight(physical, "\r\n")
			if len(physical) > 0 && (physical[0] == ' ' || physical[0] == '\t') && begin > 0 {
				line = append(line, physical[1:]...)
				continue
			}
			if len(line) > 0 && !yield(string(line), begin) {
				return
			}
			line, begin = append(line[:0], physical...), n
		}
		if len(line) > 0 {
			yield(string(line), begin)
		}
	}
}
