package fabman_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"vitrine/producers/importers"
	"vitrine/producers/importers/fabman"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

var sampleHours = map[string]float64{"fabman-245": 2.5, "fabman-246": 12}

func wantSample(t *testing.T, im importers.Importer) {
	t.Helper()
	wantHours(t, must(t, im, march), sampleHours)
}

func TestThePagesAreWalked(t *testing.T) {
	f := serve(t)
	wantSample(t, f.importer(t, nil))
	requests := f.requests["resource-logs"]
	if len(requests) != 3 {
		t.Errorf("%d requests for 6 entries by twos", len(requests))
	}
	if q := requests[0].URL.Query(); q.Get("limit") != "100" || q.Get("order") != "desc" || q.Get("status") != "all" || len(q) != 3 {
		t.Errorf("asked for %v", q)
	}
	if q := requests[2].URL.Query(); q.Get("offset") != "4" || q.Get("order") != "desc" {
		t.Errorf("then for %v", q)
	}
}

func TestFailuresThatPass(t *testing.T) {
	for name, fault := range map[string]func(w http.ResponseWriter){
		"500": func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"429 with Retry-After": func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		},
		"an answer cut short": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `[{"id":`)
		},
		"a lost connection": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t)
			f.before = func(w http.ResponseWriter, _ *http.Request, _ string, n int) bool {
				if n%2 == 1 {
					fault(w)
				}
				return n%2 == 1
			}
			wantSample(t, f.importer(t, nil))
		})
	}
}

// What ends a reading ends it before anything is told, so that the next one begins where this one did.
func TestWhatEndsAReading(t *testing.T) {
	for name, c := range map[string]struct {
		fault  func(w http.ResponseWriter, r *http.Request, path string, n int) bool
		is     func(error) bool
		fr, en string
	}{
		"a token that expires in mid-walk": {
			fault: func(w http.ResponseWriter, r *http.Request, path string, n int) bool {
				if path == "resource-logs" && n >= 2 {
					r.Header.Set("Authorization", "Bearer expired")
				}
				return false
			},
			is: is[*rest.CredentialsError], fr: "Fabman refuse le jeton", en: "make one in Fabman"},
		"no such list": {
			fault: func(w http.ResponseWriter, r *http.Request, _ string, _ int) bool { http.NotFound(w, r); return true },
			is:    is[*rest.AddressError], fr: "vérifiez l'adresse de Fabman", en: "The default is https://fabman.io"},
		"always 500": {
			fault: func(w http.ResponseWriter, _ *http.Request, _ string, _ int) bool { w.WriteHeader(500); return true },
			is:    is[*rest.UnavailableError], fr: "Fabman ne répond pas", en: "Fabman doesn't answer"},
		"a login page": {
			fault: func(w http.ResponseWriter, _ *http.Request, _ string, _ int) bool {
				fmt.Fprint(w, "<html>")
				return true
			},
			is: is[*rest.PageError], fr: "page illisible", en: "unreadable page"},
		"pages in a circle": {
			fault: func(w http.ResponseWriter, _ *http.Request, path string, n int) bool {
				w.Header().Set("Link", fmt.Sprintf(`<?offset=%d>; rel="next"`, n%3))
				fmt.Fprint(w, "[]")
				return true
			},
			is: is[*rest.PageError], fr: "la liste ne finit pas", en: "the list has no end"},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t)
			f.before = c.fault
			got := read(t, f.importer(t, nil), march)
			if got.err == nil || len(got.events)+len(got.broken) > 0 || !c.is(got.err) {
				t.Fatalf("%d events, %v, %v", len(got.events), got.broken, got.err)
			}
			for lang, want := range map[schemas.Lang]string{schemas.French: c.fr, schemas.English: c.en} {
				if said := importers.Say(got.err, lang); !strings.Contains(said, want) || strings.Contains(said, token) {
					t.Errorf("%s: %s", lang, said)
				}
			}
		})
	}
}

