package showcase

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzHandler: whatever is asked for, there is an answer of a known sort, and nothing of the question
// stands in it as markup.
func FuzzHandler(f *testing.F) {
	f.Add("/", "lang=en&archetype=rural", "fr;q=0.1, en;q=NaN", "")
	f.Add("/labs/\"><script>alert(1)</script>", "lang=%22%3E%3Cscript", "*", "gzip;q=inf")
	f.Add("/open-data", "lang=en", "", "")
	f.Add("/assets/../../../etc/passwd", "", strings.Repeat("en,", 100), "br, gzip")
	f.Add("//x/labs/%00", "region=<script>&status=late", "\xff", "identity")
	handler, err := New(Config{Source: fixed{programme: programme()}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path, query, languages, encoding string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL = &url.URL{Path: path, RawQuery: query}
		r.Header.Set("Accept-Language", languages)
		r.Header.Set("Accept-Encoding", encoding)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		switch w.Code {
		case http.StatusOK, http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusSeeOther, http.StatusNotFound, http.StatusBadRequest:
		default:
			t.Errorf("%q ?%q: status %d", path, query, w.Code)
		}
		if to := w.Header().Get("Location"); strings.HasPrefix(to, "//") || strings.Contains(to, "://") {
			t.Errorf("%q ?%q leads away, to %q", path, query, to)
		}
		if strings.Contains(strings.ToLower(w.Body.String()), "<script") {
			t.Errorf("%q ?%q: a script in the page", path, query)
		}
	})
}
