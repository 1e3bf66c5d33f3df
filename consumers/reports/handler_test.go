package reports_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/reports"
)

func (r *rig) overHTTP(t *testing.T) {
	h, err := reports.NewHandler(reports.HandlerConfig{Sources: r.sources()})
	if err != nil {
		t.Fatal(err)
	}
	get := func(h http.Handler, method, target string) *http.Response {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, target, nil))
		return w.Result()
	}
	tests := []struct {
		method, target string
		status         int
		header, value  string
	}{
		{"GET", "/programme/reports/forge/2026-Q1.html?lang=en", 200, "Content-Language", "en"},
		{"HEAD", "/programme/reports/forge/2026-Q1.xlsx?lang=fr", 200, "Content-Disposition", `attachment; filename="report-forge-2026-Q1-fr.xlsx"`},
		{"GET", "/programme/reports/forge/2026-Q1.exe", 404, "", ""},
		{"GET", "/programme/reports/forge/nonsense.html", 404, "", ""},
		{"GET", "/programme/reports/nulle-part/2026-Q1.html", 404, "", ""},
		{"GET", "/", 404, "", ""},
		{"POST", "/programme/reports/forge/2026-Q1.html", 405, "Allow", "GET, HEAD"},
	}
	for _, tt := range tests {
		resp := get(h, tt.method, tt.target)
		if resp.StatusCode != tt.status || tt.header != "" && resp.Header.Get(tt.header) != tt.value || !strings.Contains(resp.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s %s: %d %v", tt.method, tt.target, resp.StatusCode, resp.Header)
		}
	}
	page := get(h, "GET", "/programme/reports/forge/2026-Q1.html?lang=en")
	text, err := io.ReadAll(page.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "<style>")
	sheet, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(sheet))
	policy := page.Header.Get("Content-Security-Policy")
	if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; sheet == "" || !strings.Contains(policy, want) || !strings.Contains(policy, "default-src 'none'") ||
		strings.Contains(policy, "unsafe") || strings.Contains(policy, "script") {
		t.Errorf("policy %q, want the page's one style sheet %s alone", policy, want)
	}
	if found := regexp.MustCompile(`(?i)<script|\sstyle="|\son[a-z]+="|@import|url\(`).FindString(string(text)); found != "" {
		t.Errorf("the page has %q, which the policy forbids", found)
	}
	own, err := reports.NewHandler(reports.HandlerConfig{Sources: r.sources(), Only: bare})
	if err != nil {
		t.Fatal(err)
	}
	if resp := get(own, "GET", "/reports/forge/2026-Q1.html"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("another lab's report: %d", resp.StatusCode)
	}
	hasty, err := reports.NewHandler(reports.HandlerConfig{Sources: r.sources(), Patience: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	if resp := get(hasty, "GET", "/reports/forge/2026-Q1.html"); resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("no time left: %d", resp.StatusCode)
	}
	sources := r.sources()
	sources.Store = failing{sources.Store, func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}}
	slow, err := reports.NewHandler(reports.HandlerConfig{Sources: sources, Patience: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	resp := get(slow, "GET", "/reports/forge/2026-Q1.html?lang=en")
	said, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") != "" || !strings.Contains(string(said), "takes more than 2 seconds") {
		t.Errorf("a report that takes too long: %d %q, %v", resp.StatusCode, said, err)
	}
	// A connection that times out is no report that takes too long.
	sources.Store = failing{r.store, func(context.Context) error { return &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded} }}
	cut, err := reports.NewHandler(reports.HandlerConfig{Sources: sources})
	if err != nil {
		t.Fatal(err)
	}
	if resp := get(cut, "GET", "/reports/forge/2026-Q1.html"); resp.StatusCode != http.StatusInternalServerError {
		t.Errorf("no connection: %d", resp.StatusCode)
	}
}

// failing is a store of which one question fails.
type failing struct {
	reports.Store
	fail func(context.Context) error
}

func (f failing) CommitmentSeries(ctx context.Context, _ string, _ []time.Time) ([]clickhouse.CommitmentStatus, error) {
	return nil, f.fail(ctx)
}
