package chd

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go/compress"
	chproto "github.com/ClickHouse/ch-go/proto"
)

func TestHTTPQueries(t *testing.T) {
	e := serve(t, nil)
	table := e.table(t)
	e.mustPost(t, "", "CREATE TABLE "+table+" (a UInt8, s String) ENGINE = MergeTree ORDER BY a")
	e.mustPost(t, params("query", "INSERT INTO "+table+" FORMAT JSONEachRow"), `{"a":1,"s":"one"}`+"\n\n"+`{"a":2,"s":"two; \n\n"}`)
	e.mustPost(t, "", "INSERT INTO "+table+" (a, s) FORMAT CSV\n3,\"three\n\n;\"\n")
	e.mustPost(t, params("query", "INSERT INTO "+table+" VALUES"), "(4, 'four'), (5, concat('fi', 've'))")
	e.mustPost(t, params("query", "INSERT INTO "+table+" SELECT 6, 'six'"), "")
	e.mustPost(t, params("query", "INSERT INTO "+table+" (s, a)"), "VALUES ('seven', 7);")
	e.mustPost(t, "", "INSERT INTO "+table+" VALUES (8, 'eight -- no comment'), (9, 'a; b') -- comment\n;")
	got := e.mustPost(t, "", "SELECT a, s FROM "+table+" ORDER BY a")
	want := "1\tone\n2\ttwo; \\n\\n\n3\tthree\\n\\n;\n4\tfour\n5\tfive\n6\tsix\n7\tseven\n8\teight -- no comment\n9\ta; b\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHTTPTable(t *testing.T) {
	e := serve(t, nil)
	e.mustPost(t, "", "CREATE DATABASE IF NOT EXISTS other")
	e.mustPost(t, "", "CREATE TABLE IF NOT EXISTS other.t (x UInt8) ENGINE = Memory")
	for _, tc := range []struct {
		name, method, query, body string
		header                    []string
		status                    int
		want                      string // the body's start
		wantHeader                string
	}{
		{"query in the URL", "GET", params("query", "SELECT 1"), "", nil, 200, "1\n", "X-ClickHouse-Format: TabSeparated"},
		{"query in the body", "POST", "", "SELECT 1", nil, 200, "1\n", "Content-Type: text/tab-separated-values; charset=UTF-8"},
		{"query in both", "POST", params("query", "SELECT"), "2", nil, 200, "2\n", ""},
		{"format clause", "POST", "", "SELECT 1 AS x FORMAT JSONEachRow", nil, 200, `{"x":1}` + "\n", "X-ClickHouse-Format: JSONEachRow"},
		{"default format", "POST", params("default_format", "CSV"), "SELECT 'a'", nil, 200, `"a"` + "\n", "Content-Type: text/csv; charset=UTF-8; header=absent"},
		{"format header", "POST", "", "SELECT 'a' AS x", []string{"X-ClickHouse-Format: JSONCompactEachRow"}, 200, `["a"]` + "\n", "X-ClickHouse-Format: JSONCompactEachRow"},
		{"format, settings", "POST", "", "SELECT 1 AS x FORMAT JSONEachRow SETTINGS max_threads = 1;", nil, 200, `{"x":1}` + "\n", ""},
		{"JSON", "POST", params("default_format", "JSON"), "SELECT 1", nil, 200, "{\n", "Content-Type: application/json; charset=UTF-8"},
		{"database", "POST", params("database", "other"), "SELECT count() FROM t", nil, 200, "0\n", ""},
		{"database header", "POST", "", "SELECT currentDatabase()", []string{"X-ClickHouse-Database: other"}, 200, "other\n", ""},
		{"database gone again", "POST", "", "SELECT currentDatabase()", nil, 200, "default\n", ""},
		{"no such database", "POST", params("database", "nowhere"), "SELECT 1", nil, 404, "Code: 81.", "X-ClickHouse-Exception-Code: 81"},
		{"setting", "POST", params("max_block_size", "5"), "SELECT getSetting('max_block_size')", nil, 200, "5\n", ""},
		{"unknown setting", "POST", params("max_nonsense", "5"), "SELECT 1", nil, 404, "Code: 115.", "X-ClickHouse-Exception-Code: 115"},
		{"parameter", "POST", params("param_x", "it's"), "SELECT {x:String}", nil, 200, "it\\'s\n", ""},
		{"query id", "POST", params("query_id", "mine"), "SELECT 1", nil, 200, "1\n", "X-ClickHouse-Query-Id: mine"},
		{"time zone", "POST", "", "SELECT 1", nil, 200, "1\n", "X-ClickHouse-Timezone: " + shared.engine.timezone},
		{"wait", "POST", params("wait_end_of_query", "1"), "SELECT 1", nil, 200, "1\n", "Content-Length: 2"},
		{"DDL by GET", "GET", params("query", "CREATE TABLE no (x UInt8) ENGINE = Memory"), "", nil, 500, "Code: 164.", ""},
		{"INSERT by GET", "GET", params("query", "INSERT INTO other.t VALUES (1)"), "", nil, 500, "Code: 164.", ""},
		{"readonly lifted by GET", "GET", params("query", "CREATE TABLE no (x UInt8) ENGINE = Memory", "readonly", "0"), "", nil, 500, "Code: 164.", ""},
		{"syntax", "POST", "", "SELECT FROM WHERE", nil, 400, "Code: 62.", "X-ClickHouse-Exception-Code: 62"},
		{"no table", "POST", "", "SELECT * FROM nowhere", nil, 404, "Code: 60. DB::Exception: ", "Content-Type: text/plain; charset=UTF-8"},
		{"empty", "POST", "", " -- nothing\n", nil, 400, "Code: 62.", ""},
		{"several", "POST", "", "SELECT 1; SELECT 2", nil, 400, "Code: 62.", ""},
		{"several in VALUES", "POST", "", "INSERT INTO other.t VALUES (1); DROP TABLE other.t", nil, 400, "Code: 62.", ""},
		{"semicolon in a string", "POST", "", "SELECT ';' -- ; SELECT 2\n;;", nil, 200, ";\n", ""},
		{"EXPLAIN", "POST", "", "EXPLAIN SELECT 1", nil, 200, "", ""},
		{"SHOW", "POST", "", "SHOW TABLES FROM other", nil, 200, "t\n", ""},
		{"EXISTS", "POST", "", "EXISTS other.t", nil, 200, "1\n", ""},
		{"bad gzip", "POST", "", "SELECT 1", []string{"Content-Encoding: gzip"}, 500, "Code: 271.", ""},
		{"unknown encoding", "POST", "", "SELECT 1", []string{"Content-Encoding: lzw"}, 500, "Code: 89.", ""},
		{"test hints are only comments", "POST", "", "SELECT 1 -- { serverError 60 }", nil, 200, "1\n", ""},
		{"exit is no statement", "POST", "", "exit", nil, 400, "Code: 62.", ""},
		{"PUT", "PUT", "", "SELECT 1", nil, 405, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := e.do(t, tc.method, tc.query, tc.body, tc.header...)
			if a.err != nil || a.status != tc.status || !strings.HasPrefix(a.body, tc.want) {
				t.Errorf("status %d, want %d; body %q, want %q; %v", a.status, tc.status, a.body, tc.want, a.err)
			}
			if name, value, _ := strings.Cut(tc.wantHeader, ": "); name != "" && a.header.Get(name) != value {
				t.Errorf("%s is %q, want %q", name, a.header.Get(name), value)
			}
			if strings.Contains(a.body, "vtr_") {
				t.Errorf("the body shows the tag: %q", a.body)
			}
		})
	}
}

