package ingest_test

import (
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/status"
)

// The numbers of docs/statuses.md are what is expected here: each line of its table is a lab that statusExamples makes.
func TestStatusesAsWorkedByHand(t *testing.T) {
	p := newPipeline(t)
	asOf := map[string]time.Time{} // by example
	var days []time.Time
	for name, example := range statusExamples(t) {
		lab := slugOf(name)
		for _, e := range example.events(t, lab) {
			p.publish(e)
		}
		day, err := time.Parse(time.DateOnly, example.asOf)
		if err != nil {
			t.Fatal(err)
		}
		asOf[name] = day
		days = append(days, day)
	}
	p.consumeBy(1, 500)

	rows, err := p.store.CommitmentSeries(t.Context(), "", days)
	if err != nil {
		t.Fatal(err)
	}
	compareByPortions(t, p, days, rows)
	found := map[string]clickhouse.CommitmentStatus{} // by lab and day
	for _, r := range rows {
		found[r.Lab+" "+r.AsOf.Format(time.DateOnly)] = r
	}
	documented := handWorked(t)
	for name, day := range asOf {
		want, there := documented[name]
		if !there {
			t.Errorf("docs/statuses.md has no line %q", name)
			continue
		}
		delete(documented, name)
		r, there := found[slugOf(name)+" "+day.Format(time.DateOnly)]
		if !there {
			t.Errorf("%s: no row", name)
			continue
		}
		expected := r.Expected
		for what, got := range map[string]string{
			"actual": inTwo(r.Actual), "percent": inTwo(r.Percent), "expected": inTwo(&expected), "pace": inTwo(r.Pace), "projected": inTwo(r.Projected),
			"low": inTwo(r.ProjectedLow), "high": inTwo(r.ProjectedHigh), "per month": inTwo(r.NeededPerMonth), "status": r.Status,
		} {
			if got != want[what] {
				t.Errorf("%s: %s is %s, docs/statuses.md says %s", name, what, got, want[what])
			}
		}
	}
	for name := range documented {
		t.Errorf("docs/statuses.md: no example is called %q", name)
	}

	one, err := p.store.CommitmentStatuses(t.Context(), asOf["distinct"], slugOf("distinct"))
	if err != nil || len(one) != 1 || one[0].Lab != slugOf("distinct") {
		t.Errorf("one lab's commitments: %+v, %v", one, err)
	}
	compareJudged(t, p, asOf["distinct"])
	labs := judged(t, p, asOf["past"], slugOf("past"))
	if len(labs) != 1 || labs[0].WorstStatus != "missed" || labs[0].Commitments != 1 || labs[0].SilentDays == nil || *labs[0].SilentDays != 140 {
		t.Errorf("lab_status: %+v", labs)
	}
}

// compareByPortions reads all labs' commitments lab by lab: they must be those that were read at once.
func compareByPortions(t *testing.T, p *pipeline, days []time.Time, atOnce []clickhouse.CommitmentStatus) {
	t.Helper()
	registry := prometheus.NewRegistry()
	store, err := clickhouse.Open(clickhouse.Config{URL: p.url, Portion: 1, Registerer: registry})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	rows, err := store.CommitmentSeries(t.Context(), "", days)
	if err != nil || len(rows) == 0 || !reflect.DeepEqual(rows, atOnce) {
		t.Errorf("%d commitments by portions and %d at once, which aren't the same (%v)", len(rows), len(atOnce), err)
	}
	if n := statements(t, registry, "commitment status"); n < 2 {
		t.Errorf("%d statements: they weren't read by portions", n)
	}
}

// statements is how often a store asked something.
func statements(t *testing.T, registry *prometheus.Registry, name string) uint64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "vitrine_store_statement_seconds" && m.GetLabel()[0].GetValue() == name {
				return m.GetHistogram().GetSampleCount()
			}
		}
	}
	return 0
}

