package chd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// engineVariable names the environment variable with the library's path.
const engineVariable = "VITRINE_ENGINE"

// childVariable makes this test binary run a Server instead of the tests.
const childVariable = "CHD_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		os.Exit(runChild(dir))
	}
	code := m.Run()
	if shared.engine != nil {
		if err := shared.engine.stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		_ = os.RemoveAll(shared.dir)
	}
	os.Exit(code)
}

// shared is the one engine of this process; see engineInUse.
var shared struct {
	engine *engine
	dir    string
	tables int
}

// testConfig is a configuration for the shared engine.
func testConfig(t testing.TB) Config {
	t.Helper()
	if shared.dir == "" {
		dir, err := os.MkdirTemp("", "vitrine-chd-")
		if err != nil {
			t.Fatal(err)
		}
		shared.dir = dir
	}
	cfg, err := Config{
		Dir: filepath.Join(shared.dir, "data"), Addr: "127.0.0.1:0", Engine: os.Getenv(engineVariable), Pool: 4,
		MaxMemory: 2 << 30, QueueTimeout: 20 * time.Second,
		AnalystRelations: []string{"open.*", "shop.sales", "shop.sales_of"},
	}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// endpoint is a handler on the shared engine, over HTTP.
type endpoint struct {
	*httptest.Server
	h *handler
}

// serve starts an endpoint; change may alter its configuration.
func serve(t testing.TB, change func(*Config)) *endpoint {
	t.Helper()
	cfg := testConfig(t)
	if shared.engine == nil {
		e, err := startEngine(cfg)
		if err != nil {
			t.Fatalf("ClickHouse isn't available to this test (set %s, or fetch the engine): %v", engineVariable, err)
		}
		shared.engine = e
	}
	if change != nil {
		change(&cfg)
	}
	stop, cancel := context.WithCancel(context.Background())
	h := newHandler(cfg, shared.engine, stop)
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		cancel()
		s.Close()
		h.close()
	})
	return &endpoint{Server: s, h: h}
}

// table returns a fresh name for a table, dropped in the end.
func (e *endpoint) table(t testing.TB) string {
	t.Helper()
	shared.tables++
	name := fmt.Sprintf("t%d", shared.tables)
	t.Cleanup(func() { e.mustPost(t, "", "DROP TABLE IF EXISTS default."+name+" SYNC") })
	return name
}

// answer is a response read to its end.
type answer struct {
	status int
	header http.Header
	body   string
	err    error // of reading the body
}

// do sends a request; header lines are "Name: value".
func (e *endpoint) do(t testing.TB, method, query, body string, header ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, e.URL+"/?"+query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	// The default transport would ask for gzip and undo it silently.
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(data), err}
}

func (e *endpoint) post(t testing.TB, query, body string, header ...string) answer {
	t.Helper()
	return e.do(t, http.MethodPost, query, body, header...)
}

// mustPost returns the body of a successful answer.
func (e *endpoint) mustPost(t testing.TB, query, body string, header ...string) string {
	t.Helper()
	var a answer
	if t.Context().Err() != nil { // in a cleanup
		resp, err := http.Post(e.URL+"/?"+query, "", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		a = answer{resp.StatusCode, resp.Header, string(data), err}
	} else {
		a = e.post(t, query, body, header...)
	}
	if a.status != http.StatusOK || a.err != nil {
		t.Fatalf("POST ?%s %s: %d %v %s", query, body, a.status, a.err, a.body)
	}
	return a.body
}

func params(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

// eventually waits until cond holds.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
		<-ticker.C
	}
}

func asType[T error](err error, target *T) bool { return errors.As(err, target) }
