package fabmanager

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"vitrine/schemas"
)

// FuzzParseMapping: a lab's file is refused, or every code in it is one of the taxonomies'.
func FuzzParseMapping(f *testing.F) {
	f.Add([]byte("machines: {laser-1: laser_cutter}\nevents: {Stage: skip}\naccounts: {'706': skip}\n"))
	f.Add([]byte("machines: &a {x: other}\ntrainings: *a\n"))
	f.Add([]byte("groups: {<<: {a: sme}, b: 1}"))
	f.Add([]byte("audiences:\n  ? [a]\n  : companies\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := ParseMapping(raw)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without words")
			}
			return
		}
		categories := schemas.Taxonomies()["machine_categories"].Codes()
		for slug := range m.Machines {
			if !slices.Contains(categories, m.machine(slug, "")) {
				t.Errorf("machine %q is %q", slug, m.machine(slug, ""))
			}
		}
		for slug := range m.Trainings {
			if !slices.Contains(schemas.Taxonomies()["training_topics"].Codes(), m.topic(slug, "")) {
				t.Errorf("training %q is %q", slug, m.topic(slug, ""))
			}
		}
	})
}

// FuzzNextQuery: whatever a server says in its headers, the next page is asked for with the filters of
// this one, and is another.
func FuzzNextQuery(f *testing.F) {
	f.Add(`<https://x.example.org/open_api/v1/events?page=2&per_page=100>; rel="next"`, "20")
	f.Add(`<http://[::1>; rel=next, <?page=3>;rel="next"`, "-1")
	f.Add(`<?page=1>; rel="next"`, "9999999999999999999")
	f.Add(`<?page=%zz&user_id=7>; rel = "next"`, "")
	f.Fuzz(func(t *testing.T, link, number string) {
		current := url.Values{"page": {"1"}, "per_page": {"100"}, "user_id[]": {"1", "2"}}
		kept := maps.Clone(current)
		if n := total(http.Header{"Total": {number}}); n < -1 {
			t.Errorf("%q is a total of %d", number, n)
		}
		next := nextQuery(http.Header{"Link": {link}}, current)
		if !maps.EqualFunc(current, kept, slices.Equal) {
			t.Fatalf("the query of this page became %v", current)
		}
		if next == nil {
			return
		}
		if page := next.Get("page"); page == "" || page == "1" || len(next["page"]) != 1 {
			t.Errorf("the next page is %q", next["page"])
		}
		delete(next, "page")
		delete(kept, "page")
		if !maps.EqualFunc(next, kept, slices.Equal) {
			t.Errorf("other filters: %v", next)
		}
	})
}
