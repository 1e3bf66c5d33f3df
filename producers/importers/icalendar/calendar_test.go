package icalendar_test

import (
	"strings"
	"testing"

	"vitrine/producers/importers"
	"vitrine/producers/importers/icalendar"
)

const head = "UID:a\nSUMMARY:Open Lab\nX-VITRINE-ATTENDANCE:5\n"

// instance is a confirmed instance of the series a, planned for and at a local time.
func instance(planned, begin string) string {
	return head + "RECURRENCE-ID;TZID=Europe/Paris:" + planned + "\nDTSTART;TZID=Europe/Paris:" + begin + "\nDURATION:PT1H"
}

func TestTimes(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"in UTC":          {calendar(head + "DTSTART:20260312T170000Z\nDTEND:20260312T190000Z"), "discovery 03-12 18:00 +0100 2h0m0s n=5"},
		"floating":        {calendar(head + "DTSTART:20260331T180000\nDTEND:20260331T190000"), "discovery 03-31 18:00 +0200 1h0m0s n=5"},
		"Windows' zone":   {calendar(head + "DTSTART;TZID=Romance Standard Time:20260331T180000\nDTEND;TZID=\"Romance Standard Time\":20260331T190000"), "discovery 03-31 18:00 +0200 1h0m0s n=5"},
		"another zone":    {calendar(head + "DTSTART;TZID=Indian/Reunion:20260331T180000\nDURATION:PT1H30M"), "discovery 03-31 16:00 +0200 1h30m0s n=5"},
		"a prefixed zone": {calendar(head + "DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Paris:20260331T180000\nDURATION:P0DT1H"), "discovery 03-31 18:00 +0200 1h0m0s n=5"},
		"a whole day":     {calendar(head + "DTSTART;VALUE=DATE:20260328\nDTEND;VALUE=DATE:20260330"), "discovery 03-28 00:00 +0100 n=5"},
		"a day alone":     {calendar(head + "DTSTART;VALUE=DATE:20260328"), "discovery 03-28 00:00 +0100 n=5"},
		"without an end":  {calendar(head + "DTSTART:20260312T170000Z"), "discovery 03-12 18:00 +0100 n=5"},
		"over the change": {calendar(head + "DTSTART;TZID=Europe/Paris:20260328T230000\nDTEND;TZID=Europe/Paris:20260329T040000"), "discovery 03-28 23:00 +0100 4h0m0s n=5"},
		"folded lines":    {calendar("UID:a\nSUMMARY:Open\n  Lab\nX-VITRINE-ATTEN\n DANCE:5\nDTSTART:20260312T17\n\t0000Z"), "discovery 03-12 18:00 +0100 n=5"},
		"Windows-1252":    {calendar("UID:a\nSUMMARY:D\xe9couverte\nX-VITRINE-ATTENDANCE:5\nDTSTART:20260312T170000Z"), "discovery 03-12 18:00 +0100 n=5"},
		"its own zone's name": {strings.Replace(calendar(head+"DTSTART;TZID=Bureau:20260331T180000\nDURATION:PT1H"), "BEGIN:VEVENT",
			"BEGIN:VTIMEZONE\r\nTZID:Bureau\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n"+
				"BEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT", 1), "discovery 03-31 18:00 +0200 1h0m0s n=5"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, errs := ofText(t, c.text); got != c.want || len(errs) != 0 {
				t.Errorf("got %q %q, want %q", got, errs, c.want)
			}
		})
	}
}

