package icalendar

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// FuzzCalendar: whatever a calendar holds, it is refused, or its events are valid, over, told once,
// and the same the next time.
func FuzzCalendar(f *testing.F) {
	sample, err := os.ReadFile("testdata/agenda.ics")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sample)
	one := func(lines string) []byte {
		return []byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nSUMMARY:Open Lab\nX-VITRINE-ATTENDANCE:3\n" + lines + "\nEND:VEVENT\nEND:VCALENDAR")
	}
	f.Add(one("DTSTART;TZID=\"Romance Standard Time\":20260312T170000\nDURATION:PT1H\nRDATE;VALUE=PERIOD:20260313T170000Z/PT1H,20260314T170000Z/PT1H"))
	f.Add(one("DTSTART;VALUE=DATE:20260312\nRRULE:FREQ=MONTHLY;BYDAY=-1TH,+53MO;BYSETPOS=-1;UNTIL=20260401\nEXDATE;VALUE=DATE:20260326"))
	f.Add(one("DTSTART:20260312T170000Z\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260312T170000Z\nDESCRIPTION:<br>Participants : 3 (dont entreprises : 4)"))
	f.Add(one("DTSTART:20260312T170000Z\nRRULE:FREQ=YEARLY;BYWEEKNO=-53,53;BYYEARDAY=366,-366;WKST=SU;BYHOUR=0,23"))
	f.Add([]byte("BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:x\nX-LIC-LOCATION:Europe/Paris\nBEGIN:STANDARD\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\nEND:VCALENDAR\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		now := time.Date(2026, 4, 10, 0, 0, 0, 0, time.UTC)
		im, err := New(Config{Lab: "atelier-nord", File: "agenda.ics"})
		if err != nil {
			t.Fatal(err)
		}
		reading := func() string {
			var all bytes.Buffer
			told := map[string]bool{}
			yield := func(e *schemas.Event, err error) bool {
				if err != nil {
					if importers.Say(err, schemas.French) == "" {
						t.Error("an error without words")
					}
					return true
				}
				if err := importers.Check(e, now, "", ""); err != nil || e.Time.After(now) || told[e.ID.String()] {
					t.Errorf("%s at %s, told before: %v: %v", e.Data, e.Time, told[e.ID.String()], err)
				}
				told[e.ID.String()] = true
				if err := json.NewEncoder(&all).Encode(e); err != nil {
					t.Fatal(err)
				}
				return true
			}
			// Without the file of [Importer.Events]: its bytes are what matters.
			if err := (&session{Importer: im, now: now, yield: yield, unread: map[uuid.UUID]bool{}}).run(t.Context(), raw, "agenda.ics"); err != nil {
				fmt.Fprintln(&all, err)
			}
			return all.String()
		}
		if first, second := reading(), reading(); first != second {
			t.Errorf("%s then %s", first, second)
		}
	})
}

// FuzzRule: a recurrence rule is refused, or its instances rise from the first one to the bound.
func FuzzRule(f *testing.F) {
	f.Add("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=4", int64(1_772_546_400))
	f.Add("FREQ=MONTHLY;BYDAY=53MO", int64(0))
	f.Add("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30,-31;INTERVAL=4", int64(951_782_400))
	f.Add("FREQ=YEARLY;BYDAY=53SU,-53MO;BYWEEKNO=1,53,-1", int64(1_483_228_800))
	f.Add("FREQ=DAILY;BYSETPOS=366,-366;BYHOUR=1,2;BYMINUTE=3;UNTIL=20300101T000000", int64(1_483_228_800))
	f.Add("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", int64(951_782_400))
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, rule string, unix int64) {
		start := time.Unix(unix%2_000_000_000, 0).In(paris)
		if start.Year() < 1970 || len(rule) > 200 {
			return
		}
		e := &entry{start: moment{start, false}, rule: rule}
		until := start.AddDate(3, 0, 0)
		all, err := e.occurrences(until)
		if err != nil {
			if !importers.Continues(err) {
				t.Fatal(err)
			}
			return
		}
		if rule != "" && (len(all) == 0 || !all[0].Equal(inZone(wall(start), paris))) {
			t.Errorf("begins with %v instead of %s", all, start)
		}
		for i, o := range all {
			if o.After(until) || i > 0 && !o.After(all[i-1].Time) {
				t.Errorf("instance %d is %s", i, o.Time)
			}
		}
	})
}

// FuzzConfirmations: a file of confirmations is refused, or each of its lines is a day and a number.
func FuzzConfirmations(f *testing.F) {
	f.Add([]byte("uid;date;participants;entreprises\na;12/03/2026;23;11\n"))
	f.Add([]byte("\xef\xbb\xbftitre,date,attendance\n\"Open, Lab\",2026-03-12 18:00,0\n"))
	f.Add([]byte("uid\tdate\tpr\xe9sents\n\"a\n\t1/1/1\t1e3"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		lines, errs, err := parseConfirmations(raw, "c.csv")
		for _, e := range append(errs, err) {
			if e != nil && importers.Say(e, schemas.French) == "" {
				t.Error("an error without words")
			}
		}
		for _, c := range lines {
			if _, err := time.Parse(time.DateOnly, c.day); err != nil || c.people == nil || c.uid == "" && c.title == "" || !strings.HasPrefix(c.origin, "c.csv:") {
				t.Errorf("%+v", c)
			}
		}
	})
}

// FuzzParseMapping: a lab's file is refused, or what it says of an entry is in the taxonomies.
func FuzzParseMapping(f *testing.F) {
	f.Add([]byte("entries:\n  - {words: [open lab], kind: discovery, type: open_lab, audience: mixed}\n"), "Open Lab")
	f.Add([]byte("entries: [&a {words: [x]}, *a]"), "formation x")
	f.Fuzz(func(t *testing.T, raw []byte, title string) {
		m, err := ParseMapping(raw)
		if err != nil {
			return
		}
		tax := schemas.Taxonomies()
		c := m.classify("", title)
		switch c.kind {
		case Skip:
		case Training:
			if !slices.Contains(tax["training_topics"].Codes(), c.topic) {
				t.Errorf("%+v", c)
			}
		case Discovery:
			if !slices.Contains(tax["discovery_event_types"].Codes(), c.eventType) || !slices.Contains(tax["audiences"].Codes(), c.audience) {
				t.Errorf("%+v", c)
			}
		default:
			t.Errorf("%+v", c)
		}
	})
}

// TestWindowsZones: each name leads to a zone that Go has.
func TestWindowsZones(t *testing.T) {
	z := newZones(time.UTC, nil)
	if len(z.windows) < 130 {
		t.Errorf("%d names", len(z.windows))
	}
	for name, iana := range z.windows {
		if name == "windows" {
			continue // the header
		}
		if zone := z.of(name); zone == nil || zone.String() != iana {
			t.Errorf("%s is %v, not %s", name, zone, iana)
		}
	}
	for _, unknown := range []string{"Local", "Nulle Part", "../../etc/passwd", "x/Local", "/"} {
		if zone := z.of(unknown); zone != nil {
			t.Errorf("%q is %s", unknown, zone)
		}
	}
}