func TestHTTPHealth(t *testing.T) {
	e := serve(t, nil)
	for _, path := range []string{"/", "/ping", "/replicas_status"} {
		resp, err := http.Get(e.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != 200 || string(body) != "Ok.\n" {
			t.Errorf("%s: %d %q", path, resp.StatusCode, body)
		}
	}
}

func TestHTTPSummary(t *testing.T) {
	e := serve(t, nil)
	table := e.table(t)
	e.mustPost(t, "", "CREATE TABLE "+table+" (a UInt64) ENGINE = MergeTree ORDER BY a")
	a := e.post(t, params("query", "INSERT INTO "+table+" FORMAT TSV"), "1\n2\n3\n")
	if got := a.header.Get("X-ClickHouse-Summary"); !strings.Contains(got, `"written_rows":"3"`) {
		t.Errorf("insert: %s", got)
	}
	a = e.post(t, "", "INSERT INTO "+table+" SELECT number FROM numbers(10)")
	if got := a.header.Get("X-ClickHouse-Summary"); !strings.Contains(got, `"written_rows":"10"`) {
		t.Errorf("insert select: %s", got)
	}
	// Rows in the answer; of the rows read, the library misses some where a result is streamed.
	a = e.post(t, params("wait_end_of_query", "1"), "SELECT * FROM "+table)
	if got := a.header.Get("X-ClickHouse-Summary"); !strings.Contains(got, `"result_rows":"13"`) {
		t.Errorf("select: %s", got)
	}
}

func TestHTTPEncodings(t *testing.T) {
	e := serve(t, nil)
	table := e.table(t)
	e.mustPost(t, "", "CREATE TABLE "+table+" (a UInt64) ENGINE = MergeTree ORDER BY a")
	pack := func(w io.WriteCloser, buf *bytes.Buffer) string {
		_, _ = io.WriteString(w, "1\n2\n3\n")
		_ = w.Close()
		return buf.String()
	}
	var gz, zl bytes.Buffer
	insert := params("query", "INSERT INTO "+table+" FORMAT TSV")
	e.mustPost(t, insert, pack(gzip.NewWriter(&gz), &gz), "Content-Encoding: gzip")
	e.mustPost(t, insert, pack(zlib.NewWriter(&zl), &zl), "Content-Encoding: deflate")
	for _, method := range []compress.Method{compress.LZ4, compress.ZSTD, compress.None} {
		cw := compress.NewWriter(compress.LevelZero, method)
		if err := cw.Compress([]byte("1\n2\n3\n")); err != nil {
			t.Fatal(err)
		}
		e.mustPost(t, insert+"&decompress=1", string(cw.Data))
		e.mustPost(t, insert+"&decompress=1", string(cw.Data)+string(cw.Data))
	}
	if got := e.mustPost(t, "", "SELECT count() FROM "+table); got != "33\n" {
		t.Errorf("%s rows, want 33", got)
	}
	// A frame that isn't whole commits nothing and says so.
	a := e.post(t, insert+"&decompress=1", "not a frame, but long enough to hold a header")
	if a.status != 500 || !strings.HasPrefix(a.body, "Code: 271.") {
		t.Errorf("bad frame: %d %s", a.status, a.body)
	}

	const query = "SELECT number FROM numbers(250000)"
	plain := e.mustPost(t, "", query)
	a = e.post(t, "enable_http_compression=1", query, "Accept-Encoding: br;q=0, deflate, gzip")
	zr, err := gzip.NewReader(strings.NewReader(a.body))
	if err != nil || a.header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%s: %v", a.header.Get("Content-Encoding"), err)
	}
	if got, err := io.ReadAll(zr); err != nil || string(got) != plain {
		t.Errorf("gzip: %d bytes of %d, %v", len(got), len(plain), err)
	}
	a = e.post(t, "enable_http_compression=1", query, "Accept-Encoding: deflate")
	if dr, err := zlib.NewReader(strings.NewReader(a.body)); err != nil {
		t.Error(err)
	} else if got, err := io.ReadAll(dr); err != nil || string(got) != plain {
		t.Errorf("deflate: %d bytes of %d, %v", len(got), len(plain), err)
	}
	if a := e.post(t, "", query, "Accept-Encoding: gzip"); a.header.Get("Content-Encoding") != "" || a.body != plain {
		t.Error("compressed though the setting is off")
	}
	a = e.post(t, "compress=1", query)
	cr := chproto.NewReader(strings.NewReader(a.body))
	cr.EnableCompression()
	if got, _ := io.ReadAll(cr); string(got) != plain {
		t.Errorf("frames: %d bytes of %d", len(got), len(plain))
	}
}