func is[T error](err error) bool {
	var e T
	return errors.As(err, &e)
}

func TestTheTokenGoesNowhereElse(t *testing.T) {
	var stolen atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Add(1) }))
	defer elsewhere.Close()
	f := serve(t)
	f.before = func(w http.ResponseWriter, r *http.Request, _ string, _ int) bool {
		http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusTemporaryRedirect)
		return true
	}
	if got := read(t, f.importer(t, nil), march); !is[*rest.AddressError](got.err) || stolen.Load() != 0 {
		t.Errorf("%d requests went elsewhere: %v", stolen.Load(), got.err)
	}
}

// A session that is logged while the list is read pushes entries onto the next page: they come
// twice, and the list is read again, since there are more by now.
func TestAListThatGrowsWhileItIsRead(t *testing.T) {
	f := serve(t)
	f.before = func(_ http.ResponseWriter, _ *http.Request, path string, n int) bool {
		if path == "resource-logs" && n == 2 {
			f.log(20, "2026-03-10T08:00:00.000Z", "2026-03-10T09:00:00.000Z")
		}
		return false
	}
	wantHours(t, must(t, f.importer(t, nil), march), map[string]float64{"fabman-245": 3.5, "fabman-246": 12})
}

// One that is deleted pulls entries onto a page that was read already: they would be missed.
func TestAListThatShrinksWhileItIsRead(t *testing.T) {
	f := serve(t)
	f.log(20, "2026-03-10T08:00:00.000Z", "2026-03-10T09:00:00.000Z")
	f.log(21, "2026-03-10T10:00:00.000Z", "2026-03-10T11:00:00.000Z")
	f.before = func(_ http.ResponseWriter, _ *http.Request, path string, n int) bool {
		if path == "resource-logs" && n == 3 {
			f.remove("resource-logs", 20)
			f.remove("resource-logs", 21)
		}
		return false
	}
	wantSample(t, f.importer(t, nil))
}

// An entry that is stopped between two pages may stand on both: the higher lockVersion counts.
func TestTheHigherVersionOfAnEntryCounts(t *testing.T) {
	f := serve(t)
	f.pageSize, f.noTotal = 1, true // so that it isn't read again for another reason
	f.before = func(_ http.ResponseWriter, _ *http.Request, path string, n int) bool {
		if path == "resource-logs" && n == 2 {
			f.log(20, "2026-03-10T08:00:00.000Z", "2026-03-10T09:00:00.000Z")
			f.edit("resource-logs", 5, "stoppedAt", "2026-03-05T11:00:00.000Z")
		}
		return false
	}
	wantHours(t, must(t, f.importer(t, nil), march), map[string]float64{"fabman-245": 2.5, "fabman-246": 14})
	// Also if a cache gives an older one later.
	f.records["resource-logs"] = append(f.records["resource-logs"], f.records["resource-logs"][0].with("lockVersion", json.Number("1"), "stoppedAt", nil))
	f.remove("resource-logs", 20)
	wantHours(t, must(t, f.importer(t, nil), march), map[string]float64{"fabman-245": 2.5, "fabman-246": 14})
}

// Records without a number are told apart by where they stand: none is taken for missing.
func TestRecordsWithoutANumber(t *testing.T) {
	f := serve(t)
	for _, id := range []int64{2, 5} { // each the first one of a page
		f.edit("resource-logs", id, "id", "x")
	}
	got := read(t, f.importer(t, nil), march)
	if got.err != nil || len(got.broken) != 2 {
		t.Fatalf("%v, %v", got.broken, got.err)
	}
	for _, err := range got.broken {
		if !strings.Contains(err.Error(), "resource-log #1, id: ") && !strings.Contains(err.Error(), "resource-log #2, id: ") {
			t.Error(err)
		}
	}
	wantHours(t, got.events, sampleHours)
}

