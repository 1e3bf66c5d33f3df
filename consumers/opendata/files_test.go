package opendata

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"
)

// anyRelease is one as a keeper makes it.
func anyRelease(t *rapid.T) *Release {
	releases := drawWorld(t).releases(t)
	r := releases[len(releases)-1]
	r.Made, r.Notice = time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC), DefaultNotice()
	return r
}

// TestFilesSayTheSame: CSV, JSON, Parquet and IATI hold the same figures and no others. What the attack reads of one is what there is in all.
func TestFilesSayTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := anyRelease(t)
		files, err := Files(r)
		if err != nil {
			t.Fatal(err)
		}
		name := "vitrine-" + r.Quarter.String()
		again, err := ReadJSON(bytes.NewReader(files[name+".json"]))
		if err != nil {
			t.Fatal(err)
		}
		want := Rows(r)
		if got := Rows(again); !reflect.DeepEqual(got, want) {
			t.Fatal("JSON: not the same after it was read")
		}
		fromParquet, err := parquet.Read[Row](bytes.NewReader(files[name+".parquet"]), int64(len(files[name+".parquet"])))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(fromParquet, want) {
			t.Fatal("Parquet: not the same after it was read")
		}
		lines, err := csv.NewReader(bytes.NewReader(files[name+".csv"])).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(lines) != 1+len(notices(r))+len(want) {
			t.Fatalf("CSV: %d lines of %d rows", len(lines), len(want))
		}
		for i, row := range want {
			if line := lines[1+len(notices(r))+i]; !reflect.DeepEqual(line, record(row)) {
				t.Fatalf("CSV: %v instead of %v", line, row)
			}
		}
		sameInIATI(t, files["iati.json"], r, want)
	})
}

// sameInIATI compares the actuals that IATI's file has with the rows, of the levels that it has results of.
func sameInIATI(t *rapid.T, raw []byte, r *Release, rows []Row) {
	var f iatiFile
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	levels := map[string]bool{}
	for _, i := range r.Indicators {
		levels[i.Code] = i.Level == "output" || i.Level == "outcome"
	}
	want := map[string]int{}
	for _, row := range rows {
		if levels[row.Indicator] {
			want[says(row.Lab, row.Indicator, row.FromDate, row.ToDate, row.Value)]++
		}
	}
	for _, a := range f.Activities {
		lab := strings.TrimPrefix(strings.TrimPrefix(a.Identifier, "vitrine"), "-")
		for _, result := range a.Result {
			for _, i := range result.Indicator {
				for _, p := range i.Period {
					var value *float64
					if s := p.Actual[0].Value; s != nil {
						value = new(float64)
						if _, err := fmt.Sscan(*s, value); err != nil {
							t.Fatal(err)
						}
					}
					want[says(lab, i.Reference[0].Code, p.Start.Date, p.End.Date, value)]--
				}
			}
		}
	}
	for s, n := range want {
		if n != 0 {
			t.Errorf("IATI and CSV differ: %s, %d times", s, n)
		}
	}
}

func says(lab, code, from, to string, value *float64) string {
	if value == nil {
		return fmt.Sprint(lab, " ", code, " ", from, " ", to, " nothing")
	}
	return fmt.Sprint(lab, " ", code, " ", from, " ", to, " ", *value)
}

func TestCSVIsFitToBeOpened(t *testing.T) {
	t.Parallel()
	r := &Release{Quarter: 2026 * 4, First: 2026 * 4, Notice: DefaultNotice(), Labs: []Lab{{Entry: Entry{Lab: "a", Name: "=HYPERLINK(\"x\")", Commune: "Sète, \"haut\""},
		Commitments: []Commitment{{Indicator: "D01"}}}}}
	var b bytes.Buffer
	if err := CSV(&b, r); err != nil {
		t.Fatal(err)
	}
	s := b.String()
	if !strings.Contains(s, `"'=HYPERLINK(""x"")","Sète, ""haut"""`) {
		t.Errorf("a formula, or quotes astray: %s", s)
	}
	if strings.Count(s, "\r\n") != strings.Count(s, "\n") {
		t.Error("lines don't end with CR LF")
	}
	for _, notice := range []string{"licence", "source", "publisher", "released", "masking", "dictionary"} {
		if !strings.Contains(s, "notice,,,,,"+notice+",") {
			t.Errorf("no notice of the %s", notice)
		}
	}
	if head, _, _ := strings.Cut(s, "\r\n"); head != columnNames() {
		t.Errorf("the columns are %s, described are %s", head, columnNames())
	}
}

func columnNames() string {
	var names []string
	for _, c := range Columns() {
		names = append(names, c.Name)
	}
	return strings.Join(names, ",")
}

func FuzzReadJSON(f *testing.F) {
	var b bytes.Buffer
	r := &Release{Quarter: 2026*4 + 1, First: 2026 * 4, Notice: DefaultNotice(), Labs: []Lab{{Entry: Entry{Lab: "a"}, Figures: []Figure{
		{Indicator: "T03", From: 2026 * 4, To: 2026*4 + 1, Value: micros(7 * one)}, {Indicator: "T03", Total: true, From: 2026 * 4, To: 2026*4 + 1, Value: micros(7 * one)}}}}}
	if err := JSON(&b, r); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(`{"quarter":"2026-Q5"}`))
	f.Add([]byte(`{"quarter":"2026-Q1","first":"2026-Q3"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := ReadJSON(bytes.NewReader(raw))
		if err != nil {
			return
		}
		var once, twice bytes.Buffer
		if err := JSON(&once, r); err != nil {
			t.Fatal(err)
		}
		again, err := ReadJSON(bytes.NewReader(once.Bytes()))
		if err != nil {
			t.Fatalf("written, it can't be read: %v", err)
		}
		if err := JSON(&twice, again); err != nil || !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Fatalf("written twice, it differs: %v", err)
		}
	})
}

func TestQuarters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ day, quarter, complete string }{
		{"2026-01-01", "2026-Q1", "2025-Q4"}, {"2026-03-31", "2026-Q1", "2025-Q4"}, {"2026-04-01", "2026-Q2", "2026-Q1"}, {"2026-12-31", "2026-Q4", "2026-Q3"},
	} {
		at, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := QuarterOf(at).String() + " " + LastComplete(at).String(); got != c.quarter+" "+c.complete {
			t.Errorf("%s: %s", c.day, got)
		}
		if q := QuarterOf(at); at.Before(q.First()) || at.After(q.Last()) {
			t.Errorf("%s isn't within %s to %s", c.day, q.First(), q.Last())
		}
	}
	for _, bad := range []string{"", "2026-Q0", "2026-Q5", "2026Q1", "26-Q1", "2026-Q1 ", "2026-q1"} {
		if q, err := ParseQuarter(bad); err == nil {
			t.Errorf("%q is %s", bad, q)
		}
	}
}
