package clickhouse_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/rollup"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/schemas"
)

// laidOut is a migrated database on a cluster. Whatever the test's store asks must have a cluster's settings.
func laidOut(t *testing.T, c schemas.Cluster) (*testkit.Cluster, *clickhouse.Store) {
	t.Helper()
	cluster, store := storekit.OnCluster(t, c)
	t.Cleanup(func() { haveTheSettings(t, cluster.Asked()) })
	return cluster, store
}

// haveTheSettings fails for statements without the settings that docs/clusters.md says are sent with every one.
func haveTheSettings(t *testing.T, asked []testkit.Asked) {
	t.Helper()
	wanted := map[string]string{"select_sequential_consistency": "1", "insert_quorum": "auto", "insert_quorum_parallel": "0",
		"deduplicate_insert": "disable", "deduplicate_insert_select": "disable", "insert_deduplicate": "0", "distributed_foreground_insert": "1", "async_insert": "0",
		"enable_parallel_replicas": "0", "parallel_distributed_insert_select": "0", "distributed_product_mode": "global", "optimize_skip_unused_shards": "1", "alter_sync": "2"}
	for _, a := range asked {
		var lacks []string
		for name, value := range wanted {
			if a.Parameters.Get(name) != value {
				lacks = append(lacks, name)
			}
		}
		if len(lacks) > 0 {
			t.Errorf("without %s: %.80s", strings.Join(lacks, ", "), a.Statement)
		}
	}
}

