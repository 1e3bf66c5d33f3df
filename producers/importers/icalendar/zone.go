package icalendar

import (
	_ "embed"
	"encoding/csv"
	"strings"
	"time"

	"vitrine/schemas"
)

// windowsZones are the zones' names in Windows, which Outlook and Exchange write, after Unicode's
// CLDR (the territory "001" of windowsZones.xml).
//
//go:embed windows_zones.csv
var windowsZones string

// zones finds a calendar's time zones by their TZID.
type zones struct {
	lab     *time.Location
	windows map[string]string
	// defined are the calendar's own definitions.
	defined map[string]*component
	found   map[string]*time.Location
}

func newZones(lab *time.Location, all []*component) *zones {
	z := &zones{lab: lab, windows: map[string]string{}, defined: map[string]*component{}, found: map[string]*time.Location{}}
	rows, _ := csv.NewReader(strings.NewReader(windowsZones)).ReadAll() // a test reads it too
	for _, row := range rows {
		z.windows[strings.ToLower(row[0])] = row[1]
	}
	for _, c := range all {
		if c.name == "VTIMEZONE" {
			z.defined[c.text("TZID")] = c
		}
	}
	return z
}

// of is the zone that a TZID names; nil if that can't be told. Times without one are the lab's.
func (z *zones) of(id string) *time.Location {
	if id == "" {
		return z.lab
	}
	if zone, known := z.found[id]; known {
		return zone
	}
	zone := z.named(id)
	if zone == nil {
		zone = z.definedBy(z.defined[id])
	}
	z.found[id] = zone
	return zone
}

// named is the zone of a name: IANA's, Windows', or one that ends in IANA's, as
// "/freeassociation.sourceforge.net/Europe/Paris" does.
func (z *zones) named(id string) *time.Location {
	if iana := z.windows[strings.ToLower(id)]; iana != "" {
		id = iana
	}
	for rest, more := id, true; more; _, rest, more = strings.Cut(rest, "/") {
		if rest == "" || rest == "Local" {
			continue // this machine's zone says nothing of the calendar
		}
		if zone, err := time.LoadLocation(rest); err == nil {
			return zone
		}
	}
	return nil
}

// definedBy understands a zone that the calendar defines under a name of its own: by the name that
// libical adds, or as the lab's zone or the programme's where the offsets are theirs.
func (z *zones) definedBy(c *component) *time.Location {
	if c == nil {
		return nil
	}
	if zone := z.named(c.text("X-LIC-LOCATION")); zone != nil && c.text("X-LIC-LOCATION") != "" {
		return zone
	}
	offsets := map[int]bool{}
	for _, p := range c.props["TZOFFSETTO"] {
		t, err := time.Parse("-0700", strings.TrimSpace(p.Value))
		if err != nil {
			return nil
		}
		_, offset := t.Zone()
		offsets[offset] = true
	}
	programme, err := time.LoadLocation(schemas.DefaultZone)
	if err != nil {
		programme = z.lab
	}
	for _, zone := range []*time.Location{z.lab, programme} {
		own := map[int]bool{}
		for month := time.January; month <= time.December; month++ {
			_, offset := time.Date(2026, month, 15, 12, 0, 0, 0, zone).Zone()
			own[offset] = true
		}
		if len(offsets) == len(own) && subset(offsets, own) {
			return zone
		}
	}
	if len(offsets) == 1 {
		for offset := range offsets {
			return time.FixedZone("", offset)
		}
	}
	return nil
}

func subset(a, b map[int]bool) bool {
	for k := range a {
		if !b[k] {
			return false
		}
	}
	return true
}