func TestAListWithoutLinks(t *testing.T) {
	f := serve(t)
	f.noLinks = true
	got := read(t, f.importer(t, nil), march)
	if got.err != nil || len(got.broken) != 1 || !strings.Contains(importers.Say(got.broken[0], schemas.French), "Fabman annonce 6 activités et en donne 2") {
		t.Errorf("%v, %v: what wasn't read isn't said", got.broken, got.err)
	}
}

func TestUnreadableRecords(t *testing.T) {
	for name, c := range map[string]struct {
		change []any
		fr, en string
	}{
		"no time":          {[]any{"createdAt", nil}, "resource-log 3, createdAt : absent", "createdAt: missing"},
		"a wrong time":     {[]any{"stoppedAt", "hier"}, `stoppedAt : "hier", attendu : 2026-03-12`, `stoppedAt: "hier", expected 2026-03-12`},
		"an end before":    {[]any{"stoppedAt", "2026-03-04T07:00:00.000Z"}, "resource-log 3 : data.end", "resource-log 3: data.end"},
		"too long":         {[]any{"createdAt", "2026-02-24T07:00:00.000Z"}, "7 jours au plus", "at most 7 days"},
		"a wrong type":     {[]any{"resource", "Laser"}, "resource-log 3, resource : ", "resource-log 3, resource: "},
		"no type":          {[]any{"type", nil}, "type : absent", "type: missing"},
		"no version":       {[]any{"lockVersion", nil}, "lockVersion : absent", "lockVersion: missing"},
		"a huge version":   {[]any{"lockVersion", json.Number("4294967296")}, "lockVersion : absent ou hors limites", "out of bounds"},
		"unknown machine":  {[]any{"resource", 999}, "équipement 999 inconnu", "doesn't know the equipment 999"},
		"an address in it": {[]any{"stoppedAt", "jo@example.org"}, "stoppedAt : ", "stoppedAt: "},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t)
			for i, r := range f.records["resource-logs"] {
				if r.id() == 3 {
					f.records["resource-logs"][i] = r.with("createdAt", "2026-03-04T08:00:00.000Z").with(c.change...)
				}
			}
			if name == "no time" {
				f.pageSize = 100 // the server here sorts by it
				f.before = func(w http.ResponseWriter, _ *http.Request, path string, _ int) bool {
					if path != "resource-logs" {
						return false
					}
					_ = json.NewEncoder(w).Encode(f.records[path])
					return true
				}
			}
			got := read(t, f.importer(t, nil), march)
			if got.err != nil || len(got.broken) != 1 {
				t.Fatalf("%v, %v", got.broken, got.err)
			}
			for lang, want := range map[schemas.Lang]string{schemas.French: c.fr, schemas.English: c.en} {
				if said := importers.Say(got.broken[0], lang); !strings.Contains(said, want) || strings.Contains(said, "example.org") {
					t.Errorf("%s", said)
				}
			}
			wantHours(t, got.events, map[string]float64{"fabman-245": 2.5})
		})
	}
}

// A machine that isn't listed any longer may still be asked for.
func TestAMachineThatIsNotListed(t *testing.T) {
	f := serve(t)
	f.before = func(w http.ResponseWriter, _ *http.Request, path string, _ int) bool {
		if path == "resources" {
			fmt.Fprint(w, "[]")
		}
		return path == "resources"
	}
	wantSample(t, f.importer(t, nil))
}

func TestConfigIsChecked(t *testing.T) {
	if _, err := fabman.New(fabman.Config{Lab: lab, Token: token}); err != nil {
		t.Errorf("the least that is needed: %v", err)
	}
	_, err := fabman.New(fabman.Config{Lab: "Nord", URL: "ftp://x", Token: " ", WebhookSecret: "short", Space: -1, Lookback: 1})
	for _, want := range []string{`lab "Nord"`, "setting url", "setting token: empty", "webhook-secret: 5 bytes", "space, -1", "lookback-days, "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: nothing about %q", err, want)
		}
	}
}
