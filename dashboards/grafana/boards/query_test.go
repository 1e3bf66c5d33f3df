package boards

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/datasource"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"

	"vitrine/dashboards/grafana/kit"
	"vitrine/internal/pages"
)

// TestQueries runs each panel's and each variable's query against a demo and against an empty database, and
// holds what comes back against what the panel does with it. With -v it prints what it saw.
func TestQueries(t *testing.T) {
	if testing.Short() {
		t.Skip("runs two Vitrines")
	}
	all := build(t)
	full := &asker{running: demo(t), demo: true, cache: map[string]answer{}, now: time.Now().UTC()}
	void := &asker{running: empty(t), cache: map[string]answer{}, now: time.Now().UTC()}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "dashboard\tpanels\tvariables\tqueries\trows on demo\trows on empty\tslowest\t")
	for _, b := range all {
		seen, onEmpty := full.ask(t, b), void.ask(t, b)
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%s\t\n", *b.Dashboard.Uid, len(panelsOf(b.Dashboard)), seen.variables, seen.queries, seen.rows, onEmpty.rows,
			seen.slowest.Round(10*time.Millisecond))
	}
	w.Flush()
	t.Logf("\n%s\n%s", table.String(), rulesTable(t, full, void))
}

// asker runs dashboards' queries. An answer is kept: both languages ask much the same.
type asker struct {
	running
	demo  bool // a panel without rows is a defect, unless it says that it may be empty
	cache map[string]answer
	now   time.Time // one for all dashboards, so that answers are shared
}

// seen is what was seen of a dashboard. A query that is run for several choices counts once.
type seen struct {
	variables, queries, rows int
	slowest                  time.Duration
}

func (a *asker) ask(t *testing.T, b kit.Built) seen {
	t.Helper()
	var s seen
	// The time range is as the dashboard opens: its end is now.
	e := expander{from: a.now.AddDate(-1, 0, 0), to: a.now, interval: 6 * time.Hour, variables: map[string]chosen{}}
	fail := func(where, format string, args ...any) {
		t.Helper()
		t.Errorf("%s (demo: %t), %s: %s", b.File(), a.demo, where, fmt.Sprintf(format, args...))
	}
	run := func(where, sql string) (answer, bool) {
		t.Helper()
		if err := contractOnly(sql); err != nil {
			fail(where, "%v", err)
		}
		expanded, err := e.expand(sql)
		if err != nil {
			fail(where, "%v", err)
			return answer{}, false
		}
		if got, ok := a.cache[expanded]; ok {
			return got, true
		}
		began := time.Now()
		got, err := a.query(context.Background(), expanded)
		if err != nil {
			fail(where, "%v\n%s", err, expanded)
			return answer{}, false
		}
		took := time.Since(began)
		if s.slowest = max(s.slowest, took); testing.Verbose() {
			t.Logf("%8s %6d rows  %s, %s", took.Round(time.Millisecond), len(got.Data), b.File(), where)
		}
		a.cache[expanded] = got
		return got, true
	}

	for _, v := range b.Dashboard.Templating.List {
		sql, first := chosenAtFirst(v)
		e.variables[v.Name] = first
		if v.Type != dashboard.VariableTypeQuery {
			continue
		}
		s.variables++
		s.queries++
		if sql == "" {
			continue // TestPromQL reads it
		}
		got, ok := run("variable "+v.Name, sql)
		if !ok {
			continue
		}
		s.rows += len(got.Data)
		if names := got.columns(); len(names) > 1 && !slices.Equal(names, []string{"__value", "__text"}) {
			fail("variable "+v.Name, "its columns are %q; one, or __value and __text, is what Grafana takes", names)
		}
		if a.demo && len(got.Data) == 0 {
			fail("variable "+v.Name, "nothing to choose from")
		}
		e.variables[v.Name] = choiceOf(v, got)
	}

	metrics, err := a.metrics(context.Background())
	if err != nil && a.web != "" {
		t.Fatal(err)
	}
	// First those that read, then those that take what others have read.
	read, rows, formats := map[uint32]answer{}, map[uint32]int{}, map[uint32]int{}
	for _, p := range panelsOf(b.Dashboard) {
		where := fmt.Sprintf("%q", *p.Title)
		for _, target := range p.Targets {
			switch q := target.(type) {
			case kit.Query:
				s.queries++
				got, ok := run(where, q.RawSQL)
				if !ok {
					continue
				}
				rows[*p.Id] += len(got.Data)
				read[*p.Id], formats[*p.Id] = got, q.Format
				for _, problem := range expectations(p, q.Format, got) {
					fail(where, "%s", problem)
				}
				// Again with some of what can be chosen, not all; the other language only differs in words.
				if b.Lang != pages.French {
					continue
				}
				everything := e.variables
				e.variables = some(everything)
				run(where+" with a choice", q.RawSQL)
				e.variables = everything
			case prometheus.Dataquery:
				s.queries++
				for _, name := range metricNames(q.Expr) {
					// One that counts what hasn't happened yet shows nowhere; that it is registered is held in cmd/vitrine.
					n := metrics[name]
					rows[*p.Id] += n
				}
			case datasource.Dataquery: // below
			default:
				fail(where, "a query of type %T isn't known here", target)
			}
		}
	}
	for _, p := range panelsOf(b.Dashboard) {
		where := fmt.Sprintf("%q", *p.Title)
		for _, target := range p.Targets {
			if q, ok := target.(datasource.Dataquery); ok {
				got, ok := read[q.PanelId]
				if !ok {
					fail(where, "takes the rows of panel %d, which reads none", q.PanelId)
				}
				rows[*p.Id] += len(got.Data)
				for _, problem := range expectations(p, formats[q.PanelId], got) {
					fail(where, "%s", problem)
				}
			}
		}
		s.rows += rows[*p.Id]
		if a.demo && rows[*p.Id] == 0 && len(p.Targets) > 0 && !b.MayBeEmpty[*p.Id] {
			fail(where, "no rows")
		}
	}
	return s
}