func TestHTTPExternalTables(t *testing.T) {
	e := serve(t, nil)
	form := func(fields map[string]string, name, data string) (string, string) {
		var buf bytes.Buffer
		w := multipart.NewWriter(&buf)
		for k, v := range fields {
			_ = w.WriteField(k, v)
		}
		part, err := w.CreateFormFile(name, "data.tsv")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(part, data)
		_ = w.Close()
		return buf.String(), "Content-Type: " + w.FormDataContentType()
	}
	body, ct := form(nil, "ids", "1\ta\n2\tb\n")
	if got := e.mustPost(t, params("query", "SELECT sum(_1), max(_2) FROM ids", "ids_types", "UInt8,String"), body, ct); got != "3\tb\n" {
		t.Errorf("by types: %q", got)
	}
	body, ct = form(map[string]string{"query": "SELECT sum(x) + {n:UInt8} FROM ids", "param_n": "1", "ids_structure": "x UInt8, y String", "ids_format": "CSV"}, "ids", "4,z\n5,z\n")
	if got := e.mustPost(t, "", body, ct); got != "10\n" {
		t.Errorf("all in the form: %q", got)
	}
	for _, structure := range []string{"x UInt8) ENGINE = File(CSV", "x UInt8 DEFAULT length(file('/etc/hostname'))", "x UInt8 /*", "x UInt8;"} {
		body, ct = form(nil, "ids", "1\n")
		if a := e.post(t, params("query", "SELECT 1", "ids_structure", structure), body, ct); a.status == 200 {
			t.Errorf("structure %q was taken", structure)
		}
	}
	body, ct = form(nil, "ids", "1\n")
	if a := e.do(t, "POST", params("query", "SELECT 1"), body, ct); a.status != 400 {
		t.Errorf("no structure: %d %s", a.status, a.body)
	}
}

