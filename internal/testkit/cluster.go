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
}

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
		if onCluster.Match(body) {
			c.mu.Lock()
			c.statements = append(c.statements, string(body))
			c.mu.Unlock()
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

// OnCluster are the statements that were for all servers, as they came, in order.
func (c *Cluster) OnCluster() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.statements...)
}
