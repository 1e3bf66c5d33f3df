package clickhouse_test

import (
	"errors"
	"testing"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// A database tells which files it has had, and refuses a program that has others.
func TestMigrationsAreNoted(t *testing.T) {
	address := testkit.ClickHouse(t)
	store, err := clickhouse.Open(clickhouse.Config{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if applied, err := store.Migrations(t.Context()); err != nil || len(applied) != 0 {
		t.Errorf("before the first one: %v, %v", applied, err)
	}
	for range 2 {
		if err := store.MigrateSchema(t.Context(), schemas.DefaultZone); err != nil {
			t.Fatal(err)
		}
	}
	all, err := schemas.Migrations(schemas.DDLOptions{Zone: schemas.DefaultZone, Database: store.Database()})
	if err != nil {
		t.Fatal(err)
	}
	applied, err := store.Migrations(t.Context())
	if err != nil || len(applied) != len(all) {
		t.Fatalf("%d are noted of %d (%v)", len(applied), len(all), err)
	}
	for i, m := range all {
		if applied[i].Name != m.Name || applied[i].Checksum != m.Checksum || applied[i].AppliedAt.IsZero() {
			t.Errorf("noted is %+v, want %s %s", applied[i], m.Name, m.Checksum)
		}
	}
	testkit.Exec(t, address, "INSERT INTO schema_migrations VALUES ('9999_later', '', now64(3))")
	if err := store.MigrateSchema(t.Context(), schemas.DefaultZone); !errors.Is(err, clickhouse.ErrNewerSchema) {
		t.Errorf("an older program: %v", err)
	}
	testkit.Exec(t, address, "DELETE FROM schema_migrations WHERE name = '9999_later'")
	testkit.Exec(t, address, "INSERT INTO schema_migrations VALUES ('0001_events', 'another', now64(3))")
	if err := store.MigrateSchema(t.Context(), schemas.DefaultZone); !errors.Is(err, clickhouse.ErrMigrationChanged) {
		t.Errorf("a file that was changed: %v", err)
	}
}