func TestHTTPNothingLeaks(t *testing.T) {
	e := serve(t, func(c *Config) { c.Pool = 1 })
	e.mustPost(t, "", "CREATE DATABASE IF NOT EXISTS other")
	for _, q := range []string{
		"SET max_block_size = 99", "USE other", "CREATE TEMPORARY TABLE tmp (x UInt8)", "SELECT 1 SETTINGS max_block_size = 99",
		"SELECT number FROM numbers(5) FORMAT JSON SETTINGS max_block_size = 99",
	} {
		e.mustPost(t, "", q)
		if got := e.mustPost(t, "", "SELECT getSetting('max_block_size') = 99, currentDatabase()"); got != "false\tdefault\n" && got != "0\tdefault\n" {
			t.Errorf("%s leaks: %q", q, got)
		}
		if a := e.post(t, "", "SELECT * FROM tmp"); a.status != 404 {
			t.Errorf("%s: the temporary table is still there: %s", q, a.body)
		}
	}
	// A failing statement's settings don't stay either.
	e.post(t, "max_block_size=99", "SELECT nothing")
	if got := e.mustPost(t, "", "SELECT getSetting('max_block_size') = 99"); strings.HasPrefix(got, "1") || strings.HasPrefix(got, "true") {
		t.Error("a failing statement's setting stays")
	}
}

func TestHTTPSessions(t *testing.T) {
	e := serve(t, func(c *Config) { c.Pool = 2 })
	s1, s2 := params("session_id", "s1"), params("session_id", "s2")
	e.mustPost(t, s1, "CREATE TEMPORARY TABLE tmp (x UInt8)")
	e.mustPost(t, s1, "INSERT INTO tmp VALUES (1), (2)")
	e.mustPost(t, s1, "SET max_block_size = 99")
	if got := e.mustPost(t, s1, "SELECT sum(x), getSetting('max_block_size') FROM tmp"); got != "3\t99\n" {
		t.Errorf("%q", got)
	}
	if a := e.post(t, s2, "SELECT * FROM tmp"); a.status != 404 {
		t.Errorf("a session sees another's table: %s", a.body)
	}
	if a := e.post(t, params("session_id", "s3"), "SELECT 1"); !strings.HasPrefix(a.body, "Code: 202.") {
		t.Errorf("too many sessions: %s", a.body)
	}
	if a := e.post(t, params("session_id", "s4", "session_check", "1"), "SELECT 1"); !strings.HasPrefix(a.body, "Code: 372.") {
		t.Errorf("session_check: %s", a.body)
	}
	if a := e.post(t, params("session_id", "s1", "session_timeout", "0"), "SELECT 1"); !strings.HasPrefix(a.body, "Code: 374.") {
		t.Errorf("session_timeout: %s", a.body)
	}
	// It ends a second after its last use.
	e.mustPost(t, s1+"&session_timeout=1", "SELECT 1")
	eventually(t, "the session's end", func() bool {
		return strings.HasPrefix(e.post(t, s1+"&session_check=1&session_timeout=1", "SELECT 1").body, "Code: 372.") || waitSecond(t)
	})
}

// waitSecond waits longer than the session's timeout, which looking at it renews.
func waitSecond(t testing.TB) bool {
	select {
	case <-time.After(1200 * time.Millisecond):
	case <-t.Context().Done():
	}
	return false
}

// numbersUntil is a statement that runs until it is cancelled: about a minute.
const numbersUntil = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1"

func (e *endpoint) runningNow(t testing.TB) int {
	t.Helper()
	shared.engine.adminMu.Lock()
	defer shared.engine.adminMu.Unlock()
	names, err := shared.engine.admin.names("SELECT query_id FROM system.processes WHERE position(query, concat('sipHash', '64(number) = 1')) > 0")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

func TestHTTPConcurrency(t *testing.T) {
	const n = 4
	e := serve(t, func(c *Config) { c.Pool = n; c.QueueTimeout = 50 * time.Millisecond })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{}, n)
	for range n {
		go func() {
			defer func() { done <- struct{}{} }()
			req, _ := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, strings.NewReader(numbersUntil))
			if resp, err := http.DefaultClient.Do(req); err == nil {
				_ = resp.Body.Close()
			}
		}()
	}
	// All run at once, which they couldn't if they queued.
	eventually(t, "all statements running at once", func() bool { return e.runningNow(t) == n })
	if a := e.post(t, "", "SELECT 1"); !strings.HasPrefix(a.body, "Code: 202.") {
		t.Errorf("one too many: %d %s", a.status, a.body)
	}
	// Their clients go: they are cancelled, and the pool is free again.
	cancel()
	for range n {
		<-done
	}
	eventually(t, "all statements cancelled", func() bool { return e.runningNow(t) == 0 })
	eventually(t, "the pool free", func() bool { return len(e.h.pool.slots) == 0 })
	for range 2 * n {
		if got := e.mustPost(t, "", "SELECT 1"); got != "1\n" {
			t.Errorf("afterwards: %q", got)
		}
	}
}

