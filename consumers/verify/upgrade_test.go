package verify

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/consumers/periods"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// Every schema that was delivered before, with rows in it, comes up to today's: what was stored and counted is exact
// without being made again, the oldest's after a rebuild, and a migration that was killed half way is repeated. testdata/schemas has the files as they
// were, by how many they were. The rows are today's, in the columns that there were then.
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
	for _, c := range []struct {
		schema  string
		rebuild bool // its catalogue was another one
		killed  int  // after so many of today's statements; 0: not
		replay  bool // make the figures from the stream, as migrate says
	}{
		{schema: "4", rebuild: true, killed: 35, replay: true}, {schema: "5", rebuild: true}, {schema: "6", rebuild: true, killed: 7}, {schema: "9"},
	} {
		t.Run(c.schema+" files", func(t *testing.T) {
			s := earlier(t, now, c.schema, c.rebuild)
			if c.killed > 0 {
				s.begin(c.killed)
			}
			rebuild, err := s.store.Migrate(t.Context(), schemas.DefaultZone, schemas.DefaultCatalogue())
			if err != nil || rebuild != c.rebuild {
				t.Fatalf("a rebuild is asked for: %v, want %v (%v)", rebuild, c.rebuild, err)
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
		})
	}
}

var comments = regexp.MustCompile(`(?m)^\s*--.*$`)

// earlier is a database of an earlier schema with another one's rows.
func earlier(t *testing.T, from *system, schema string, otherCatalogue bool) *system {
	t.Helper()
	s := &system{t: t, js: from.js, url: testkit.ClickHouse(t), asOf: from.asOf}
	at := strings.LastIndex(s.url, "/")
	raw, err := os.ReadFile("testdata/schemas/" + schema + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("{{zone}}", schemas.DefaultZone, "{{database}}", s.url[at+1:]).Replace(comments.ReplaceAllString(string(raw), ""))
	for _, statement := range strings.Split(text, ";\n") {
		if strings.TrimSpace(statement) != "" {
			s.exec(strings.TrimSpace(statement))
		}
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
		s.exec(fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s.%s", table, columns, columns, source, table))
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
