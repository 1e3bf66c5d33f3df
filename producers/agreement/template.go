package agreement

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/template"
	"time"

	"vitrine/schemas"
)

//go:embed template.yaml.tmpl
var templateText string

// promises are the call's commitments with example targets, which are those of indicators.csv's example_target_lab_year: by
// year, for the whole time (levels, rates), or each year.
//
//go:embed promises.csv
var promisesFile []byte

// Blank is what a template is made for.
type Blank struct {
	// Lab and Number may be empty: they are then left to be filled in, and the file isn't valid until they are.
	Lab, Number string
	// Start is the first day; Months how long the agreement lasts, 1 to 24.
	Start  time.Time
	Months int
	Lang   schemas.Lang
}

type promise struct {
	Indicator, Segment, Every, Target, Name, Unit string
	Proposed                                      bool
}

type promiseGroup struct {
	ID, Text string
	Promises []promise
}

// WriteTemplate writes an agreement with the call's own commitments, as YAML with comments.
func WriteTemplate(w io.Writer, b Blank, catalogue *schemas.Catalogue) error {
	if b.Months < 1 || b.Months > longestMonths {
		return fmt.Errorf("%d months: expected 1 to %d", b.Months, longestMonths)
	}
	end := b.Start.AddDate(0, b.Months, -1)
	groups, err := b.groups(catalogue)
	if err != nil {
		return err
	}
	t, err := template.New("agreement").Funcs(template.FuncMap{"say": func(fr, en string) string { return schemas.Text{FR: fr, EN: en}.In(b.Lang) }}).Parse(templateText)
	if err != nil {
		return err
	}
	var milestones []string
	for _, term := range schemas.Taxonomies()["milestones"].Terms {
		milestones = append(milestones, term.Code)
	}
	return t.Execute(w, map[string]any{
		"Lab": b.Lab, "Number": b.Number, "Start": b.Start.Format(time.DateOnly), "End": end.Format(time.DateOnly),
		"Machines": b.target("4", "year"), "Reporting": quarters(b.Start, end), "Groups": groups,
		"Milestones": strings.Join(milestones, ", "), "Opening": b.Start.AddDate(0, 6, -1).Format(time.DateOnly),
	})
}

func (b Blank) groups(catalogue *schemas.Catalogue) ([]promiseGroup, error) {
	rows, err := csv.NewReader(bytes.NewReader(promisesFile)).ReadAll()
	if err != nil {
		return nil, err
	}
	var groups []promiseGroup
	for _, p := range schemas.Phrases() {
		g := promiseGroup{ID: p.ID, Text: p.Text.In(b.Lang)}
		for _, r := range rows[1:] {
			i, known := catalogue.Lookup(r[1])
			if r[0] != p.ID || !known { // a programme's own catalogue may lack one
				continue
			}
			name := strings.TrimPrefix(Name(r[1], r[2], catalogue).In(b.Lang), r[1]+" ")
			g.Promises = append(g.Promises, promise{Indicator: r[1], Segment: r[2], Target: b.target(r[3], r[4]), Every: r[5], Proposed: r[6] == "yes", Name: name, Unit: unit(i.Unit, b.Lang)})
		}
		if len(g.Promises) > 0 {
			groups = append(groups, g)
		}
	}
	return groups, nil
}

// unit is a unit's sign, where the indicator's name doesn't say what is counted.
func unit(code string, l schemas.Lang) string {
	return map[string]schemas.Text{"EUR": same("€"), "%": same("%"), "hour": same("h"), "trainee.hour": same("h"), "m2": same("m²"),
		"day": {FR: "jours", EN: "days"}, "stage 0-4": {FR: "étape, 0 à 4", EN: "stage 0 to 4"}}[code].In(l)
}

// target is an example for the agreement's length; what is by year is at least 1.
func (b Blank) target(example, per string) string {
	n, err := strconv.Atoi(example)
	if err != nil || per != "year" {
		return example
	}
	return strconv.Itoa(max(1, n*b.Months/12))
}

// quarters are the quarters that a time touches, each due on the last day of the month after it.
func quarters(start, end time.Time) []schemas.ReportingDue {
	var out []schemas.ReportingDue
	first := time.Date(start.Year(), (start.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
	for q := first; !q.After(end); q = q.AddDate(0, 3, 0) {
		out = append(out, schemas.ReportingDue{Period: fmt.Sprintf("%d-Q%d", q.Year(), (int(q.Month())-1)/3+1), Due: q.AddDate(0, 4, -1).Format(time.DateOnly)})
	}
	return out
}
