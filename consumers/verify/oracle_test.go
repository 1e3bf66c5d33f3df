package verify

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"vitrine/schemas"
)

const (
	discovery  = `'type': 'open_day', 'audience': 'companies', 'attendance': 10`
	registered = `'name': 'A', 'commune': 'Brest'`
)

func TestAcceptance(t *testing.T) {
	o := NewOracle(schemas.DefaultCatalogue(), zone(t, "Europe/Paris"))
	for i, c := range []struct {
		sent
		code string // "" is accepted
	}{
		{sent{kind: "discovery.held", data: discovery}, ""},
		{sent{kind: "discovery.held", data: discovery, subject: "vitrine.events.b.discovery.held"}, schemas.CodeWrongSubject},
		{sent{kind: "discovery.held", data: discovery, subject: "vitrine.programme.a.discovery.held"}, schemas.CodeWrongSubject},
		{sent{kind: "discovery.held", data: `'type': 'open_day'`}, schemas.CodeMissing},
		{sent{kind: "lab.registered", data: registered + `, 'zone': 'Indian/Reunion'`}, ""},
		{sent{kind: "lab.registered", data: registered + `, 'zone': 'America/Cayenne'`}, schemas.CodeOrder},
		{sent{kind: "lab.registered", data: registered}, schemas.CodeOrder}, // Europe/Paris
		{sent{kind: "lab.registered", data: registered + `, 'zone': 'Indian/Reunion'`}, ""},
		{sent{kind: "lab.registered", retracted: true}, ""},                                              // names no zone
		{sent{kind: "lab.registered", data: registered + `, 'zone': 'Europe/Paris'`}, schemas.CodeOrder}, // still fixed
		{sent{lab: "b", kind: "lab.registered", data: registered}, ""},
	} {
		m := c.message(t, uint64(i+1))
		if err := o.Add(m); err != nil {
			t.Fatal(err)
		}
		if got := o.rejected[m.Seq]; got != c.code {
			t.Errorf("message %d: got %q, want %q", i+1, got, c.code)
		}
	}
	if o.Accepted()+len(o.Rejected()) != 11 {
		t.Errorf("%d accepted + %d rejected, want 11 together", o.Accepted(), len(o.Rejected()))
	}
	if err := o.Add(sent{kind: "discovery.held", data: discovery}.message(t, 11)); err == nil {
		t.Error("a message that comes twice is taken")
	}
}

// A day is cut in the programme's zone until the lab is registered, in the lab's from then on.
func TestZones(t *testing.T) {
	late := "2026-01-31T22:00:00Z" // 31 January, 23:00 in Paris; 1 February, 2:00 on Réunion
	o := oracleOf(t, schemas.DefaultCatalogue(),
		sent{kind: "discovery.held", data: discovery, time: late},
		sent{kind: "lab.registered", data: registered + `, 'zone': 'Indian/Reunion'`, time: late},
		sent{kind: "discovery.held", data: discovery, time: late})
	expect(t, figuresOf(o, "D01", "", Daily, day(t, "2026-03-01")), "2026-01-31: 1", "2026-02-01: 1")
	if _, there := o.cellsOf("a")[cellKey{"lab.registered", day(t, "2026-02-01")}]; !there {
		t.Error("the registration isn't cut in its own zone")
	}
}

