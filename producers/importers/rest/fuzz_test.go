package rest_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"vitrine/producers/importers/rest"
)

func TestNext(t *testing.T) {
	current := url.Values{"limit": {"100"}, "offset": {"0"}}
	for link, want := range map[string]string{
		`<https://fabman.io/api/v1/members?limit=1&offset=1>; rel="next", <https://fabman.io/api/v1/members?limit=1&offset=2>; rel="last"`: "limit=1&offset=1",
		`<https://x/?offset=9>; rel="last", <https://x/?a=1,2&offset=3>;rel=next`:                                                          "a=1%2C2&offset=3",
		`<?offset=5>; title="a"; rel="prev next"`:                                                                                          "offset=5",
		`<?limit=100&offset=0>; rel="next"`:                                                                                                "",
		`<https://x/?offset=9>; rel="last"`:                                                                                                "",
		`<https://x/>; rel="next"`:                                                                                                         "",
		`<?offset=%zz>; rel=next`:                                                                                                          "",
		`<https://x/?offset=1>; title="rel=next rel"`:                                                                                      "",
		``: "",
	} {
		if got := rest.Next(http.Header{"Link": {link}}, current).Encode(); got != want {
			t.Errorf("%s: %q, want %q", link, got, want)
		}
	}
	if got := rest.Next(http.Header{"Link": {`<?limit=9&offset=1&evil=1>; rel=next`}}, current, "offset").Encode(); got != "limit=100&offset=1" {
		t.Errorf("with a name: %q", got)
	}
}

// FuzzNext: whatever a server says in its headers, the next page is another one; where parameters
// are named, only they change.
func FuzzNext(f *testing.F) {
	f.Add(`<https://x.example.org/open_api/v1/events?page=2&per_page=100>; rel="next"`, "20")
	f.Add(`<http://[::1>; rel=next, <?page=3>;rel="next"`, "-1")
	f.Add(`<?page=1>; rel="next"`, "9999999999999999999")
	f.Add(`<?page=%zz&user_id=7>; rel = "next"`, "")
	f.Add(`<?page=2&page=1>; rel = "next"`, "0")
	f.Fuzz(func(t *testing.T, link, number string) {
		current := url.Values{"page": {"1"}, "per_page": {"100"}, "user_id[]": {"1", "2"}}
		kept := maps.Clone(current)
		h := http.Header{"Link": {link}, "Total": {number}}
		if n := rest.Total(h, "Total"); n < -1 {
			t.Errorf("%q is a total of %d", number, n)
		}
		for _, names := range [][]string{nil, {"page"}} {
			next := rest.Next(h, current, names...)
			if !maps.EqualFunc(current, kept, slices.Equal) {
				t.Fatalf("the query of this page became %v", current)
			}
			if next == nil {
				continue
			}
			if maps.EqualFunc(next, current, slices.Equal) {
				t.Errorf("this page again: %v", next)
			}
			if len(names) == 0 {
				continue
			}
			if page := next["page"]; len(page) != 1 || page[0] == "" || page[0] == "1" {
				t.Errorf("the next page is %q", page)
			}
			next.Set("page", "1")
			if !maps.EqualFunc(next, kept, slices.Equal) {
				t.Errorf("other filters: %v", next)
			}
		}
	})
}
