package icalendar_test

import (
	"strings"
	"testing"

	"vitrine/producers/importers"
	"vitrine/producers/importers/icalendar"
	"vitrine/schemas"
)

// TestConfirmations: by uid or by title, in French or English, by the day or the first day.
func TestConfirmations(t *testing.T) {
	text := calendar("UID:a\nSUMMARY:Open Lab\nDTSTART;TZID=Europe/Paris:20260305T180000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3\n",
		"UID:a\nSUMMARY:Open Lab\nRECURRENCE-ID;TZID=Europe/Paris:20260312T180000\nDTSTART;TZID=Europe/Paris:20260313T180000\nDURATION:PT1H\nDESCRIPTION:Participants : 1",
		"UID:b\nSUMMARY:Formation laser\nDTSTART;TZID=Europe/Paris:20260305T100000\nDURATION:PT1H",
		"UID:c\nSUMMARY:Formation laser\nDTSTART;TZID=Europe/Paris:20260305T140000\nDURATION:PT1H",
		"UID:d\nSUMMARY:Réunion\nDTSTART;TZID=Europe/Paris:20260305T140000\nDURATION:PT1H")
	for name, c := range map[string]struct {
		file, want string
		errs       []string // beside what awaits confirmation
	}{
		"by uid and title": {"uid;titre;Date;Participants;Dont entreprises\na;;05/03/2026;3;\n;open lab;2026-03-13;4;\n\n;Formation Laser;05/03/2026 14h00;5;2\n;Open Lab;19.03.2026;;\n",
			"discovery 03-05 18:00 +0100 1h0m0s n=3; training 03-05 14:00 +0100 1h0m0s n=5; discovery 03-13 18:00 +0100 1h0m0s n=4", nil},
		"by the first day, in English": {"title,date,attendance\nOpen Lab,2026-03-12,9\n", "discovery 03-13 18:00 +0100 1h0m0s n=9", nil},
		"in Windows-1252, tabs":        {"Intitul\xe9\tjour\tpr\xe9sents\nOpen Lab\t5/3/2026\t7\n", "discovery 03-05 18:00 +0100 1h0m0s n=7; discovery 03-13 18:00 +0100 1h0m0s n=1", nil},
		"errors": {"uid;titre;date;participants;entreprises\n;Formation laser;05/03/2026;5;\nx;;05/03/2026;5;\na;;05/03;5;\n;;05/03/2026;5;\na;;05/03/2026;cinq;\na;;05/03/2026;5;6\na;;05/03/2026;5;\na;;05/03/2026;6;\nd;;05/03/2026;6;\n",
			"discovery 03-05 18:00 +0100 1h0m0s n=5; discovery 03-13 18:00 +0100 1h0m0s n=1", []string{
				"c.csv:4, date: unreadable date", "c.csv:5, uid: missing", "c.csv:6, participants: not a number", "c.csv:7, entreprises: not a number of people, at most",
				"c.csv:2, 2026-03-05: several entries", "c.csv:3, 2026-03-05: no entry", "c.csv:9, 2026-03-05: this one is confirmed", "c.csv:10, 2026-03-05: no entry"}},
	} {
		t.Run(name, func(t *testing.T) {
			im := newImporter(t, icalendar.Config{File: write(t, "a.ics", text), Confirmations: write(t, "c.csv", c.file)})
			events, errs := read(t, im, importers.Range{})
			var others []string
			for _, err := range errs {
				if !strings.Contains(err, "awaits confirmation") {
					others = append(others, err)
				}
			}
			got := strings.Split(say(events), "; ")
			for _, want := range strings.Split(c.want, "; ") {
				if !strings.Contains(strings.Join(got, "; ")+"; ", want+"; ") {
					t.Errorf("no %q in %q", want, got)
				}
			}
			if len(others) != len(c.errs) {
				t.Errorf("errors %q", others)
			}
			for i, want := range c.errs {
				if i < len(others) && !strings.Contains(others[i], want) {
					t.Errorf("%q, want %q", others[i], want)
				}
			}
		})
	}
	im := newImporter(t, icalendar.Config{File: write(t, "a.ics", text), Confirmations: write(t, "c.csv", "uid;participants\n")})
	for _, err := range im.Events(t.Context(), importers.Range{}) {
		if err == nil || importers.Continues(err) || !strings.Contains(importers.Say(err, schemas.French), "colonnes attendues") {
			t.Errorf("without a date: %v", err)
		}
	}
}

