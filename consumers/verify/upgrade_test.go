package verify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/consumers/periods"
	"vitrine/consumers/rollup"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// Every schema that was delivered before, with rows in it, comes up to today's: what was stored and counted is exact
// without being made again, the oldest's after a rebuild, and a migration that was killed half way is repeated. testdata/schemas has the files as they
// were, by how many they were, but for yesterday's. The rows are today's as they were then: in the columns that there were, with what each event contributes worked out, and cells
// that say of every item when.
func TestEveryEarlierSchemaIsUpgraded(t *testing.T) {
	now := newSystem(t, schemas.DefaultCatalogue())
	g := &generator{chooser: rand.New(rand.NewPCG(6, 7))}
	var events []sent
	for range 120 {
		events = append(events, g.next())
	}
	now.publish(events...)
	now.consume(schemas.DefaultCatalogue(), 60)
	testkit.Eventually(t, time.Minute, func() error {
		counted, err := ingest.Counted(t.Context(), now.js, schemas.ConsumerDurable)
		if err == nil && counted < uint64(len(events)) {
			err = fmt.Errorf("%d of %d messages are counted", counted, len(events))
		}
		return err
	})
	now.asBefore()
	for _, c := range []struct {
		schema  string
		rebuild bool // its catalogue was another one
		killed  int  // after so many of today's statements; 0: not
		replay  bool // make the figures from the stream, as migrate says
		goesOn  bool // more events come, for the same cells; and a backup from before is restored
	}{
		{schema: "4", rebuild: true, killed: 35, replay: true}, {schema: "5", rebuild: true}, {schema: "6", rebuild: true, killed: 7}, {schema: "9"}, {schema: "10", goesOn: true}, {schema: yesterdays, killed: 32},
	} {
		t.Run(c.schema+" files", func(t *testing.T) {
			s := earlier(t, now, c.schema, c.rebuild)
			var restored *system
			if c.goesOn {
				restored = s.backedUp()
			}
			if c.killed > 0 {
				s.begin(c.killed)
			}
			rebuild, err := s.store.Migrate(t.Context(), schemas.DefaultZone, schemas.DefaultCatalogue())
			if err != nil || rebuild != c.rebuild {
				t.Fatalf("a rebuild is asked for: %v, want %v (%v)", rebuild, c.rebuild, err)
			}
			if rebuild { // as vitrine rebuild does
				if err := s.store.SetFiguresMadeWith(t.Context(), clickhouse.Rebuilding); err != nil {
					t.Fatal(err)
				}
				if err := s.store.Adopt(t.Context(), schemas.DefaultZone, schemas.DefaultCatalogue()); err != nil {
					t.Fatal(err)
				}
			}
			if c.replay {
				if err := s.store.Clear(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := ingest.Replay(t.Context(), ingest.Config{JetStream: s.js, Store: s.store, Catalogue: schemas.DefaultCatalogue()}, nil); err != nil {
					t.Fatal(err)
				}
			}
			// Otherwise as if the catalogue had stayed: what was there must have come through whole.
			made := clickhouse.MadeWith(schemas.DefaultCatalogue(), zone(t, schemas.DefaultZone))
			if err := s.store.SetFiguresMadeWith(t.Context(), made); err != nil {
				t.Fatal(err)
			}
			s.freeze()
			s.verify(schemas.DefaultCatalogue()).failIfNotExact(t)
			if c.goesOn {
				counted := len(events)
				for range 80 {
					events = append(events, g.next())
				}
				now.publish(events[counted:]...)
				s.goOn(counted)
				restored.goOn(counted)
				// All cells again: of rows from before and of today's.
				if err := restored.store.RebuildCells(t.Context(), rollup.NewRules(schemas.DefaultCatalogue()), nil); err != nil {
					t.Fatal(err)
				}
				for _, s := range []*system{s, restored} {
					s.verify(schemas.DefaultCatalogue()).failIfNotExact(t)
				}
			}
		})
	}
}

// goOn counts what came after a message.
func (s *system) goOn(after int) {
	s.t.Helper()
	err := ingest.CatchUp(s.t.Context(), ingest.Config{JetStream: s.js, Store: s.store, Catalogue: schemas.DefaultCatalogue(), BatchSize: 20}, uint64(after), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.freeze()
}

// backedUp is a new database with what a backup of this one holds.
func (s *system) backedUp() *system {
	s.t.Helper()
	to := newSystem(s.t, schemas.DefaultCatalogue())
	to.js, to.asOf = s.js, s.asOf
	for _, table := range clickhouse.BackedUp() {
		parts, err := s.store.Slices(s.t.Context(), table, 1000)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, part := range parts {
			rows, err := s.store.Dump(s.t.Context(), table, part)
			if err != nil {
				s.t.Fatal(err)
			}
			if err := errors.Join(to.store.Load(s.t.Context(), table, rows), rows.Close()); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	return to
}

// asBefore makes the rows those that a program stored which worked out what an event contributes when it stored it.
func (s *system) asBefore() {
	s.t.Helper()
	stream, err := s.js.Stream(s.t.Context(), schemas.StreamEvents)
	if err != nil {
		s.t.Fatal(err)
	}
	rules, door := rollup.NewRules(schemas.DefaultCatalogue()), ingest.NewDoor(s.js, schemas.DefaultCatalogue(), zone(s.t, schemas.DefaultZone))
	s.exec("CREATE TABLE facts (stream_seq UInt64, i Array(String), p Array(String), f Array(String), d Array(Date), s Array(String), r Array(String), a Array(Decimal(38, 6))) ENGINE = Memory")
	var values []string
	var invalid *schemas.Invalid
	for seq := uint64(1); seq <= stream.CachedInfo().State.LastSeq; seq++ {
		m, err := stream.GetMsg(s.t.Context(), seq)
		if err != nil {
			s.t.Fatal(err)
		}
		row, err := door.Admit(s.t.Context(), m.Subject, m.Data, m.Time)
		if errors.As(err, &invalid) {
			continue
		}
		if err != nil {
			s.t.Fatal(err)
		}
		e, err := schemas.Decode(m.Data, m.Time)
		if err != nil {
			s.t.Fatal(err)
		}
		facts, err := rules.Facts(e, row.Place)
		if err != nil {
			s.t.Fatal(err)
		}
		var columns [7][]string
		for _, x := range facts {
			for i, v := range []string{x.Indicator, x.Part.String(), x.Fn.String(), x.Day.Format(time.DateOnly), x.Segment, x.Ref, x.Amount.String()} {
				columns[i] = append(columns[i], "'"+v+"'")
			}
		}
		value := fmt.Sprint("(", seq)
		for _, c := range columns {
			value += ", [" + strings.Join(c, ", ") + "]"
		}
		values = append(values, value+")")
	}
	s.exec("INSERT INTO facts VALUES " + strings.Join(values, ", "))
	// Rows of the same version as those there, and later: they stay.
	s.exec(`INSERT INTO event_store SELECT e.* REPLACE (x.i AS fact_indicator, x.p::Array(Enum8('numerator' = 0, 'denominator' = 1)) AS fact_part,
			x.f::Array(Enum8('sum' = 0, 'distinct' = 1, 'last' = 2, 'state' = 3, 'max' = 4)) AS fact_fn, x.d AS fact_day, x.s AS fact_segment, x.r AS fact_ref, x.a AS fact_amount,
			[] AS later_days, [] AS later_seconds)
		FROM (SELECT * FROM event_store FINAL WHERE NOT superseded AND NOT retracted) AS e INNER JOIN facts AS x ON e.stream_seq = x.stream_seq`)
	s.exec(`INSERT INTO kpi_cells SELECT * REPLACE (arrayMap((n, fn) -> if(fn IN ('last', 'state'), n, 77), item_seq, item_fn) AS item_seq,
			arrayMap((x, fn) -> if(fn IN ('last', 'state'), x, toDateTime64('2025-01-01 00:00:00', 3, 'UTC')), item_at, item_fn) AS item_at)
		FROM kpi_cells FINAL`)
	if n, err := s.ask("SELECT countIf(notEmpty(fact_day)) > 30, countIf(arrayUniq(fact_day) > 1) > 0, sum(length(later_days)) FROM event_store FINAL"); err != nil || n != "1\t1\t0\n" {
		s.t.Fatalf("the rows aren't as they were: %q, %v", n, err)
	}
}

var comments = regexp.MustCompile(`(?m)^\s*--.*$`)

// earlier is a database of an earlier schema with another one's rows.
func earlier(t *testing.T, from *system, schema string, otherCatalogue bool) *system {
	t.Helper()
	s := &system{t: t, js: from.js, url: testkit.ClickHouse(t), asOf: from.asOf}
	at := strings.LastIndex(s.url, "/")
	for _, statement := range tablesOf(t, schema, s.url[at+1:]) {
		s.exec(statement)
	}
	source := from.url[strings.LastIndex(from.url, "/")+1:]
	tables, err := s.ask("SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name NOT LIKE '.%'")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range strings.Fields(tables) {
		columns, err := s.ask(fmt.Sprintf("SELECT arrayStringConcat(groupArray(name), ', ') FROM system.columns WHERE database = currentDatabase() AND table = '%s'", table))
		if err != nil {
			t.Fatal(err)
		}
		columns = strings.TrimSpace(columns)
		final, values := " FINAL", columns // what was replaced stays behind
		if table == "figures_made" {
			final = ""
			if schema != yesterdays { // before it nothing was said of a protocol
				values = "made_of, made_at"
			}
		}
		s.exec(fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s.%s%s", table, columns, values, source, table, final))
	}
	if otherCatalogue {
		s.exec("INSERT INTO indicator_store SELECT * REPLACE ('older' AS catalogue, now64(3) AS updated_at) FROM indicator_store FINAL")
		s.exec("INSERT INTO figures_made VALUES ('catalogue older, zone Europe/Paris', now64(9))")
	}
	if n, err := s.ask("SELECT count() > 50 FROM kpi_cells FINAL"); err != nil || n != "1\n" {
		t.Fatalf("the earlier database isn't filled: %q, %v", n, err)
	}
	if s.store, err = clickhouse.Open(clickhouse.Config{URL: s.url}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.store.Close() })
	return s
}

// yesterdays is the schema that today's files are but for those that came since; what they do to tables stays.
const yesterdays = "17"

var since = []string{"0001_growth", "0001_made_of", "0001_merging", "0001_moved"}

// tablesOf are the statements that make the tables of an earlier schema.
func tablesOf(t *testing.T, schema, database string) (statements []string) {
	t.Helper()
	if schema == yesterdays {
		all, err := schemas.Migrations(schemas.DDLOptions{Zone: schemas.DefaultZone, Database: database})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			for _, statement := range m.Statements {
				if aboutTables.MatchString(statement) && !slices.Contains(since, m.Name) {
					statements = append(statements, statement)
				}
			}
		}
		return statements
	}
	raw, err := os.ReadFile("testdata/schemas/" + schema + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("{{zone}}", schemas.DefaultZone, "{{database}}", database).Replace(comments.ReplaceAllString(string(raw), ""))
	for _, statement := range strings.Split(text, ";\n") {
		if statement = strings.TrimSpace(statement); statement != "" {
			statements = append(statements, statement)
		}
	}
	return statements
}

var aboutTables = regexp.MustCompile(`^(CREATE TABLE|CREATE MATERIALIZED VIEW|ALTER TABLE) `)

// begin applies today's first n statements, and no more.
func (s *system) begin(n int) {
	s.t.Helper()
	all, err := schemas.Migrations(schemas.DDLOptions{Zone: schemas.DefaultZone, Database: s.store.Database()})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range all {
		for _, statement := range m.Statements {
			if n--; n < 0 {
				return
			}
			s.exec(statement)
		}
	}
	s.t.Fatalf("there are %d statements fewer", n)
}

// freeze freezes the approvals, as a running freezer would.
func (s *system) freeze() {
	s.t.Helper()
	f, err := periods.NewFreezer(periods.FreezerConfig{Store: s.store, Catalogue: schemas.DefaultCatalogue(),
		Counted: func(ctx context.Context) (uint64, error) { return ingest.Counted(ctx, s.js, schemas.ConsumerDurable) }})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := f.Once(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}