// TestRecurrence: which days a series has. None is confirmed, so they are told as awaiting it.
func TestRecurrence(t *testing.T) {
	const series = "UID:a\nSUMMARY:Open Lab\nDTSTART;TZID=Europe/Paris:20260305T180000\nDTEND;TZID=Europe/Paris:20260305T200000\n" // a Thursday
	for name, c := range map[string]struct{ lines, want string }{
		"COUNT":                     {"RRULE:FREQ=WEEKLY;COUNT=2", "03-05 03-12"},
		"UNTIL in UTC":              {"RRULE:FREQ=WEEKLY;UNTIL=20260319T170000Z", "03-05 03-12 03-19"},
		"UNTIL just before":         {"RRULE:FREQ=WEEKLY;UNTIL=20260319T165959Z", "03-05 03-12"},
		"UNTIL a day":               {"RRULE:FREQ=WEEKLY;UNTIL=20260319", "03-05 03-12 03-19"},
		"no end":                    {"RRULE:FREQ=WEEKLY", "03-05 03-12 03-19 03-26 04-02 04-09"},
		"INTERVAL":                  {"RRULE:FREQ=WEEKLY;INTERVAL=2", "03-05 03-19 04-02"},
		"BYDAY":                     {"RRULE:FREQ=WEEKLY;BYDAY=TU,TH;COUNT=4", "03-05 03-10 03-12 03-17"},
		"first of a month":          {"RRULE:FREQ=MONTHLY;BYDAY=1TH", "03-05 04-02"},
		"last of a month":           {"RRULE:FREQ=MONTHLY;BYDAY=-1TH", "03-05 03-26"},
		"the first one counts":      {"RRULE:FREQ=WEEKLY;BYDAY=FR;COUNT=3", "03-05 03-06 03-13"},
		"EXDATE":                    {"RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=Europe/Paris:20260312T180000,20260319T180000", "03-05 03-26"},
		"EXDATE in UTC":             {"RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE:20260312T170000Z", "03-05 03-19"},
		"EXDATE of a day":           {"RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;VALUE=DATE:20260312", "03-05 03-19"},
		"RDATE":                     {"RDATE;TZID=Europe/Paris:20260310T100000,20260305T180000", "03-05 03-10"},
		"RDATE with a period":       {"RRULE:FREQ=WEEKLY;COUNT=2\nRDATE;VALUE=PERIOD;TZID=Europe/Paris:20260310T100000/PT1H", "03-05 03-10 03-12"},
		"18:00 after the change":    {"RRULE:FREQ=MONTHLY", "03-05 04-05"},
		"30 February, each day":     {"RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "03-05"},
		"a rule that gives no more": {"RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "03-05"},
	} {
		t.Run(name, func(t *testing.T) {
			_, errs := ofText(t, calendar(series+c.lines))
			var days []string
			for _, err := range errs {
				if !strings.Contains(err, " 18:00 Open Lab: awaits") && !strings.Contains(err, "03-10 10:00 Open Lab: awaits") {
					continue
				}
				_, day, _ := strings.Cut(err, ", 2026-")
				days = append(days, day[:5])
			}
			seen := map[string]bool{}
			var once []string
			for _, d := range days {
				if !seen[d] {
					once = append(once, d)
				}
				seen[d] = true
			}
			if got := strings.Join(once, " "); got != c.want {
				t.Errorf("got %s, want %s\n%q", got, c.want, errs)
			}
		})
	}
}

func TestChangedInstances(t *testing.T) {
	const series = "UID:a\nSUMMARY:Open Lab\nDTSTART;TZID=Europe/Paris:20260305T180000\nDURATION:PT2H\nRRULE:FREQ=WEEKLY;COUNT=3\n"
	id := func(text string, n int) string {
		events, _ := read(t, newImporter(t, icalendar.Config{File: write(t, "a.ics", text)}), importers.Range{})
		return events[n].ID.String()
	}
	inPlace := calendar(series, instance("20260312T180000", "20260312T180000"))
	moved := calendar(series, instance("20260312T180000", "20260314T093000"))
	if got, _ := ofText(t, moved); got != "discovery 03-14 09:30 +0100 1h0m0s n=5" {
		t.Errorf("moved: %s", got)
	}
	if id(inPlace, 0) != id(moved, 0) {
		t.Error("a moved instance has another id")
	}
	// The whole series goes to another hour after that: it is the same instance still.
	later := calendar(strings.Replace(series, "T180000", "T190000", 1), instance("20260312T180000", "20260312T180000"))
	if got, errs := ofText(t, later); got != "discovery 03-12 18:00 +0100 1h0m0s n=5" || len(errs) != 2 || id(later, 0) != id(inPlace, 0) {
		t.Errorf("later: %s %q", got, errs)
	}
	// A newer SEQUENCE wins, wherever it stands.
	newer := calendar(series, instance("20260312T180000", "20260313T100000")+"\nSEQUENCE:3", instance("20260312T180000", "20260314T093000")+"\nSEQUENCE:2")
	if got, _ := ofText(t, newer); got != "discovery 03-13 10:00 +0100 1h0m0s n=5" {
		t.Errorf("newer: %s", got)
	}
	if got, _ := ofText(t, calendar(series+"STATUS:CANCELLED\n", instance("20260312T180000", "20260312T180000"))); got != "-discovery 03-05 18:00 +0100; -discovery 03-12 18:00 +0100; -discovery 03-19 18:00 +0100" {
		t.Errorf("cancelled as a whole: %s", got)
	}
	if got, errs := ofText(t, calendar(instance("20260312T180000", "20260313T180000"))); got != "discovery 03-13 18:00 +0100 1h0m0s n=5" || len(errs) != 0 {
		t.Errorf("without its series: %s %q", got, errs)
	}
	// A number on the whole series confirms none of its days.
	if got, errs := ofText(t, calendar(series+"DESCRIPTION:Participants : 12")); got != "" || len(errs) != 4 || !strings.Contains(errs[0], "stands on the whole series") {
		t.Errorf("on the series: %s %q", got, errs)
	}
}

func TestTrainings(t *testing.T) {
	const training = "UID:f\nSUMMARY:Formation découpe laser\nDTSTART;TZID=Europe/Paris:20260310T140000\nDTEND;TZID=Europe/Paris:20260310T170000\n"
	for name, c := range map[string]struct{ lines, want, data string }{
		"of companies":    {`DESCRIPTION:Apporter ses lunettes.\nParticipants : 8\nDont entreprises : 8`, "training 03-10 14:00 +0100 3h0m0s n=8", `"topic":"machine_laser_vinyl","audience":"companies","attendees":8,"attendees_company":8,"title":"Formation découpe laser"`},
		"mixed, one line": {`DESCRIPTION:Participants: 8 (dont entreprises : 3)`, "training 03-10 14:00 +0100 3h0m0s n=8", `"audience":"mixed","attendees":8,"attendees_company":3`},
		"as HTML":         {`DESCRIPTION:<p>Voir le site</p><b>Participants&nbsp;:</b> 8<br>Merci`, "training 03-10 14:00 +0100 3h0m0s n=8", `"audience":"general_public","attendees":8,"title"`},
		"by category":     {"CATEGORIES:Adhérents\nX-VITRINE-ATTENDANCE:0", "training 03-10 14:00 +0100 3h0m0s n=0", `"audience":"members"`},
		"cancelled":       {"STATUS:CANCELLED\nX-VITRINE-ATTENDANCE:3", "training.cancelled 03-10 14:00 +0100", `{"topic":"machine_laser_vinyl"}`},
	} {
		t.Run(name, func(t *testing.T) {
			events, errs := read(t, newImporter(t, icalendar.Config{File: write(t, "a.ics", calendar(training+c.lines))}), importers.Range{})
			if got := say(events); got != c.want || len(errs) != 0 || !strings.Contains(string(events[0].Data), c.data) {
				t.Errorf("got %s %q, want %s", got, errs, c.want)
				for _, e := range events {
					t.Logf("%s", e.Data)
				}
			}
		})
	}
}

// TestUnclear: names after "Participants" don't confirm, and stand in no message.
func TestUnclear(t *testing.T) {
	for _, lines := range []string{`DESCRIPTION:Participants : Jeanne Exemple\, Paul`, `DESCRIPTION:Participants : 8\nParticipants : 9`, "X-VITRINE-ATTENDANCE:huit Exemple"} {
		got, errs := ofText(t, calendar("UID:a\nSUMMARY:Open Lab\nDTSTART:20260312T170000Z\n"+lines))
		if got != "" || len(errs) != 1 || !strings.Contains(errs[0], "one whole number is expected") || strings.Contains(errs[0], "Exemple") {
			t.Errorf("%s: %s %q", lines, got, errs)
		}
	}
	got, errs := ofText(t, calendar("UID:a\nSUMMARY:Open Lab\nDTSTART:20260312T170000Z\nDESCRIPTION:Participants : 2 dont entreprises : 3"))
	if got != "" || len(errs) != 1 || !strings.Contains(errs[0], "more people from companies") {
		t.Errorf("%s %q", got, errs)
	}
	// In the title, which is told without it.
	events, errs := read(t, newImporter(t, icalendar.Config{File: write(t, "a.ics", calendar("UID:a\nSUMMARY:Open Lab (présents : 23)\nDTSTART:20260312T170000Z"))}), importers.Range{})
	if say(events) != "discovery 03-12 18:00 +0100 n=23" || len(errs) != 0 || !strings.Contains(string(events[0].Data), `"title":"Open Lab"`) {
		t.Errorf("%s %q", say(events), errs)
	}
}

// TestPrivate: neither private entries nor meetings leave a trace, nor does anybody's name.
func TestPrivate(t *testing.T) {
	for _, event := range []string{
		head + "DTSTART:20260312T170000Z\nCLASS:PRIVATE",
		head + "DTSTART:broken\nCLASS:CONFIDENTIAL",
		"UID:a\nSUMMARY:Point budget avec Jeanne Exemple\nDTSTART:20260312T170000Z\nRRULE:FREQ=DAILY",
	} {
		if got, errs := ofText(t, calendar(event)); got != "" || len(errs) != 0 {
			t.Errorf("%q: %s %q", event, got, errs)
		}
	}
	events, _ := read(t, newImporter(t, icalendar.Config{File: write(t, "a.ics", calendar(head+"DTSTART:20260312T170000Z\nORGANIZER;CN=Jeanne Exemple:mailto:j@example.org\nATTENDEE;CN=\"Paul\":mailto:p@example.org\nDESCRIPTION:Jeanne anime"))}), importers.Range{})
	if len(events) != 1 || strings.Contains(string(events[0].Data), "Jeanne") || strings.Contains(string(events[0].Data), "example") {
		t.Errorf("%s", events[0].Data)
	}
}

// TestBrokenEntries: an entry that can't be read is named by its line, and spoils no other one.
func TestBrokenEntries(t *testing.T) {
	good := head + "DTSTART:20260312T170000Z"
	for broken, want := range map[string]string{
		"SUMMARY:Open Lab\nDTSTART:20260312T170000Z":                                         "agenda.ics:4, VEVENT, UID: missing",
		"UID:b\nSUMMARY:Open Lab":                                                            "agenda.ics:4, VEVENT, DTSTART: unreadable time",
		"UID:b\nDTSTART;TZID=Nulle Part:20260312T170000":                                     "agenda.ics:4, VEVENT, DTSTART: unreadable time or unknown zone",
		"UID:b\nDTSTART:20260312T170000Z\nDTEND:20260311T170000Z":                            "agenda.ics:4, VEVENT, DTEND: the end must come after the start",
		"UID:b\nDTSTART:20260312T170000Z\nune ligne coupée":                                  "agenda.ics:7: unreadable line in an entry",
		"UID:b\nSUMMARY:Open Lab\nDTSTART:20260312T170000Z\nRRULE:FREQ=HOURLY":               "agenda.ics:4, 2026-03-12 17:00 Open Lab, RRULE: unreadable or unsupported",
		"UID:b\nSUMMARY:Open Lab\nDTSTART:19800312T170000Z\nRRULE:FREQ=DAILY":                "more than 10,000 instances",
		"UID:b\nSUMMARY:Formation\nDTSTART;VALUE=DATE:20260312\n" + "X-VITRINE-ATTENDANCE:3": "a training without hours",
	} {
		got, errs := ofText(t, calendar(broken, good))
		if got != "discovery 03-12 18:00 +0100 n=5" || len(errs) != 1 || !strings.Contains(errs[0], want) {
			t.Errorf("%q: %s %q, want %q", broken, got, errs, want)
		}
	}
	for _, text := range []string{"", "<html>", "BEGIN:VCALENDAR\r\n", "BEGIN:VCALENDAR\r\nEND:VEVENT\r\n", calendar(good)[:120], strings.Repeat("BEGIN:VCALENDAR\r\n", 20)} {
		im := newImporter(t, icalendar.Config{File: write(t, "agenda.ics", text)})
		for e, err := range im.Events(t.Context(), importers.Range{}) {
			if err == nil || importers.Continues(err) {
				t.Errorf("%q gives %v, %v", text, e, err)
			}
		}
	}
}