// judged are labs as of a day, as pages read them.
func judged(t *testing.T, p *pipeline, asOf time.Time, lab string) []clickhouse.LabStatus {
	t.Helper()
	labs, err := p.store.LabSigns(t.Context(), asOf, lab)
	if err != nil {
		t.Fatal(err)
	}
	commitments, err := p.store.CommitmentStatuses(t.Context(), asOf, lab)
	if err != nil {
		t.Fatal(err)
	}
	status.Judge(labs, commitments)
	return labs
}

// compareJudged says where labs as pages read them, all and one alone, aren't what the view says.
func compareJudged(t *testing.T, p *pipeline, asOf time.Time) {
	t.Helper()
	inView := map[string]map[string]string{}
	if err := p.store.EachRow(t.Context(), clickhouse.LabStatusAsOf, clickhouse.LabRange{}, asOf, func(row map[string]string) error {
		inView[row["lab"]] = row
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	all := judged(t, p, asOf, "")
	if len(all) != len(inView) || len(all) < 3 {
		t.Fatalf("%d labs, %d in the view", len(all), len(inView))
	}
	for i, l := range all {
		want := inView[l.Lab]
		got := map[string]string{"worst_status": l.WorstStatus, "mean_status": l.MeanStatus, "name": l.Name}
		for what, n := range map[string]uint64{"commitments": l.Commitments, "achieved": l.Achieved, "on_track": l.OnTrack, "at_risk": l.AtRisk, "late": l.Late,
			"missed": l.Missed, "no_data": l.NoData, "not_started": l.NotStarted, "events": l.Events, "overdue_periods": l.OverduePeriods} {
			got[what] = strconv.FormatUint(n, 10)
		}
		if l.LastEvent != nil {
			got["last_event"], got["silent_days"] = strconv.FormatInt(l.LastEvent.UnixMilli(), 10), strconv.FormatInt(*l.SilentDays, 10)
		}
		for what := range got {
			if got[what] != want[what] {
				t.Errorf("%s: %s is %q, in the view %q", l.Lab, what, got[what], want[what])
			}
		}
		if i >= 2 {
			continue
		}
		if one := judged(t, p, asOf, l.Lab); !reflect.DeepEqual(one, []clickhouse.LabStatus{l}) {
			t.Errorf("%s alone: %+v, among all: %+v", l.Lab, one, l)
		}
	}
}

func slugOf(example string) string {
	return "ex-" + strings.ReplaceAll(strings.ToLower(example), " ", "-")
}

// inTwo writes a number without needless decimals; "–" is none.
func inTwo(v *float64) string {
	if v == nil {
		return "–"
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}

// handWorked reads the table of docs/statuses.md: what it says by the line's name. Of a calculation the result counts.
func handWorked(t *testing.T) map[string]map[string]string {
	t.Helper()
	raw, err := os.ReadFile("../../docs/statuses.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, there := strings.Cut(string(raw), "## Worked by hand")
	if !there {
		t.Fatal("docs/statuses.md has no examples")
	}
	lines := map[string]map[string]string{}
	for line := range strings.SplitSeq(rest, "\n") {
		cells := strings.Split(strings.Trim(line, "| "), "|")
		if len(cells) != 11 || strings.HasPrefix(line, "|---") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if cells[0] == "example" {
			continue
		}
		low, high, ranged := strings.Cut(cells[8], " to ")
		if !ranged {
			high = low
		}
		lines[cells[0]] = map[string]string{"actual": result(cells[3]), "percent": result(cells[4]), "expected": result(cells[5]), "pace": result(cells[6]),
			"projected": result(cells[7]), "low": result(low), "high": result(high), "per month": result(cells[9]), "status": cells[10]}
	}
	return lines
}

// result is what comes after the last "=".
func result(calculation string) string {
	return strings.TrimSpace(calculation[strings.LastIndex(calculation, "=")+1:])
}