// Whichever way a statement goes to ClickHouse, by the library, in blocks, as an export, as a backup or from a restore, a cluster's settings go with it.
func TestEveryStatementHasAClustersSettings(t *testing.T) {
	cluster, store := laidOut(t, schemas.Cluster{Name: testkit.OneShard, ByLab: true})
	ctx := t.Context()
	if err := store.InsertEvents(ctx, []clickhouse.Row{version("atelier-nord", 1, 0, 1)}); err != nil {
		t.Fatal(err)
	}
	export(t, store, "events", "csv", "")
	if _, err := store.LatestOf(ctx, "atelier-nord", []uuid.UUID{schemas.RecordID("atelier-nord", "test", "1")}); err != nil {
		t.Fatal(err)
	}
	if err := store.EachVersion(ctx, clickhouse.LabRange{}, func(clickhouse.StoredVersion) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for _, table := range clickhouse.BackedUp() {
		for _, part := range []clickhouse.Slice{{}, {Labs: clickhouse.LabRange{From: "a", To: "b"}}} {
			if part.Labs.From != "" && (table == "status_rules" || table == "rejection_store") {
				continue // they are read whole
			}
			rows, err := store.Dump(ctx, table, part)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(store.Load(ctx, table, rows), rows.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	scratch, err := store.NewScratch(ctx, schemas.DefaultZone, schemas.DefaultCatalogue())
	if err != nil {
		t.Fatal(err)
	}
	if err := scratch.Close(ctx); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"INSERT INTO kpi_cells FORMAT Native", "SELECT * FROM {relation:Identifier}"} {
		if !slices.ContainsFunc(cluster.Asked(), func(a testkit.Asked) bool { return strings.HasPrefix(a.Statement, statement) }) {
			t.Errorf("nobody asked %q", statement)
		}
	}
}

// What is backed up on a cluster can be put back on one server, and the other way round.
func TestABackupMovesToAndFromACluster(t *testing.T) {
	filled := func(store *clickhouse.Store) *clickhouse.Store {
		t.Helper()
		rows := []clickhouse.Row{version("atelier-nord", 1, 0, 1), version("atelier-nord", 2, 0, 2), version("atelier-sud", 1, 0, 3), version("atelier-nord", 1, 1, 4)}
		if err := errors.Join(store.InsertEvents(t.Context(), rows), store.RebuildCells(t.Context(), rollup.NewRules(schemas.DefaultCatalogue()), nil)); err != nil {
			t.Fatal(err)
		}
		return store
	}
	laid := func() *clickhouse.Store {
		_, store := laidOut(t, schemas.Cluster{Name: testkit.OneShard, ByLab: true})
		return store
	}
	for name, of := range map[string]struct{ from, to *clickhouse.Store }{
		"from a cluster": {filled(laid()), migrated(t)},
		"to a cluster":   {filled(migrated(t)), laid()},
	} {
		for _, table := range clickhouse.BackedUp() {
			parts, err := of.from.Slices(t.Context(), table, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range parts {
				rows, err := of.from.Dump(t.Context(), table, part)
				if err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(of.to.Load(t.Context(), table, rows), rows.Close()); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, relation := range []string{"events", "kpi_daily"} {
			have, want := export(t, of.to, relation, "json", ""), export(t, of.from, relation, "json", "")
			if have != want || strings.Count(want, "atelier-") < 2 {
				t.Errorf("%s, %s are\n%swant\n%s", name, relation, have, want)
			}
		}
	}
}

// With two shards the engine plans each view as on a real cluster: none is refused, and none has another shape.
func TestAnEmptyClusterAnswers(t *testing.T) {
	_, store := laidOut(t, schemas.Cluster{Name: testkit.TwoShards, ByLab: true})
	single := migrated(t)
	for relation := range contract() {
		n, err := store.Count(t.Context(), relation)
		if err != nil {
			t.Errorf("%s: %v", relation, err)
		}
		if want := knownBeforehand()[relation]; n != want {
			t.Errorf("%s has %d rows, want %d", relation, n, want)
		}
		have, err := store.Columns(t.Context(), relation)
		if err != nil {
			t.Fatal(err)
		}
		want, err := single.Columns(t.Context(), relation)
		if err != nil {
			t.Fatal(err)
		}
		for name, of := range want {
			if have[name] != of {
				t.Errorf("%s.%s is %q, want %q", relation, name, have[name], of)
			}
		}
	}
}

// The engine's own parser reads what is said to real servers, replicas and all.
func TestTheEngineReadsWhatAClusterIsTold(t *testing.T) {
	address := testkit.ClickHouse(t)
	for _, c := range []schemas.Cluster{{Name: "programme", ByLab: true}, {Name: "{cluster}"}} {
		migrations, err := schemas.Migrations(schemas.DDLOptions{Zone: schemas.DefaultZone, Database: "vitrine", Cluster: c})
		if err != nil {
			t.Fatal(err)
		}
		layout, err := c.Layout()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range append([]schemas.Migration{{Name: "layout", Statements: []string{layout}}}, migrations...) {
			for _, statement := range m.Statements {
				if !strings.HasPrefix(statement, "INSERT") {
					testkit.Exec(t, address, "EXPLAIN AST "+statement)
				}
			}
		}
	}
}

// A database remembers where it lies, and lies nowhere else.
func TestADatabaseKeepsItsLayout(t *testing.T) {
	want := schemas.Cluster{Name: testkit.OneShard, ByLab: true}
	cluster, store := laidOut(t, want)
	have, err := store.Layout(t.Context())
	if err != nil || have != want {
		t.Errorf("it lies on %s, want %s (%v)", have, want, err)
	}
	if err := store.LayOut(t.Context(), want); err != nil {
		t.Errorf("laid out again: %v", err)
	}
	before := len(cluster.OnCluster())
	if err := store.MigrateSchema(t.Context(), schemas.DefaultZone); err != nil { // as any consumer does, which isn't told
		t.Error(err)
	}
	if len(cluster.OnCluster()) == before {
		t.Error("migrating again did nothing on the cluster")
	}
	for _, other := range []schemas.Cluster{{Name: testkit.OneShard}, {Name: "elsewhere", ByLab: true}} {
		if err := store.LayOut(t.Context(), other); !errors.Is(err, clickhouse.ErrLayout) {
			t.Errorf("laid out on %s instead: %v", other, err)
		}
	}
	single := migrated(t)
	if err := single.LayOut(t.Context(), want); !errors.Is(err, clickhouse.ErrLayout) {
		t.Errorf("a single server's database laid out on a cluster: %v", err)
	}
}
