package testkit

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// Clusters that the engine of [ClickHouse] knows. All their shards are the engine itself.
const (
	OneShard  = "one"
	TwoShards = "two" // what is there is read twice: for planning statements, and on empty tables
)

// Cluster is a database that takes what is meant for a cluster, and what was asked of it.
type Cluster struct {
	URL string

	mu         sync.Mutex
	statements []string
	asked      []Asked
}

// Asked is a request as it came: its statement, or the beginning of a long one, and its parameters, of which settings are some.
type Asked struct {
	Statement  string
	Parameters url.Values
}

// statementBegins is how much is remembered of a body: rows may follow the statement.
const statementBegins = 300

// What the embedded engine lacks is Keeper: neither the queue of ON CLUSTER nor replicated tables.
var (
	onCluster  = regexp.MustCompile(` ON CLUSTER '[^']*'`)
	replicated = regexp.MustCompile(`ENGINE = Replicated(\w*MergeTree)\('[^']*', '[^']*'(?:, )?([^)]*)\)`)
)

// ClickHouseCluster is [ClickHouse] behind a door that executes ON CLUSTER on the one server that there is, and makes
// plain tables where replicated ones are asked for. Distributed tables are real.
func ClickHouseCluster(t testing.TB) *Cluster {
	t.Helper()
	real, err := url.Parse(ClickHouse(t))
	if err != nil {
		t.Fatal(err)
	}
	c := &Cluster{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: real.Host}) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		c.remember(r.URL.Query(), body)
		if onCluster.Match(body) {
			body = replicated.ReplaceAll(onCluster.ReplaceAll(body, nil), []byte("ENGINE = $1($2)"))
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Header.Del("Content-Length")
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	c.URL = server.URL + "/" + strings.Trim(real.Path, "/")
	return c
}

func (c *Cluster) remember(parameters url.Values, body []byte) {
	statement := parameters.Get("query")
	if statement == "" {
		statement = string(body[:min(len(body), statementBegins)])
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, Asked{statement, parameters})
	if onCluster.Match(body) {
		c.statements = append(c.statements, string(body))
	}
}

// Asked are all requests so far, in order.
func (c *Cluster) Asked() []Asked {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Asked(nil), c.asked...)
}

// OnCluster are the statements that were for all servers, as they came, in order.
func (c *Cluster) OnCluster() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.statements...)
}
