package clickhouse

import (
	"testing"

	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// Views that are there as this program makes them are left alone; if one is missing, or was made otherwise, all are made again.
func TestViewsAreMadeAgainWhereTheyChanged(t *testing.T) {
	url := testkit.ClickHouse(t)
	store, err := Open(Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	look := func(zone string) (comment string, made bool) {
		t.Helper()
		all, err := schemas.Migrations(schemas.DDLOptions{Zone: zone, Database: store.Database()})
		if err != nil {
			t.Fatal(err)
		}
		if comment, made, err = store.viewsMade(t.Context(), all); err != nil {
			t.Fatal(err)
		}
		return comment, made
	}
	migrate := func() {
		t.Helper()
		if err := store.MigrateSchema(t.Context(), schemas.DefaultZone); err != nil {
			t.Fatal(err)
		}
	}
	if _, made := look(schemas.DefaultZone); made {
		t.Fatal("an empty database has all views")
	}
	migrate()
	comment, made := look(schemas.DefaultZone)
	if !made {
		t.Error("a database that was just migrated lacks views")
	}
	if _, made := look("Indian/Reunion"); made {
		t.Error("the views are those of another zone")
	}
	for _, change := range []struct{ do, undo string }{
		{"RENAME TABLE kpi_daily TO elsewhere", "RENAME TABLE elsewhere TO kpi_daily"},
		{"ALTER TABLE kpi_daily MODIFY COMMENT 'schema of an older program'", "ALTER TABLE kpi_daily MODIFY COMMENT '" + comment + "'"},
	} {
		testkit.Exec(t, url, change.do)
		if _, made := look(schemas.DefaultZone); made {
			t.Errorf("nothing is seen of %s", change.do)
		}
		testkit.Exec(t, url, change.undo)
	}
	if _, made := look(schemas.DefaultZone); !made {
		t.Error("all was undone, and something is still missed")
	}

	testkit.Exec(t, url, "CREATE OR REPLACE VIEW kpi_daily AS SELECT 1 AS one") // as a program or a person did it that knows no comment
	migrate()
	if have, err := store.Columns(t.Context(), "kpi_daily"); err != nil || have["indicator"] == "" {
		t.Errorf("kpi_daily has %v (%v)", have, err)
	}
}