func TestMapping(t *testing.T) {
	mapping, err := icalendar.ParseMapping([]byte(`
entries:
  - {words: [comité], kind: skip}
  - {words: [Café Bidouille], kind: discovery, type: repair_cafe, audience: members}
  - {words: [permanence], kind: training, topic: safety}
  - {words: [salle], audience: youth}
`))
	if err != nil {
		t.Fatal(err)
	}
	for entry, want := range map[string]string{
		"SUMMARY:cafe bidouille":                               `"type":"repair_cafe","audience":"members"`,
		"SUMMARY:Permanence":                                   `"topic":"safety","audience":"general_public"`,
		"SUMMARY:Open Lab\nCATEGORIES:Salle 2":                 `"type":"open_lab","audience":"youth"`,
		"SUMMARY:Comité Open Lab":                              "",
		"SUMMARY:Déjeuner":                                     "",
		"SUMMARY:Visite\nCATEGORIES:découverte,scolaires":      `"type":"school_visit","audience":"education"`,
		"SUMMARY:Visite\nCATEGORIES:Discovery,Companies":       `"type":"company_discovery","audience":"companies"`,
		"SUMMARY:Journée portes ouvertes":                      `"type":"open_day","audience":"general_public"`,
		"SUMMARY:Repair café\nCATEGORIES:grand-public,jeunes":  `"type":"repair_cafe","audience":"mixed"`,
		"SUMMARY:Laser cutting\nCATEGORIES:training,companies": `"topic":"machine_laser_vinyl","audience":"companies"`,
		"SUMMARY:Atelier découverte\nCATEGORIES:formation":     `"topic":"other"`,
	} {
		im := newImporter(t, icalendar.Config{Mapping: mapping, File: write(t, "a.ics", calendar("UID:a\nDTSTART:20260312T170000Z\nDURATION:PT1H\nX-VITRINE-ATTENDANCE:2\n"+entry))})
		events, errs := read(t, im, importers.Range{})
		got := ""
		for _, e := range events {
			got += string(e.Data)
		}
		if (got == "") != (want == "") || !strings.Contains(got, want) || len(errs) != 0 {
			t.Errorf("%q: %s %q, want %s", entry, got, errs, want)
		}
	}
	_, err = icalendar.ParseMapping([]byte("entries:\n  - {words: [], kind: party}\n  - {words: [a], type: x, topic: y, audience: z}\n"))
	for _, want := range []string{`entries[0].kind: "party"`, "entries[0].words", `entries[1].type: "x"`, `entries[1].topic: "y"`, `entries[1].audience: "z"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %s in %v", want, err)
		}
	}
}

func TestConnector(t *testing.T) {
	c := icalendar.Connector()
	path := write(t, "a.ics", calendar(head+"DTSTART:20260312T170000Z"))
	mapping := write(t, "m.yaml", "entries: [{words: [open], kind: skip}]")
	for values, want := range map[[2]string]string{{"file", path}: "discovery 03-12 18:00 +0100 n=5", {"mapping", mapping}: ""} {
		paris := at("2026-01-01T00:00:00Z").Location()
		im, err := c.Open(importers.Options{Lab: lab, Zone: paris, Values: map[string]string{"file": path, values[0]: values[1]}, State: importers.NoState{}, Clock: april})
		if err != nil {
			t.Fatal(err)
		}
		var events []*schemas.Event
		for e, err := range im.Events(t.Context(), importers.Range{}) {
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, e)
		}
		if got := say(events); got != strings.Replace(want, "18:00 +0100", "17:00 +0000", 1) {
			t.Errorf("%v: %s", values, got)
		}
	}
	if _, err := c.Open(importers.Options{Lab: lab, Values: map[string]string{"url": "https://a.org/1", "secret-url": "https://a.org/2"}, State: importers.NoState{}}); err == nil {
		t.Error("two addresses are accepted")
	}
	names := map[string]bool{}
	for _, s := range c.Settings {
		if s.Help.FR == "" || s.Help.EN == "" || names[s.Name] {
			t.Errorf("setting %q", s.Name)
		}
		names[s.Name] = true
	}
}