// chosenAtFirst is what a variable has when its dashboard opens, and the query whose answer says what it has instead, if
// it asks ClickHouse.
func chosenAtFirst(v dashboard.VariableModel) (sql string, c chosen) {
	switch {
	case v.Type != dashboard.VariableTypeQuery && v.Query != nil && v.Query.String != nil:
		first, _, _ := strings.Cut(*v.Query.String, ",")
		return "", chosen{values: []string{first}}
	case v.Type != dashboard.VariableTypeQuery:
		return "", chosen{values: []string{""}}
	case v.Datasource != nil && v.Datasource.Type != nil && *v.Datasource.Type == kit.PrometheusType:
		return "", chosen{values: []string{".*"}, all: true}
	}
	return *v.Query.String, chosen{values: []string{""}}
}

// choiceOf is what a variable has by the answer to its query: everything, or the first.
func choiceOf(v dashboard.VariableModel, got answer) chosen {
	c := chosen{all: v.IncludeAll != nil && *v.IncludeAll}
	for _, row := range got.Data {
		c.values = append(c.values, fmt.Sprint(row[0]))
	}
	if !c.all && len(c.values) > 1 {
		c.values = c.values[:1]
	}
	if len(c.values) == 0 {
		c.values = []string{""} // what Grafana makes of a variable without values
	}
	return c
}

func (a answer) columns() []string {
	var names []string
	for _, m := range a.Meta {
		names = append(names, m.Name)
	}
	return names
}

// some chooses two of what is chosen where all is.
func some(all map[string]chosen) map[string]chosen {
	less := map[string]chosen{}
	for name, c := range all {
		if c.all {
			c = chosen{values: c.values[:min(2, len(c.values))]}
		}
		less[name] = c
	}
	return less
}

var metricPattern = regexp.MustCompile(`\b((?:vitrine|go|process|promhttp|up)_[a-z0-9_]+)\b`)

func metricNames(expr string) []string {
	return metricPattern.FindAllString(regexp.MustCompile(`\b(by|without|on)\s*\([^)]*\)`).ReplaceAllString(expr, ""), -1)
}

// contractOnly refuses a query that reads what isn't in docs/data-dictionary.md's relations.
func contractOnly(sql string) error {
	dictionary, err := os.ReadFile("../../../docs/data-dictionary.md")
	if err != nil {
		return err
	}
	_, relations, _ := strings.Cut(string(dictionary), "## Relations")
	read := regexp.MustCompile(`(?i)\b(?:FROM|JOIN)\s+vitrine\.(\w+)`).FindAllStringSubmatch(sql, -1)
	if len(read) == 0 {
		return fmt.Errorf("the query reads nothing of database vitrine")
	}
	for _, r := range read {
		if !strings.Contains(relations, "`"+r[1]+"`") && !strings.Contains(relations, "`"+r[1]+"(") {
			return fmt.Errorf("vitrine.%s isn't a relation of the contract", r[1])
		}
	}
	return nil
}
