package chd

import (
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// attempt is what somebody tries as the user analyst, and what must become of it.
type attempt struct {
	name     string
	settings string // of the URL
	sql      string
	want     string // the result; or, with an error's name, the exception
}

const analyst = "user=analyst&database=shop&"

// shop is a database as the pipeline's is: what is stored is internal, analysts read views of it.
func shop(t *testing.T, change func(*Config)) *endpoint {
	t.Helper()
	e := serve(t, nil)
	for _, sql := range []string{
		"DROP DATABASE IF EXISTS elsewhere", "CREATE DATABASE elsewhere", "CREATE TABLE elsewhere.t (x String) ENGINE = MergeTree ORDER BY x",
		"CREATE VIEW elsewhere.sales_of SQL SECURITY DEFINER AS SELECT x FROM elsewhere.t WHERE x = {day:String}",
		"DROP DATABASE IF EXISTS shop", "CREATE DATABASE shop",
		"CREATE TABLE shop.store (day Date, amount UInt32, superseded Bool) ENGINE = MergeTree ORDER BY day",
		"INSERT INTO shop.store VALUES ('2026-03-01', 5, false), ('2026-03-02', 7, false), ('2026-03-02', 9, true)",
		"CREATE VIEW shop.lines SQL SECURITY DEFINER AS SELECT day, amount FROM shop.store WHERE NOT superseded",
		"CREATE VIEW shop.sales SQL SECURITY DEFINER AS SELECT day, sum(amount) AS amount FROM shop.lines GROUP BY day",
		"CREATE VIEW shop.sales_of SQL SECURITY DEFINER AS SELECT amount FROM shop.sales WHERE day = {day:Date}",
	} {
		e.mustPost(t, "", sql)
	}
	t.Cleanup(func() {
		e.mustPost(t, "", "DROP DATABASE shop SYNC")
		e.mustPost(t, "", "DROP DATABASE elsewhere SYNC")
	})
	if change != nil {
		return serve(t, change)
	}
	return e
}

// TestAnalystAttempts is the table of what an analyst may do and what is tried in vain.
func TestAnalystAttempts(t *testing.T) {
	e := shop(t, nil)
	dir := t.TempDir()
	secret, out := filepath.Join(dir, "secret.csv"), filepath.Join(dir, "out.csv")
	if err := os.WriteFile(secret, []byte("topsecret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, a := range attempts(secret, out) {
		t.Run(a.name, func(t *testing.T) {
			query := analyst + a.settings
			if a.settings == "from=system" {
				query = "user=analyst&database=system"
			}
			got := e.post(t, query, a.sql)
			switch {
			case a.want == strings.ToUpper(a.want) && strings.Contains(a.want, "_") || a.want == "READONLY":
				if got.status == http.StatusOK || !strings.Contains(got.body, "("+a.want+")") {
					t.Errorf("%s: %d %s, want %s", a.sql, got.status, got.body, a.want)
				}
			case got.status != http.StatusOK || a.want != "" && got.body != a.want+"\n":
				t.Errorf("%s: %d %q, want %q", a.sql, got.status, got.body, a.want)
			}
			if strings.Contains(got.body, "topsecret") {
				t.Error("a file was read")
			}
			if _, err := os.Stat(out); err == nil {
				t.Fatal("a file was written")
			}
			if testing.Verbose() {
				t.Logf("%s → %.60s", a.sql, strings.TrimSpace(got.body))
			}
		})
	}
	if got := e.mustPost(t, "", "SELECT sum(amount), currentRoles() FROM shop.store"); got != "21\t['reader','service']\n" {
		t.Errorf("afterwards the service reads %q", got)
	}
}

// attempts are what is tried: first what works, then what doesn't. secret is a file on this machine, out one to be.
func attempts(secret, out string) []attempt {
	return []attempt{
		{"a view of the contract", "", "SELECT sum(amount) FROM sales", "12"},
		{"in full", "", "SELECT amount FROM shop.sales ORDER BY day LIMIT 1", "5"},
		{"a view with parameters", "", "SELECT amount FROM sales_of(day = '2026-03-02')", "7"},
		{"a bound parameter", "param_day=2026-03-01", "SELECT amount FROM sales WHERE day = {day:Date}", "5"},
		{"a common table expression", "", "WITH s AS (SELECT * FROM sales) SELECT count() FROM s AS a JOIN s AS b USING day", "2"},
		{"a window", "", "SELECT sum(amount) OVER (ORDER BY day) FROM sales ORDER BY day LIMIT 1 OFFSET 1", "12"},
		{"what there is", "", "SHOW TABLES", "sales\nsales_of"},
		{"columns", "", "DESCRIBE TABLE sales", "day\tDate\t\t\t\t\t\namount\tUInt64\t\t\t\t\t"},
		{"Grafana's list of tables", "", "SELECT name FROM system.tables WHERE database = 'shop' ORDER BY name", "sales\nsales_of"},
		{"Grafana's list of columns", "", "SELECT name FROM system.columns WHERE database = 'shop' AND table = 'sales'", "day\namount"},
		{"DBeaver's list of databases", "", "SELECT name FROM system.databases WHERE name = 'shop'", "shop"},
		{"clickhouse-connect's settings", "", "SELECT count() > 100 FROM system.settings", "1"},
		{"functions", "", "SELECT count() > 100 FROM system.functions", "1"},
		{"a plan", "", "EXPLAIN SELECT * FROM sales", ""},
		{"numbers", "", "SELECT sum(number) FROM numbers(10)", "45"},
		{"harmless settings", "output_format_json_quote_64bit_integers=0&session_timezone=Europe/Paris&wait_end_of_query=1&max_block_size=1000", "SELECT 1", "1"},
		{"lower limits", "max_execution_time=5&max_memory_usage=100000000&max_result_rows=10", "SELECT 1", "1"},
		{"settings of a statement", "", "SELECT 1 SETTINGS max_threads = 1, final = 1", "1"},

		{"an internal table", "", "SELECT * FROM store", "ACCESS_DENIED"},
		{"an internal view", "", "SELECT * FROM shop.lines", "ACCESS_DENIED"},
		{"an internal table in a subquery", "", "SELECT 1 IN (SELECT amount FROM store)", "ACCESS_DENIED"},
		{"an internal table as a set", "", "SELECT (toDate('2026-03-01'), 5, false) IN store", "ACCESS_DENIED"},
		{"an internal table by merge()", "", "SELECT * FROM merge('shop', 'store')", "ACCESS_DENIED"},
		{"an internal table by its index", "", "SELECT * FROM mergeTreeIndex(shop, store)", "ACCESS_DENIED"},
		{"an internal table, if permitted", "", "SELECT * FROM viewIfPermitted(SELECT * FROM store ELSE null('x UInt8'))", "ACCESS_DENIED"},
		{"an internal table by view()", "", "SELECT * FROM view(SELECT * FROM shop.store)", "ACCESS_DENIED"},
		{"the plan of an internal table", "", "EXPLAIN SELECT * FROM store", "ACCESS_DENIED"},
		{"an internal table's columns", "", "DESCRIBE shop.store", "ACCESS_DENIED"},
		{"how an internal table is made", "", "SHOW CREATE TABLE shop.store", "ACCESS_DENIED"},
		{"another database", "", "SELECT * FROM elsewhere.t", "ACCESS_DENIED"},
		{"another database's view with parameters", "", "SELECT * FROM elsewhere.sales_of(day = '2026-03-02')", "ACCESS_DENIED"},
		{"others' statements", "", "SELECT query FROM system.processes", "ACCESS_DENIED"},
		{"others' statements, quoted", "", "SELECT query FROM `system`.\"processes\"", "ACCESS_DENIED"},
		{"others' statements, shown", "", "SHOW PROCESSLIST", "ACCESS_DENIED"},
		{"others' statements, from system", "from=system", "SELECT query FROM processes", "ACCESS_DENIED"},
		{"past statements", "", "SELECT * FROM system.query_log", "ACCESS_DENIED"},
		{"users", "", "SELECT * FROM system.users", "ACCESS_DENIED"},
		{"the server's settings", "", "SELECT * FROM system.server_settings", "ACCESS_DENIED"},
		{"a dictionary", "", "SELECT dictGet('shop.d', 'x', 1)", "BAD_ARGUMENTS"},
		{"a dictionary as a table", "", "SELECT * FROM dictionary('shop.d')", "ACCESS_DENIED"},

		{"file()", "", "SELECT * FROM file('" + secret + "', 'LineAsString')", "ACCESS_DENIED"},
		{"file(), the scalar", "", "SELECT file('" + secret + "')", "ACCESS_DENIED"},
		{"file(), in a comment's shade", "", "SELECT file/**/('" + secret + "')", "ACCESS_DENIED"},
		{"file(), quoted", "", "SELECT `file`('" + secret + "')", "ACCESS_DENIED"},
		{"file(), applied", "", "SELECT * APPLY(file) FROM (SELECT '" + secret + "')", "ACCESS_DENIED"},
		{"url()", "", "SELECT * FROM url('http://127.0.0.1:1/x', 'LineAsString')", "ACCESS_DENIED"},
		{"s3()", "", "SELECT * FROM s3('http://127.0.0.1:1/b/x', 'CSV')", "ACCESS_DENIED"},
		{"remote()", "", "SELECT * FROM remote('127.0.0.1', system.one)", "ACCESS_DENIED"},
		{"mysql()", "", "SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')", "ACCESS_DENIED"},
		{"postgresql()", "", "SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')", "ACCESS_DENIED"},
		{"sqlite()", "", "SELECT * FROM sqlite('" + secret + "', 't')", "ACCESS_DENIED"},
		{"executable()", "", "SELECT * FROM executable('x.sh', TSV, 'x String')", "ACCESS_DENIED"},
		{"INTO OUTFILE", "", "SELECT 1 INTO OUTFILE '" + out + "'", "ACCESS_DENIED"},
		{"a schema from a file", "format_schema=" + secret, "SELECT 1", "ACCESS_DENIED"},

		{"INSERT", "", "INSERT INTO store VALUES ('2026-03-03', 1, false)", "READONLY"},
		{"INSERT with a format", "", "INSERT INTO sales FORMAT CSV\n2026-03-03,1\n", "READONLY"},
		{"INSERT … SELECT behind a WITH", "", "WITH 1 AS x INSERT INTO store SELECT today(), x, false", "READONLY"},
		{"INSERT INTO FUNCTION", "", "INSERT INTO FUNCTION file('" + out + "', 'CSV', 'x UInt8') SELECT 1", "ACCESS_DENIED"},
		{"CREATE TABLE", "", "CREATE TABLE mine (x UInt8) ENGINE = Memory", "READONLY"},
		{"CREATE TEMPORARY TABLE", "", "CREATE TEMPORARY TABLE mine (x UInt8)", "READONLY"},
		{"CREATE VIEW with the service's rights", "", "CREATE VIEW mine DEFINER = default SQL SECURITY DEFINER AS SELECT * FROM store", "READONLY"},
		{"ALTER", "", "ALTER TABLE store DELETE WHERE 1", "READONLY"},
		{"DROP", "", "DROP TABLE store", "READONLY"},
		{"TRUNCATE", "", "TRUNCATE TABLE store", "READONLY"},
		{"OPTIMIZE", "", "OPTIMIZE TABLE store FINAL", "READONLY"},
		{"SYSTEM", "", "SYSTEM DROP MARK CACHE", "READONLY"},
		{"SYSTEM SHUTDOWN", "", "SYSTEM SHUTDOWN", "ACCESS_DENIED"},
		{"KILL", "", "KILL QUERY WHERE 1", "READONLY"},
		{"GRANT", "", "GRANT service TO default", "READONLY"},
		{"SET", "", "SET max_memory_usage = 0", "READONLY"},
		{"SET ROLE", "", "SET ROLE service", "READONLY"},
		{"USE", "", "USE default", "READONLY"},
		{"EXECUTE AS", "", "EXECUTE AS default SELECT 1", "SYNTAX_ERROR"},
		{"two statements", "", "SELECT 1; SET ROLE DEFAULT", "SYNTAX_ERROR"},

		{"no readonly", "readonly=0", "SELECT 1", "READONLY"},
		{"another profile", "profile=default", "SELECT 1", "READONLY"},
		{"more memory", "max_memory_usage=999999999999", "SELECT 1", "SETTING_CONSTRAINT_VIOLATION"},
		{"any memory", "max_memory_usage=0", "SELECT 1", "SETTING_CONSTRAINT_VIOLATION"},
		{"more time", "max_execution_time=3600", "SELECT 1", "SETTING_CONSTRAINT_VIOLATION"},
		{"more rows", "max_result_rows=100000000", "SELECT 1", "SETTING_CONSTRAINT_VIOLATION"},
		{"more bytes", "max_result_bytes=0", "SELECT 1", "SETTING_CONSTRAINT_VIOLATION"},
		{"more time, in the statement", "", "SELECT 1 SETTINGS max_execution_time = 3600", "SETTING_CONSTRAINT_VIOLATION"},
		{"more memory, in a subquery", "", "SELECT * FROM (SELECT 1 SETTINGS max_memory_usage = 999999999999)", "READONLY"},
		{"more time, in a subquery", "max_execution_time=1", "SELECT * FROM (SELECT count() FROM numbers(20000000000) WHERE NOT ignore(sipHash64(number)) SETTINGS max_execution_time = 0)", "READONLY"},
		{"more rows, in a union's first part", "max_result_rows=10", "SELECT number FROM numbers(20) SETTINGS max_result_rows = 100 UNION ALL SELECT 1", "READONLY"},
		{"more rows, after an INTERSECT", "", "SELECT 1 INTERSECT SELECT 1 SETTINGS max_result_rows = 100000000", "READONLY"},
		{"more rows, in a common table expression", "", "WITH s AS (SELECT 1 SETTINGS max_result_rows = 100000000) SELECT * FROM s", "READONLY"},
		{"DDL, in a subquery", "", "SELECT * FROM (SELECT 1 SETTINGS allow_ddl = 1)", "READONLY"},
		{"no readonly, in a union", "", "SELECT 1 UNION ALL SELECT 2 SETTINGS readonly = 0", "READONLY"},
		{"another dialect", "dialect=prql", "SELECT 1", "ACCESS_DENIED"},
		{"too many rows", "max_result_rows=5", "SELECT number FROM numbers(10)", "TOO_MANY_ROWS_OR_BYTES"},
		{"too much memory", "max_memory_usage=10000000", "SELECT length(groupArray(number)) FROM numbers(100000000)", "MEMORY_LIMIT_EXCEEDED"},
		{"too long", "max_execution_time=1", "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))", "TIMEOUT_EXCEEDED"},
	}
}

// A refusal says who asked, and what she may read.
func TestAnalystRefusal(t *testing.T) {
	e := shop(t, nil)
	a := e.post(t, analyst, "SELECT * FROM store")
	if want := "Code: 497. DB::Exception: analyst: Not enough privileges."; !strings.HasPrefix(a.body, want) || !strings.Contains(a.body, "Analysts read the relations of the contract") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// Whatever way a client says who it is, it is the same analyst.
func TestAnalystSignsIn(t *testing.T) {
	e := shop(t, func(c *Config) { c.Password, c.AnalystPassword = "service", "look" })
	basic := func(password string) []string {
		return []string{"Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("analyst:"+password))}
	}
	for _, c := range []struct {
		name, query string
		header      []string
		status      int
	}{
		{"URL", "user=analyst&password=look", nil, 200},
		{"headers, as Grafana and JDBC", "", []string{"X-ClickHouse-User: analyst", "X-ClickHouse-Key: look"}, 200},
		{"Basic, as curl", "", basic("look"), 200},
		{"Basic, wrong", "", basic("service"), 403},
		{"headers before the URL", "user=default&password=service", []string{"X-ClickHouse-User: analyst", "X-ClickHouse-Key: look"}, 200},
	} {
		a := e.post(t, c.query, "SELECT sum(amount) FROM shop.sales", c.header...)
		if a.status != c.status {
			t.Errorf("%s: %d %s", c.name, a.status, a.body)
		}
		if b := e.post(t, c.query, "SELECT * FROM shop.store", c.header...); b.status != 403 {
			t.Errorf("%s: reads what is internal: %d %s", c.name, b.status, b.body)
		}
	}
}

func TestAnalystQuota(t *testing.T) {
	e := shop(t, func(c *Config) { c.AnalystQuota = Quota{Statements: 3, ReadRows: 1000} })
	e.mustPost(t, analyst, "SELECT 1")
	if a := e.post(t, analyst, "DROP TABLE store"); a.status == 200 {
		t.Fatal("dropped")
	}
	e.mustPost(t, analyst, "SELECT count() FROM numbers(2000)")
	if a := e.post(t, analyst, "SELECT 1"); !strings.Contains(a.body, "QUOTA_EXCEEDED") || !strings.Contains(a.body, "rows read within an hour, of 1000; it begins anew at 20") {
		t.Errorf("rows: %d %s", a.status, a.body)
	}
	e.mustPost(t, "", "SELECT 1") // the service has none

	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	m := newQuotaMeter(Quota{Statements: 2}.withDefaults(), func() time.Time { return now })
	for range 2 {
		if err := m.begin(); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(59 * time.Minute)
	if err := m.begin(); err == nil || !strings.Contains(err.Error(), "2 statements within an hour; it begins anew at 2026-03-01T10:00:00Z") {
		t.Error(err)
	}
	now = now.Add(time.Minute)
	if err := m.begin(); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}

// Analysts wait for one another; the service doesn't wait for them.
func TestAnalystsAtOnce(t *testing.T) {
	e := shop(t, func(c *Config) { c.AnalystStatements, c.QueueTimeout = 1, 50*time.Millisecond })
	ended := make(chan answer, 1)
	go func() {
		ended <- e.post(t, analyst+"max_execution_time=2", "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))")
	}()
	eventually(t, "the first statement runs", func() bool { return len(e.h.readers) == 1 })
	if a := e.post(t, analyst, "SELECT 1"); !strings.Contains(a.body, "TOO_MANY_SIMULTANEOUS_QUERIES") {
		t.Errorf("a second one: %d %s", a.status, a.body)
	}
	e.mustPost(t, "", "SELECT 1")
	if a := <-ended; !strings.Contains(a.body, "TIMEOUT_EXCEEDED") {
		t.Errorf("the first: %d %s", a.status, a.body)
	}
	e.mustPost(t, analyst, "SELECT 1")
}

func TestAnalystConfig(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no passwords":           {func(c *Config) { c.Addr = "0.0.0.0:8123" }, "set Password and AnalystPassword"},
		"none for the analyst":   {func(c *Config) { c.Addr, c.Password = "0.0.0.0:8123", "x" }, "set Password and AnalystPassword"},
		"one for both":           {func(c *Config) { c.Password, c.AnalystPassword = "x", "x" }, "are the same"},
		"a grant of something":   {func(c *Config) { c.AnalystRelations = []string{"a.b TO default"} }, "expected database.relation"},
		"more than there can be": {func(c *Config) { c.Pool, c.AnalystStatements = 2, 3 }, "1 to Pool"},
	} {
		cfg := Config{Dir: t.TempDir(), Engine: "x"}
		c.change(&cfg)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(Config{Dir: t.TempDir(), Engine: "x", Addr: "0.0.0.0:8123", Password: "x", AnalystPassword: "y"}); err != nil {
		t.Error(err)
	}
}