// Every key that an event ever stood under carries the latest version's number.
func TestCells(t *testing.T) {
	o := oracleOf(t, schemas.DefaultCatalogue(),
		sent{id: 1, kind: "visibility.item.published", data: `'scope': 'local', 'medium': 'press'`},                                               // 1
		sent{id: 2, kind: "visibility.item.published", data: `'scope': 'local', 'medium': 'press'`},                                               // 2
		sent{id: 1, kind: "visibility.item.published", data: `'scope': 'local', 'medium': 'web'`, time: "2026-02-01T10:00:00.0019Z", revision: 1}, // 3: moved
		sent{id: 1, kind: "visibility.item.published", data: `'scope': 'local', 'medium': 'fair'`, time: "2026-04-01T10:00:00Z"},                  // 4: late
		sent{id: 3, kind: "visibility.item.published", data: `'scope': 'local', 'medium': 'press'`, time: "2026-05-01T10:00:00Z"},                 // 5
		sent{id: 3, kind: "visibility.item.published", retracted: true, time: "2026-05-01T10:00:00Z"},                                             // 6: at equal revision the later wins
	)
	got := []string{}
	for c := range o.Cells() {
		s := fmt.Sprintf("%s %s v%s:", c.Kind, c.Day, c.Version)
		for _, i := range c.Items {
			if i.Indicator == "V01" {
				s += fmt.Sprintf(" [%s %s %s %q %q %s @%d #%d]", i.Part, i.Fn, i.Day, i.Segment, i.Ref, i.Amount, i.At, i.Seq)
			}
		}
		got = append(got, s)
	}
	slices.Sort(got)
	jan, feb := "1768467600000", "1769940000001"
	expect(t, got,
		// event 2 (version 2) is there, event 1 (version 2⁶⁴ + 3) was: 2⁶⁴ + 5
		`visibility.item.published 2026-01-15 v18446744073709551621: [numerator sum 2026-01-15 "" "" 1 @`+jan+` #2] [numerator sum 2026-01-15 "medium=press" "" 1 @`+jan+` #2] [numerator sum 2026-01-15 "scope=local" "" 1 @`+jan+` #2]`,
		`visibility.item.published 2026-02-01 v18446744073709551619: [numerator sum 2026-02-01 "" "" 1 @`+feb+` #3] [numerator sum 2026-02-01 "medium=web" "" 1 @`+feb+` #3] [numerator sum 2026-02-01 "scope=local" "" 1 @`+feb+` #3]`,
		// never the latest, but it stood there
		`visibility.item.published 2026-04-01 v18446744073709551619:`,
		// retracted: the version stays, the items go
		`visibility.item.published 2026-05-01 v6:`,
	)
	if n := len(slices.Collect(o.Live("a"))); n != 2 {
		t.Errorf("%d live events, want 2", n)
	}
}

// What several events contribute to the same item: sums add, a company counts once, time and
// sequence are the latest's.
func TestItems(t *testing.T) {
	training := func(end, companies string) string {
		return `'end': '` + end + `', 'topic': 'robotics', 'audience': 'companies', 'attendees': 3, 'companies': [` + companies + `]`
	}
	o := oracleOf(t, schemas.DefaultCatalogue(),
		// 23:00 to 1:00: 3,600 s × 3 attendees on each of two days
		sent{kind: "training.held", time: "2026-01-15T23:00:00+01:00", data: training("2026-01-16T01:00:00+01:00", `{'siren': '732829320', 'size': 'pme'}, {'ref': 'X1', 'size': 'pme'}`)},
		// 10:00 to 10:30: 1,800 s × 3, of an earlier time; a SIRET of the same company
		sent{kind: "training.held", time: "2026-01-15T10:00:00+01:00", data: training("2026-01-15T10:30:00+01:00", `{'siret': '73282932000074', 'size': 'pme'}`)},
	)
	got := []string{}
	items := o.cellsOf("a")[cellKey{"training.held", day(t, "2026-01-15")}].Items
	slices.SortFunc(items, CompareItems)
	for _, i := range items {
		if i.Indicator == "T02" && i.Segment == "" || i.Indicator == "C01" && strings.HasPrefix(i.Segment, "size_class") {
			got = append(got, fmt.Sprintf("%s %s %s %s %s %s #%d", i.Indicator, i.Fn, i.Day, i.Segment, i.Ref, i.Amount, i.Seq))
		}
	}
	expect(t, got,
		"C01 distinct 2026-01-15 size_class=pme 732829320 1 #1",
		"C01 distinct 2026-01-15 size_class=pme a:X1 1 #1",
		"T02 sum 2026-01-15   16200 #1", // 10,800 + 5,400
		"T02 sum 2026-01-16   10800 #1",
	)
	expect(t, figuresOf(o, "T02", "", Monthly, day(t, "2026-01-31")), "2026-01: 7.5") // 27,000 s
	expect(t, figuresOf(o, "C01", "size_class=pme", Monthly, day(t, "2026-01-31")), "2026-01: 2")
}
