package latency

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Recorder stands before a ClickHouse and notes how long each statement takes, from its arrival until its answer's last byte.
type Recorder struct {
	Times
	// URL is where clients find it, with the database.
	URL string

	server *httptest.Server
	names  map[string]string // of queries, by their text
}

// NewRecorder starts one before a ClickHouse at http://host:port/database. A statement is called as the file in folder that has
// its text. Close ends it.
func NewRecorder(clickhouse, folder string) (*Recorder, error) {
	u, err := url.Parse(clickhouse)
	if err != nil {
		return nil, err
	}
	r := &Recorder{names: map[string]string{}}
	files, err := filepath.Glob(filepath.Join(folder, "*.sql"))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		text, _, _ := strings.Cut(string(raw), "{{") // views that are written out have another text
		r.names[strings.TrimSpace(text)] = strings.TrimSuffix(filepath.Base(f), ".sql")
	}
	target := &url.URL{Scheme: u.Scheme, Host: u.Host}
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target) }, FlushInterval: -1}
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		request.Body = io.NopCloser(bytes.NewReader(body))
		name := r.name(request.URL.Query().Get("query") + string(body))
		began := time.Now()
		proxy.ServeHTTP(w, request)
		r.Add(name, time.Since(began))
	}))
	own, err := url.Parse(r.server.URL)
	if err != nil {
		return nil, err
	}
	own.User, own.Path = u.User, u.Path
	r.URL = own.String()
	return r, nil
}

// Close ends it.
func (r *Recorder) Close() { r.server.Close() }

// name finds a statement's file; one that is in none goes by its beginning.
func (r *Recorder) name(sent string) string {
	if name, ok := r.names[strings.TrimSpace(sent)]; ok {
		return name
	}
	for text, name := range r.names { // sent with a table, or with its settings
		if len(text) > 40 && strings.Contains(sent, text) {
			return name
		}
	}
	return strings.Join(strings.Fields(sent[:min(len(sent), 60)]), " ")
}
