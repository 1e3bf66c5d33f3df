package programme

import (
	"net/http"
	"strings"
	"testing"
)

// TestEveryPostWantsTheFormsToken walks the routes: whatever is posted without the form's token, with another's or from another site does nothing.
func TestEveryPostWantsTheFormsToken(t *testing.T) {
	w := newWorld()
	b := newBrowser(t, w).signIn()
	token := csrfPattern.FindStringSubmatch(b.body)[1]
	n := 0
	for pattern := range (&Handler{}).pages() {
		path, isPost := strings.CutPrefix(pattern, "POST ")
		if !isPost {
			continue
		}
		n++
		path = strings.NewReplacer("{lab}", "etang", "{period}", "2026-Q1", "{act}", "approve").Replace(path)
		b.post(path, "csrf", "", "digest", "d1").shows(http.StatusForbidden)
		b.post(path, "csrf", strings.Repeat("A", len(token)), "digest", "d1").shows(http.StatusForbidden)
		for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.server.URL+path, strings.NewReader("digest=d1&csrf="+token))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(header, value)
			b.got(b.client.Do(r)).shows(http.StatusForbidden)
		}
	}
	if n < 2 || len(w.done) > 0 {
		t.Errorf("%d routes, decided: %q", n, w.done)
	}
	b.get("/programme").shows(http.StatusOK)
	t.Logf("attempt: post to the programme's %d routes without the form's token, with a made-up one, from another site | 403, nothing decided", n)
}
