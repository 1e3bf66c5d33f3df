package clickhouse_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// Every table keeps what was inserted, and says so itself: the server's own defaults flush nothing. A new
// table needs a line in 0006_durability.sql, or these settings where it is created. Migrating again puts back what was relaxed.
func TestEveryTableIsFlushed(t *testing.T) {
	address := testkit.ClickHouse(t)
	store, err := clickhouse.Open(clickhouse.Config{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	migrate := func() {
		t.Helper()
		if err := store.MigrateSchema(t.Context(), schemas.DefaultZone); err != nil {
			t.Fatal(err)
		}
	}
	server, database, _ := strings.Cut(strings.TrimPrefix(address, "http://"), "/")
	ask := func(sql string) string {
		t.Helper()
		response, err := http.Post("http://"+server+"/?database="+url.QueryEscape(database), "text/plain", strings.NewReader(sql))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v: %s", sql, response.Status, err, body)
		}
		return strings.TrimSpace(string(body))
	}
	const tables = "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
	const flushed = " AND match(engine_full, 'fsync_after_insert = (1|true)') AND match(engine_full, 'fsync_part_directory = (1|true)') AND match(engine_full, 'min_rows_to_fsync_after_merge = 1')"
	migrate()
	all := ask(tables + " ORDER BY name")
	if !strings.Contains(all, "event_store") {
		t.Fatalf("the tables are %s", all)
	}
	if got := ask(tables + flushed + " ORDER BY name"); got != all {
		t.Errorf("flushed are\n%s\nof\n%s", got, all)
	}
	ask("ALTER TABLE event_store MODIFY SETTING fsync_after_insert = 0")
	if got := ask(tables + flushed + " ORDER BY name"); strings.Contains(got, "event_store") {
		t.Errorf("event_store was relaxed, and the check says that it is flushed")
	}
	migrate()
	if got := ask(tables + flushed + " ORDER BY name"); got != all {
		t.Errorf("migrated again, flushed are\n%s\nof\n%s", got, all)
	}
}