func TestHTTPClientGoesInMidStream(t *testing.T) {
	e := serve(t, func(c *Config) { c.Pool = 1 })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, strings.NewReader("SELECT number, sipHash64(number) = 1 FROM numbers(100000000000)"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, resp.Body, 5<<20); err != nil {
		t.Fatal(err)
	}
	cancel()
	_ = resp.Body.Close()
	if got := e.mustPost(t, "", "SELECT 1"); got != "1\n" {
		t.Errorf("afterwards: %q", got)
	}
	if n := e.runningNow(t); n != 0 {
		t.Errorf("%d statements still run", n)
	}
}

func TestHTTPStopCancels(t *testing.T) {
	cfg := testConfig(t)
	serve(t, nil)
	stop, cancel := context.WithCancel(context.Background())
	h := newHandler(cfg, shared.engine, stop)
	defer h.close()
	e := &endpoint{h: h}
	done := make(chan error, 1)
	go func() {
		j, err := h.planStatement(&request{defaultFormat: "TSV"}, false, numbersUntil)
		if err == nil {
			err = h.run(context.Background(), &request{queryID: "x"}, j, newResponse(discardResponse{}, &request{}, shared.engine))
		}
		done <- err
	}()
	eventually(t, "the statement running", func() bool { return e.runningNow(t) == 1 })
	cancel()
	var ex *Exception
	if err := <-done; !asType(err, &ex) || ex.Code != codeQueryWasCancelled {
		t.Errorf("%v", err)
	}
}

// discardResponse is a client that reads nothing.
type discardResponse struct{}

func (discardResponse) Header() http.Header         { return http.Header{} }
func (discardResponse) Write(p []byte) (int, error) { return len(p), nil }
func (discardResponse) WriteHeader(int)             {}

func TestHTTPMidStreamException(t *testing.T) {
	e := serve(t, nil)
	const query = "SELECT number, throwIf(number = 3000000) FROM numbers(4000000)"
	a := e.post(t, "", query)
	if a.status != 200 || a.err == nil || !strings.Contains(a.body, "__exception__") || !strings.Contains(a.body, "Code: 395.") {
		t.Errorf("status %d, %v, body ends %q", a.status, a.err, a.body[max(0, len(a.body)-300):])
	}
	// Whoever waits gets the right status.
	if a := e.post(t, "wait_end_of_query=1", query); a.status != 500 || a.err != nil || !strings.HasPrefix(a.body, "Code: 395.") {
		t.Errorf("waiting: status %d, %v", a.status, a.err)
	}
}

func TestHTTPBrokenInsert(t *testing.T) {
	e := serve(t, nil)
	table := e.table(t)
	e.mustPost(t, "", "CREATE TABLE "+table+" (a UInt64) ENGINE = MergeTree ORDER BY a")
	// The client goes in mid-body: what it had sent isn't whole, and is dropped.
	pr, pw := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL+"/?"+params("query", "INSERT INTO "+table+" FORMAT TSV"), pr)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = io.WriteString(pw, "1\n2\n")
		_ = pw.CloseWithError(fmt.Errorf("gone"))
	}()
	if resp, err := http.DefaultClient.Do(req); err == nil {
		_ = resp.Body.Close()
		t.Error("a request without end was answered")
	}
	eventually(t, "the pool free", func() bool { return len(e.h.pool.slots) == 0 })
	if got := e.mustPost(t, "", "SELECT count() FROM "+table); got != "0\n" {
		t.Errorf("%s rows were inserted", got)
	}
	a := e.post(t, params("query", "INSERT INTO "+table+" FORMAT TSV"), "1\nx\n")
	if a.status != 400 || !strings.HasPrefix(a.body, "Code: 27.") {
		t.Errorf("bad data: %d %s", a.status, a.body)
	}
	e.mustPost(t, params("query", "INSERT INTO "+table+" FORMAT TSV"), "1\n")
}

