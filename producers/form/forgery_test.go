package form

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestEveryPostWantsTheFormsToken walks the routes: whatever is posted without the form's token, with another's or from another site does nothing.
func TestEveryPostWantsTheFormsToken(t *testing.T) {
	w := newWorld(t)
	b := w.browser().signIn(goodToken)
	good := b.training()
	n := 0
	for pattern := range (&Handler{}).pages() {
		path, isPost := strings.CutPrefix(pattern, "POST ")
		if !isPost {
			continue
		}
		n++
		path = strings.NewReplacer("{kind}", "training.held", "{id}", "0190b5a0-0000-7000-8000-000000000000", "{key}", "x", "{period}", "2026-Q1").Replace(path)
		for name, change := range map[string]func(url.Values, http.Header){
			"without its token":  func(in url.Values, _ http.Header) { in.Del("csrf") },
			"with a made-up one": func(in url.Values, _ http.Header) { in.Set("csrf", strings.Repeat("A", len(good.Get("csrf")))) },
			"cross-site":         func(_ url.Values, h http.Header) { h.Set("Sec-Fetch-Site", "cross-site") },
			"another origin":     func(_ url.Values, h http.Header) { h.Set("Origin", "https://evil.example") },
		} {
			in, header := maps.Clone(good), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
			change(in, header)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.base+path, strings.NewReader(in.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			r.Header = header
			if b.do(r); b.status != http.StatusForbidden {
				t.Errorf("POST %s %s: %d", path, name, b.status)
			}
		}
	}
	if n < 5 || w.calls > 0 {
		t.Errorf("%d routes, %d events published", n, w.calls)
	}
	t.Logf("attempt: post to the form's %d routes without its token, with a made-up one, from another site | 403, nothing published", n)
}
