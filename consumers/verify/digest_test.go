package verify

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// Digests stand for rows only if nothing is left out of them: whatever column is changed in the database must be told.
func TestDigestsTellEachColumn(t *testing.T) {
	s := newSystem(t, schemas.DefaultCatalogue())
	g := &generator{chooser: rand.New(rand.NewPCG(4, 7))}
	var events []sent
	for range 200 {
		events = append(events, g.next())
	}
	s.publish(events...)
	s.consume(schemas.DefaultCatalogue(), 60)
	counting, err := Config{JetStream: s.js, Store: s.store, Timeout: time.Minute}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	last, err := counting.caughtUp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o := NewOracle(schemas.DefaultCatalogue(), zone(t, "Europe/Paris"))
	if _, err := counting.read(t.Context(), o, 1, last); err != nil {
		t.Fatal(err)
	}
	c := &comparison{oracle: o, store: s.store, report: &Report{AsOf: DayOf(s.asOf)}, batch: 1, most: 1000}
	figures := func() (Check, error) {
		all := newSieve("kpi_monthly")
		for _, lab := range o.Labs() {
			all.expect(lab, c.digestOfFigures(o.seriesOf(o.factsOf(lab), Monthly, c.report.AsOf), Monthly))
		}
		if err := s.store.EachDigest(t.Context(), clickhouse.DigestedFigures, clickhouse.LabRange{}, string(Monthly), s.asOf, all.find); err != nil {
			return Check{}, err
		}
		all.settle()
		return c.figuresApart(t.Context(), Monthly, all)
	}
	const odd = `'e\\l\ts\n\r\0e'` // whatever may stand in the database
	relations := []struct {
		name    string
		compare func() (Check, error)
		keep    []string    // makes name_kept of the relation
		put     []string    // makes the relation of a selection from it
		changes [][2]string // a column, and what it becomes
		derived string      // columns that follow from others, in SQL
	}{
		{
			"event_history", func() (Check, error) { return c.versions(t.Context()) }, keptTable("event_history"), []string{"CREATE OR REPLACE VIEW event_history AS %s"},
			[][2]string{
				{"lab", odd}, {"id", "toUUID('00000000-0000-4000-8000-000000000001')"}, {"revision", "toUInt32(revision + 1)"}, {"stream_seq", "stream_seq + 1"}, {"kind", "'discovery.hold'"},
				{"local_day", "local_day + 1"}, {"occurred_at", "occurred_at + 1"}, {"ended_at", "ended_at + 1"}, {"retracted", "NOT retracted"},
				{"reason", "concat(reason, '.')"}, {"source", "concat(source, '.')"}, {"received_at", "received_at + 1"}, {"data", "concat(data, ' ')"},
			},
			"''",
		},
		{
			"events", func() (Check, error) { return theOnly(c.live(t.Context())) }, keptTable("events"), []string{"CREATE OR REPLACE VIEW events AS %s"},
			[][2]string{
				{"lab", odd}, {"id", "toUUID('00000000-0000-4000-8000-000000000001')"}, {"revision", "toUInt32(revision + 1)"}, {"stream_seq", "stream_seq + 1"}, {"kind", "'discovery.hold'"},
				{"local_day", "local_day + 1"}, {"occurred_at", "occurred_at + 1"}, {"ended_at", "ended_at + 1"},
				{"reason", "concat(reason, '.')"}, {"source", "concat(source, '.')"}, {"received_at", "received_at + 1"}, {"data", "concat(data, ' ')"},
				{"measures", "mapApply((k, v) -> (k, v + 1), measures)"}, {"segments", "mapApply((k, v) -> (k, concat(v, '.')), segments)"},
				{"company_refs", "arrayPushBack(company_refs, '1')"},
			},
			"'audience', 'topic', 'type', 'category', 'machine', 'machine_category', 'user_type', 'origin', 'service_type', 'partner_type', 'scope', 'medium'",
		},
		{
			"kpi_cells", func() (Check, error) { return theOnly(c.cells(t.Context())) }, keptTable("kpi_cells"), []string{"TRUNCATE TABLE kpi_cells", "INSERT INTO kpi_cells %s"},
			[][2]string{
				{"lab", odd}, {"kind", "'discovery.hold'"}, {"local_day", "local_day + 1"}, {"version", "version + 1"},
				{"item_indicator", "arrayMap(x -> 'D00', item_indicator)"}, {"item_part", "arrayMap(x -> if(x = 'numerator', 'denominator', 'numerator'), item_part)"},
				{"item_fn", "arrayMap(x -> if(x = 'max', 'sum', 'max'), item_fn)"}, {"item_day", "arrayMap(x -> x + 1, item_day)"},
				{"item_segment", "arrayMap(x -> concat(x, '.'), item_segment)"}, {"item_ref", "arrayMap(x -> concat(x, '.'), item_ref)"},
				{"item_amount", "arrayMap(x -> x + 0.000001, item_amount)"}, {"item_at", "arrayMap(x -> x + 1, item_at)"}, {"item_seq", "arrayMap(x -> x + 1, item_seq)"},
			},
			"''",
		},
		{
			"kpi_by_period", figures, []string{"RENAME TABLE kpi_by_period TO kpi_by_period_kept"},
			[]string{"CREATE OR REPLACE VIEW kpi_by_period AS %s(grain = {grain:String}, as_of = {as_of:Date})"},
			[][2]string{
				{"lab", odd}, {"indicator", "'D00'"}, {"period", "period + 31"}, {"segment", "concat(segment, '.')"}, {"value", "value + 0.000001"},
				{"numerator", "numerator + 0.000001"}, {"denominator", "denominator + 0.000001"},
				{"value", "ifNull(value, 0)"}, {"denominator", "ifNull(denominator, 0)"},
			},
			"''",
		},
	}
	for _, r := range relations {
		check, err := r.compare()
		if err != nil || check.Found == 0 || check.Found != check.Expected || check.Differing != 0 {
			t.Fatalf("%s: %+v, %v", r.name, check, err)
		}
		for _, statement := range r.keep {
			s.exec(statement)
		}
		put := func(columns string) {
			for _, statement := range r.put {
				s.exec(strings.ReplaceAll(statement, "%s", "SELECT "+columns+" FROM "+r.name+"_kept"))
			}
		}
		changed := []string{}
		for _, change := range r.changes {
			column, becomes := change[0], change[1]
			changed = append(changed, column)
			put("* REPLACE (" + becomes + " AS " + column + ")")
			c.report.Differences = nil
			if check, err := r.compare(); err != nil || check.Differing == 0 {
				t.Errorf("%s: %s isn't told: %+v, %v", r.name, column, check, err)
			}
			for _, d := range c.report.Differences {
				if d.What == "its rows together" {
					t.Errorf("%s: %s: no row is told: %s", r.name, column, d)
				}
			}
		}
		others, err := s.ask("SELECT name FROM system.columns WHERE database = currentDatabase() AND table = '" + r.name +
			"' AND name NOT IN (" + r.derived + ", '" + strings.Join(changed, "', '") + "')")
		if err != nil || others != "" {
			t.Errorf("%s has columns that weren't changed: %s (%v)", r.name, others, err)
		}
		put("*") // the next relation may be made of it
	}
}

func keptTable(relation string) []string {
	return []string{
		"CREATE TABLE " + relation + "_kept AS " + relation + " ENGINE = Memory",
		"INSERT INTO " + relation + "_kept SELECT * FROM " + relation,
	}
}

func theOnly(checks []Check, err error) (Check, error) {
	if err != nil {
		return Check{}, err
	}
	return checks[0], nil
}