func TestHTTPAuthentication(t *testing.T) {
	e := serve(t, func(c *Config) { c.Password = "secret"; c.AnalystPassword = "look" })
	for _, tc := range []struct {
		query  string
		header []string
		status int
	}{
		{"", nil, 401},
		{"password=wrong", nil, 403},
		{"password=secret", nil, 200},
		{"user=default&password=secret", nil, 200},
		{"user=nobody&password=secret", nil, 403},
		{"user=analyst&password=secret", nil, 403},
		{"user=analyst&password=look", nil, 200},
		{"user=analyst", nil, 401},
		{"", []string{"X-ClickHouse-User: default", "X-ClickHouse-Key: secret"}, 200},
		{"", []string{"X-ClickHouse-User: default", "X-ClickHouse-Key: x"}, 403},
		{"", []string{"Authorization: Basic ZGVmYXVsdDpzZWNyZXQ="}, 200},
		{"", []string{"Authorization: Basic ZGVmYXVsdDpzZWNyZXR4"}, 403},
	} {
		if a := e.post(t, tc.query, "SELECT 1", tc.header...); a.status != tc.status {
			t.Errorf("?%s %q: status %d, want %d: %s", tc.query, tc.header, a.status, tc.status, a.body)
		}
	}
	if a := serve(t, func(c *Config) { c.Password = "secret" }).post(t, "user=analyst", "SELECT 1"); a.status != 403 {
		t.Errorf("an analyst without a password, where others need one: %d", a.status)
	}
	if a := serve(t, nil).post(t, "user=analyst", "SELECT 1"); a.status != 200 {
		t.Errorf("an analyst where nobody needs a password: %d", a.status)
	}
}

func TestHTTPAnalyst(t *testing.T) {
	e := serve(t, func(c *Config) { c.AnalystPassword = "look" })
	e.mustPost(t, "", "CREATE DATABASE IF NOT EXISTS open")
	table := "open." + e.table(t)
	e.mustPost(t, "", "CREATE TABLE "+table+" (x UInt8) ENGINE = MergeTree ORDER BY x")
	const who = "user=analyst&password=look"
	for _, q := range []string{
		"SELECT count() FROM " + table, "SHOW TABLES", "DESCRIBE " + table, "EXPLAIN SELECT 1", "EXISTS " + table,
		"WITH 1 AS x SELECT x", "SELECT 1 FORMAT JSON", "SELECT 1 SETTINGS output_format_json_quote_64bit_integers = 1", "SELECT 1 SETTINGS max_execution_time = 5",
	} {
		if a := e.post(t, who, q); a.status != 200 {
			t.Errorf("%s: %s", q, a.body)
		}
	}
	for _, q := range []string{
		"INSERT INTO " + table + " VALUES (1)", "INSERT INTO " + table + " FORMAT TSV\n1\n", "CREATE TABLE y (x UInt8) ENGINE = Memory", "DROP TABLE " + table,
		"ALTER TABLE " + table + " DELETE WHERE 1", "OPTIMIZE TABLE " + table, "TRUNCATE TABLE " + table, "SET readonly = 0", "SET max_memory_usage = 1",
		"SYSTEM FLUSH LOGS", "KILL QUERY WHERE 1", "SELECT 1 SETTINGS max_memory_usage = 999999999999", "SELECT 1 SETTINGS max_execution_time = 3600",
		"SELECT 1 SETTINGS readonly = 0", "SELECT 1 SETTINGS profile = 'default'", "SELECT 1 SETTINGS max_threads = 1000", "SELECT 1 SETTINGS allow_ddl = 1",
		"SELECT 1 SETTINGS max_memory_usage = 0", "SELECT 1 SETTINGS max_execution_time = 0", "CREATE TEMPORARY TABLE z (x UInt8)", "GRANT ALL ON *.* TO default",
		"DELETE FROM " + table + " WHERE 1", "UPDATE " + table + " SET x = 1 WHERE 1", "EXPLAIN SELECT 1 INTO OUTFILE 'x.csv'",
	} {
		if a := e.post(t, who, q); a.status == 200 {
			t.Errorf("an analyst may %s", q)
		}
	}
	for _, setting := range []string{"readonly=0", "max_memory_usage=999999999999", "profile=default", "max_execution_time=0", "max_memory_usage=0", "allow_ddl=1"} {
		if a := e.post(t, who+"&"+setting, "SELECT 1"); a.status == 200 {
			t.Errorf("an analyst may set %s", setting)
		}
	}
	if got := e.mustPost(t, who, "SELECT getSetting('readonly'), getSetting('max_memory_usage') > 0, getSetting('max_execution_time')"); got != "2\t1\t60\n" {
		t.Errorf("the limits are %q", got)
	}
	if a := e.post(t, who+"&session_id=a", "SELECT getSetting('readonly')"); a.body != "2\n" {
		t.Errorf("in a session: %q", a.body)
	}
}

func TestHTTPOrigin(t *testing.T) {
	e := serve(t, nil)
	if a := e.post(t, "", "SELECT 1", "Sec-Fetch-Site: cross-site"); a.status != 403 {
		t.Errorf("another site's page: %d", a.status)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL, strings.NewReader("SELECT 1"))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "rebound.example:8123"
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 403 {
		t.Errorf("a rebound name: %d", resp.StatusCode)
	}
}

