package boards

import (
	"fmt"
	"strings"
	"testing"
	"text/tabwriter"
	"text/template"

	"github.com/grafana/grafana-foundation-sdk/go/alerting"
	"github.com/grafana/grafana-foundation-sdk/go/expr"

	"vitrine/dashboards/grafana/kit"
	"vitrine/dashboards/grafana/rules"
)

// rulesTable runs the alert rules' queries, as TestQueries does the dashboards': on demo data each gives rows, and raises something where
// its query tells only what is wrong; on empty data none does; and what an alert says is filled in from its row.
func rulesTable(t *testing.T, full, void *asker) string {
	t.Helper()
	built, err := rules.Build()
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "alert rule\trows on demo\traised\trows on empty\traised\t")
	for _, r := range built {
		rows, raised := full.raise(t, r)
		// A query with a bound of its own gives what is well, too, and in half a year of the demo no lab may be silent for long.
		if rows == 0 || raised == 0 && boundOf(t, r) == 0 {
			t.Errorf("rule %s raises nothing on demo data", *r.Uid)
		}
		none, wrong := void.raise(t, r)
		if wrong > 0 {
			t.Errorf("rule %s raises %d alerts on empty data", *r.Uid, wrong)
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t\n", *r.Uid, rows, raised, none, wrong)
	}
	w.Flush()
	return table.String()
}

// raise does what Grafana does with a rule: each row of the query is an alert whose labels are the row's texts, and it is raised
// where the row's number is above the bound.
func (a *asker) raise(t *testing.T, r alerting.Rule) (rows, raised int) {
	t.Helper()
	query, ok := r.Data[0].Model.(kit.Query)
	if !ok {
		t.Fatalf("rule %s asks nothing of ClickHouse", *r.Uid)
	}
	if err := contractOnly(query.RawSQL); err != nil {
		t.Errorf("rule %s: %v", *r.Uid, err)
	}
	got, err := a.query(t.Context(), query.RawSQL)
	if err != nil {
		t.Fatalf("rule %s: %v", *r.Uid, err)
	}
	number := -1
	for i, m := range got.Meta {
		switch kindOf(m.Type) {
		case numberColumn:
			if number >= 0 {
				t.Fatalf("rule %s: %s and %s are numbers; one is what an alert takes", *r.Uid, got.Meta[number].Name, m.Name)
			}
			number = i
		case timeColumn:
			t.Fatalf("rule %s: %s is a time, which would make a series of the answer", *r.Uid, m.Name)
		}
	}
	if number < 0 {
		t.Fatalf("rule %s has no number", *r.Uid)
	}
	bound := boundOf(t, r)
	seen := map[string]bool{}
	for _, row := range got.Data {
		labels := map[string]string{}
		for i, m := range got.Meta {
			if i != number {
				labels[m.Name] = fmt.Sprint(row[i])
			}
		}
		if seen[fmt.Sprint(labels)] {
			t.Errorf("rule %s: two alerts have the labels %v", *r.Uid, labels)
		}
		seen[fmt.Sprint(labels)] = true
		value, _ := row[number].(float64)
		says(t, r, labels, value)
		if value > bound {
			raised++
		}
	}
	return len(got.Data), raised
}

func boundOf(t *testing.T, r alerting.Rule) float64 {
	t.Helper()
	model, ok := r.Data[1].Model.(expr.Expr)
	condition := model.TypeThreshold
	if !ok || condition == nil || *r.Data[1].RefId != r.Condition || condition.Expression != *r.Data[0].RefId {
		t.Fatalf("rule %s: its condition isn't a bound on its query", *r.Uid)
	}
	return condition.Conditions[0].Evaluator.Params[0]
}

// says fills in what an alert says, as Grafana does, and wants no gap in it.
func says(t *testing.T, r alerting.Rule, labels map[string]string, value float64) {
	t.Helper()
	type number struct{ Value float64 }
	for name, text := range r.Annotations {
		filled, err := template.New(name).Option("missingkey=error").Parse(text)
		if err != nil {
			t.Fatalf("rule %s, %s: %v", *r.Uid, name, err)
		}
		var out strings.Builder
		if err := filled.Execute(&out, map[string]any{"Labels": labels, "Values": map[string]number{"A": {value}}}); err != nil {
			t.Errorf("rule %s, %s: %v", *r.Uid, name, err)
		}
		if s := out.String(); s == "" || strings.Contains(s, "<no value>") {
			t.Errorf("rule %s, %s says %q", *r.Uid, name, s)
		}
	}
}
