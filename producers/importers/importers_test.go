package importers_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestRange(t *testing.T) {
	day := importers.Range{Since: at("2026-03-01T00:00:00Z"), Until: at("2026-03-02T00:00:00Z")}
	for _, c := range []struct {
		start, end         string
		contains, overlaps bool
	}{
		{"2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z", true, true},
		{"2026-02-28T23:00:00Z", "2026-03-01T00:00:00Z", false, false},
		{"2026-02-28T23:00:00Z", "2026-03-01T00:00:01Z", false, true},
		{"2026-03-01T23:59:59Z", "2026-03-03T00:00:00Z", true, true},
		{"2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z", false, false},
	} {
		start, end := at(c.start), at(c.end)
		if day.Contains(start) != c.contains || day.Overlaps(start, end) != c.overlaps {
			t.Errorf("%s to %s: %v, %v", c.start, c.end, day.Contains(start), day.Overlaps(start, end))
		}
		if all := (importers.Range{}); !all.Contains(start) || !all.Overlaps(start, end) {
			t.Errorf("%s isn't in the range without bounds", c.start)
		}
	}
}

func TestIsFile(t *testing.T) {
	for _, c := range []struct {
		given map[string]string
		is    bool
	}{
		{map[string]string{"token": "t"}, false}, {map[string]string{"secret-url": "s"}, false}, {map[string]string{"url": "u", "export": "e"}, false},
		{map[string]string{"file": "f"}, true}, {map[string]string{"dir": "d", "export": "e"}, true}, {map[string]string{"export": "e"}, true},
	} {
		if importers.IsFile(c.given) != c.is {
			t.Errorf("%v is taken for a file: %t", c.given, !c.is)
		}
	}
}

func TestMonths(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		r          importers.Range
		first, now string
		want       string
	}{
		{importers.Range{Since: at("2026-03-01T00:00:00+01:00"), Until: at("2026-05-01T00:00:00+02:00")}, "2020-01-01T00:00:00Z", "2026-12-01T00:00:00Z", "2026-03 2026-04"},
		{importers.Range{Since: at("2026-03-01T00:00:01+01:00"), Until: at("2026-04-30T23:59:59+02:00")}, "2020-01-01T00:00:00Z", "2026-12-01T00:00:00Z", ""},
		{importers.Range{}, "2025-11-30T23:30:00Z", "2026-02-28T22:59:59Z", "2025-12 2026-01"},
		{importers.Range{}, "2025-12-31T12:00:00Z", "2026-02-28T23:00:00Z", "2025-12 2026-01 2026-02"},
	} {
		var got []string
		for m := range importers.Months(c.r, at(c.first), at(c.now), paris) {
			got = append(got, m.String())
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%+v: %q, want %q", c, s, c.want)
		}
	}
	// A month's event lies on its last day all over the French territories.
	february := importers.MonthOf(at("2028-02-10T00:00:00Z"), paris)
	for _, zone := range []string{"America/Cayenne", "America/Martinique", "Indian/Reunion", "Indian/Mayotte", "Pacific/Noumea", "Pacific/Tahiti"} {
		there, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		if day := february.Stamp().In(there).Format(time.DateOnly); day != "2028-02-29" {
			t.Errorf("in %s it is %s", zone, day)
		}
	}
}

func TestTitle(t *testing.T) {
	for in, want := range map[string]string{
		"  Matinale\r\n entreprises\t": "Matinale entreprises",
		"Écrire à a@example.org":       "",
		"Tél. 01 23 45 67 89":          "",
		"un titre bien trop long":      "un titre…",
	} {
		maxLen := 200
		if strings.HasPrefix(in, "un") {
			maxLen = 10
		}
		if got := importers.Title(in, maxLen); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestClassify(t *testing.T) {
	rules := []importers.Rule{{Words: []string{"grande fraiseuse"}, Code: "large"}, {Words: []string{"fraiseuse", "coeur"}, Code: "small"}}
	for in, want := range map[string]string{
		"Grande-Fraiseuse": "large", "GRANDE  FRAISEUSE n°2": "large", "petite_fraiseuse": "small", "Cœur": "small", "tour": "none", "": "none",
	} {
		if got := importers.Classify(in, rules, "none"); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	if importers.Fold("Découpeuse") != importers.Fold("De\u0301coupeuse") {
		t.Error("composed and decomposed accents fold differently")
	}
}

func TestCoder(t *testing.T) {
	if _, err := importers.NewCoder("a", make([]byte, importers.MinSaltBytes-1)); err == nil {
		t.Error("a short salt is accepted")
	}
	coder, err := importers.NewCoder("atelier-nord", []byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for i := range 1000 {
		codes = append(codes, coder.Company("fabmanager", fmt.Sprint(i)), coder.Company("fabman", fmt.Sprint(i)))
	}
	slices.Sort(codes)
	if len(slices.Compact(codes)) != 2000 {
		t.Error("two customers have one code")
	}
	usage := schemas.MachineUsage{Machine: "m", Category: "other", Origin: "booked", End: at("2026-03-01T01:00:00Z"), Companies: []schemas.Company{{Ref: codes[0]}}}
	e, err := schemas.NewEvent("atelier-nord", "", at("2026-03-01T00:00:00Z"), usage)
	if err == nil {
		err = importers.Check(e, at("2026-04-01T00:00:00Z"), "", "")
	}
	if err != nil {
		t.Errorf("the contract doesn't take the code: %v", err)
	}
}

func TestCheckNamesTheRecord(t *testing.T) {
	e, err := schemas.NewEvent("atelier-nord", "", at("2026-03-01T00:00:00Z"), schemas.ProjectPublished{Project: "p", Licence: "nonsense"})
	if err != nil {
		t.Fatal(err)
	}
	err = importers.Check(e, at("2026-04-01T00:00:00Z"), "page.json", "project 7")
	if !importers.Continues(err) || !strings.HasPrefix(err.Error(), "page.json, project 7: data.licence: value not allowed") ||
		!strings.HasPrefix(importers.Say(err, schemas.French), "page.json, project 7 : data.licence : valeur non admise") {
		t.Errorf("got %v", err)
	}
	if e.Data = []byte("{"); importers.Continues(importers.Check(e, time.Now(), "", "")) {
		t.Error("a bug is taken for a bad record")
	}
	if other := errors.New("other"); importers.Continues(other) || importers.Say(other, schemas.French) != "other" {
		t.Error("an error of another kind is taken for one about a record")
	}
}

func TestRetractionIsValid(t *testing.T) {
	e := importers.Retraction(schemas.RecordID("a", "b", "c"), "a", "b", "machine.usage", at("2026-03-01T00:00:00Z"), "cancelled")
	if err := importers.Check(e, at("2026-04-01T00:00:00Z"), "", ""); err != nil {
		t.Error(err)
	}
}