// TestOutsideIsClosed tries to read, write and reach what lies outside.
func TestOutsideIsClosed(t *testing.T) {
	e := serve(t, nil)
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret.csv")
	if err := os.WriteFile(secret, []byte("topsecret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out.csv")
	table := e.table(t)
	e.mustPost(t, "", "CREATE TABLE "+table+" (x String) ENGINE = MergeTree ORDER BY x")
	for _, q := range outside(table, dir, secret, out) {
		a := e.post(t, "", q)
		if a.status == 200 || strings.Contains(a.body, "topsecret") {
			t.Errorf("allowed: %s: %s", q, a.body)
		}
		if _, err := os.Stat(out); err == nil {
			t.Fatalf("a file was written by: %s", q)
		}
	}
	for _, query := range []string{params("format_schema", secret), params("default_format", "Template", "format_template_row", secret), params("input_format_record_errors_file_path", out)} {
		if a := e.post(t, query, "SELECT 1"); a.status == 200 {
			t.Errorf("allowed: ?%s", query)
		}
	}
	// What merely looks like it is allowed.
	for _, q := range inside() {
		e.mustPost(t, "", q)
	}
}

// outside are statements that would reach outside the data folder, or several in one.
func outside(table, dir, secret, out string) []string {
	return []string{
		"SELECT * FROM file('" + secret + "', 'LineAsString')",
		"SELECT file('" + secret + "')",
		"SELECT FILE ('" + secret + "')",
		"SELECT `file`('" + secret + "')",
		"SELECT \"fi\\le\"('" + secret + "')",
		"SELECT file/**/('" + secret + "')",
		"SELECT file -- x\n ('" + secret + "')",
		"SELECT * APPLY(file) FROM (SELECT '" + secret + "')",
		"SELECT * APPLY file FROM (SELECT '" + secret + "')",
		"SELECT COLUMNS('.*') APPLY(`file`) FROM (SELECT '" + secret + "')",
		"WITH f AS (SELECT file('" + secret + "')) SELECT * FROM f",
		"INSERT INTO " + table + " VALUES (file('" + secret + "'))",
		"INSERT INTO " + table + " FORMAT Values (file('" + secret + "'))",
		"INSERT INTO " + table + " SELECT file('" + secret + "')",
		"CREATE TABLE v (x String DEFAULT file('" + secret + "')) ENGINE = Memory",
		"CREATE VIEW v AS SELECT file('" + secret + "')",
		"CREATE FUNCTION f AS x -> file(x)",
		"SELECT * FROM `" + secret + "`",
		"SELECT * FROM default.`" + secret + "`",
		"SELECT * FROM '" + secret + "'",
		"SELECT 1 INTO OUTFILE '" + out + "'",
		"SELECT 1 INTO/**/OUTFILE '" + out + "' TRUNCATE FORMAT CSV",
		"INSERT INTO " + table + " FROM INFILE '" + secret + "' FORMAT CSV",
		"INSERT INTO FUNCTION file('" + out + "', 'CSV', 'x String') VALUES ('x')",
		"INSERT INTO TABLE FUNCTION file('" + out + "', 'CSV', 'x String') SELECT 'x'",
		"CREATE TABLE f (x String) ENGINE = File(CSV, '" + out + "')",
		"CREATE TABLE f (x String) ENGINE File(CSV)",
		"CREATE TABLE f (x String) ENGINE = `File`(CSV)",
		"CREATE TABLE f AS file('" + secret + "')",
		"CREATE TABLE f (x String) ENGINE = URL('http://127.0.0.1:1/', CSV)",
		"CREATE TABLE f (x String) ENGINE = MergeTree ORDER BY x SETTINGS disk = disk(type = local, path = '" + dir + "/')",
		"CREATE DATABASE fs ENGINE = Filesystem('" + dir + "')",
		"CREATE DATABASE my ENGINE = MySQL('127.0.0.1:1', 'd', 'u', 'p')",
		"CREATE DICTIONARY d (x String) PRIMARY KEY x SOURCE(FILE(path '" + secret + "' format 'LineAsString')) LIFETIME(0) LAYOUT(COMPLEX_KEY_HASHED())",
		"ATTACH TABLE f FROM '" + dir + "' (x String) ENGINE = MergeTree ORDER BY x",
		"SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
		"SELECT * FROM s3('http://127.0.0.1:1/b/k', 'CSV')",
		"SELECT * FROM remote('127.0.0.1:1', system.one)",
		"SELECT * FROM cluster('default', system.one)",
		"SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')",
		"SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')",
		"SELECT * FROM executable('id', 'TSV', 'x String')",
		"SELECT * FROM eval('SELECT 1') SETTINGS allow_experimental_eval_table_function = 1",
		"SELECT * FROM sqlite('" + secret + "', 't')",
		"SELECT * FROM filesystem('" + dir + "')",
		"SELECT hasColumnInTable('127.0.0.1:1', 'system', 'one', 'dummy')",
		"SELECT catboostEvaluate('" + secret + "', 1)",
		"SELECT 1 FORMAT Template SETTINGS format_template_row = '" + secret + "'",
		"SELECT 1 FORMAT Protobuf SETTINGS format_schema = '" + secret + ":M'",
		"INSERT INTO " + table + " SETTINGS input_format_record_errors_file_path = '" + out + "' FORMAT TSV x",
		"BACKUP TABLE " + table + " TO File('" + out + "')",
		"RESTORE TABLE " + table + " FROM File('" + out + "')",
		"SYSTEM SHUTDOWN", "SYSTEM KILL", "system/**/shutdown", "SYSTEM RELOAD CONFIG",
		"CREATE USER u IDENTIFIED BY 'x'", "GRANT ALL ON *.* TO default", "CREATE ROLE r", "CREATE NAMED COLLECTION c AS x = 1",
		"EXECUTE AS default SELECT 1", "SET format_schema = '" + secret + "'",
		"SELECT 1; SELECT file('" + secret + "')",
		"BEGIN TRANSACTION", "\\! id", "SELECT $a$ $a$, file('" + secret + "')", "SELECT \u2018x\u2019, file('" + secret + "')",
		"SELECT # comment\n file('" + secret + "')", "SELECT 1 --\n, file('" + secret + "')", "SELECT '\\'', file('" + secret + "') --'",
		"SELECT '''', file('" + secret + "')", "SELECT /* ' */ file('" + secret + "') /* ' */",
		"EXPLAIN SELECT file('" + secret + "')", "DESCRIBE file('" + secret + "')", "DESCRIBE TABLE url('http://127.0.0.1:1/')",
		"PARALLEL WITH SELECT 1", "DROP TABLE x PARALLEL WITH CREATE TABLE f (x String) ENGINE = File(CSV)",
		// Spaces beyond ASCII, as the engine has them.
		"SELECT file\u0085('" + secret + "')", "SELECT file\u1680('" + secret + "')", "SELECT file\u180e('" + secret + "')",
		"SELECT file\u2000('" + secret + "')", "SELECT file\u200c('" + secret + "')", "SELECT file\u205f('" + secret + "')", "SELECT file\u2060('" + secret + "')",
		// A sign and a comment that are a longer comment once the comment is blanked out.
		"SELECT 1 #/**/'\n, file('" + secret + "') --'",
		// A number that ends without a space.
		"SELECT 1+.1INTO OUTFILE '" + out + "'", "SELECT 1+.1e-5INTO OUTFILE '" + out + "'", "SELECT 1+.1eINTO OUTFILE '" + out + "'",
		"SELECT 1+.1_1INTO OUTFILE '" + out + "'", "SELECT 1+.1e1_1INTO OUTFILE '" + out + "'",
		// A comment that begins as a division.
		"SELECT 1 // '\n INTO OUTFILE '" + out + "' // '", "SELECT 1 // '\n, file('" + secret + "')",
		// A heredoc after a number, and one whose tag is any sign.
		"SELECT TOP 1$a$'$a$INTO OUTFILE '" + out + "' --'", "SELECT $ $'$ $ INTO OUTFILE '" + out + "' --'",
		// Escapes in names.
		"SELECT `\\x66ile`('" + secret + "')", "SELECT `fi\\Nle`('" + secret + "')",
		// Languages that aren't SQL.
		"SET dialect = 'prql'", "SET dialect = 'kusto'",
		// A setting without a value is true.
		"SELECT 1 SETTINGS max_threads = 1, allow_experimental_eval_table_function",
	}
}

// inside are statements that only look like those.
func inside() []string {
	return []string{
		"SELECT 'file(1)'", "SELECT 1 AS file", "SELECT file FROM (SELECT 1 AS file)", "SELECT engine FROM system.tables WHERE engine = 'File'",
		"SELECT 'INTO OUTFILE'", "SELECT url FROM (SELECT 1 AS url) WHERE url IN (1)", "SELECT * FROM numbers(3)", "SELECT * FROM values('x UInt8', 1, 2)",
		"SELECT 1 AS format, format + 1", "SELECT format('{} {}', 'a', 'b')", "SELECT disk FROM (SELECT 1 AS disk) WHERE disk = 1",
		"SELECT 0+.5, 1.5e-3, (1, 2).1 AS x", "SELECT '#', `#` FROM (SELECT 1 AS `#`) # a comment", "SELECT\u00a01\u2003AS x\ufeff",
		"SELECT disk, x FROM (SELECT 1 AS disk, 2 AS x SETTINGS max_threads = 1) AS s, numbers(1) AS n SETTINGS final = 1",
	}
}
