package fabmanager_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/fabmanager"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

const token = "a-secret-token"

// fabManager answers like Fab-manager's OpenAPI, from the sample's records.
type fabManager struct {
	*httptest.Server
	mu      sync.Mutex
	records map[string][]json.RawMessage
	status  string // of the accounts
	// before looks at each request first; it answers it itself if it returns true. n counts the
	// list's requests from 1.
	before   func(w http.ResponseWriter, r *http.Request, list string, n int) bool
	requests map[string][]*http.Request
	pageSize int // beats per_page, so that the sample has several pages
}

func serve(t testing.TB, change func(*fabManager)) *fabManager {
	t.Helper()
	f := &fabManager{records: map[string][]json.RawMessage{}, status: "built", requests: map[string][]*http.Request{}, pageSize: 2,
		before: func(http.ResponseWriter, *http.Request, string, int) bool { return false }}
	for _, list := range []string{"reservations_page1", "reservations_page2", "reservations_page3", "trainings", "user_trainings", "events", "subscriptions", "plans", "accounting"} {
		raw, err := fs.ReadFile(sample(), list+".json")
		if err != nil {
			t.Fatal(err)
		}
		var page map[string]json.RawMessage
		if err := json.Unmarshal(raw, &page); err != nil {
			t.Fatal(err)
		}
		list, _, _ = strings.Cut(list, "_page")
		var records []json.RawMessage
		if err := json.Unmarshal(page[keyOf(list)], &records); err != nil {
			t.Fatal(err)
		}
		f.records[list] = append(f.records[list], records...)
	}
	if change != nil {
		change(f)
	}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func keyOf(list string) string {
	if list == "accounting" {
		return "lines"
	}
	return list
}

func (f *fabManager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	list := strings.TrimPrefix(r.URL.Path, "/open_api/v1/")
	f.mu.Lock()
	f.requests[list] = append(f.requests[list], r)
	n := len(f.requests[list])
	f.mu.Unlock()
	if f.before(w, r, list, n) {
		return
	}
	if r.Header.Get("Authorization") != "Token token="+token {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"errors":["Bad credentials"]}`)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	records, known := f.records[list]
	if !known {
		http.NotFound(w, r)
		return
	}
	page := map[string]any{}
	if list != "trainings" && list != "plans" { // these aren't paged
		number, _ := strconv.Atoi(r.URL.Query().Get("page"))
		from, to := min((number-1)*f.pageSize, len(records)), min(number*f.pageSize, len(records))
		w.Header().Set("Total", strconv.Itoa(len(records)))
		if to < len(records) {
			// As behind a proxy that hides the real address.
			w.Header().Set("Link", fmt.Sprintf(`<http://internal:3000%s?page=99>; rel="last", <http://internal:3000%s?page=%d>; rel="next"`, r.URL.Path, r.URL.Path, number+1))
		}
		records = records[from:to]
	}
	page[keyOf(list)] = records
	if list == "accounting" {
		page["status"] = f.status
	}
	_ = json.NewEncoder(w).Encode(page)
}

func (f *fabManager) importer(t testing.TB, change func(*fabmanager.Config)) *fabmanager.Importer {
	t.Helper()
	return newImporter(t, func(c *fabmanager.Config) {
		c.URL, c.Token = f.URL, token
		if change != nil {
			change(c)
		}
	})
}

// wantSample checks that an import gives what the saved pages give.
func wantSample(t *testing.T, im importers.Importer) {
	t.Helper()
	bytesOf := func(all []*schemas.Event) (lines []string) {
		for _, e := range all {
			raw, _ := decode(t, e)
			lines = append(lines, string(raw))
		}
		return lines
	}
	got, want := bytesOf(must(t, im, march)), bytesOf(must(t, fromFiles(t, sample()), march))
	if !slices.Equal(got, want) {
		t.Errorf("got %d events, want %d:\n%s\n%s", len(got), len(want), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestClientWalksThePages(t *testing.T) {
	f := serve(t, nil)
	wantSample(t, f.importer(t, nil))
	if n := len(f.requests["reservations"]); n != 7 {
		t.Errorf("%d requests for 13 reservations by twos", n)
	}
	query := f.requests["reservations"][0].URL.Query()
	after, err := time.Parse(time.RFC3339, query.Get("after"))
	if err != nil || !after.Equal(march.Since.Add(-fabmanager.DefaultBookingHorizon)) || query.Get("per_page") != "100" {
		t.Errorf("asked for %v", query)
	}
	if query := f.requests["accounting"][1].URL.Query(); query.Get("type") != "item" || query.Get("after") != "2026-03-01T00:00:00+01:00" {
		t.Errorf("asked for %v", query)
	}
	for list := range f.requests {
		if list == "users" {
			t.Error("asked for the users: nothing is wanted of them")
		}
	}
}

func TestClientTriesAgain(t *testing.T) {
	for name, fault := range map[string]func(w http.ResponseWriter){
		"500": func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"429 with Retry-After": func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		},
		"503": func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
		"an answer cut short": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"reservations": [`)
		},
		"a lost connection": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(f *fabManager) {
				f.before = func(w http.ResponseWriter, _ *http.Request, list string, n int) bool {
					if list == "reservations" && n%3 == 2 {
						fault(w)
						return true
					}
					return false
				}
			})
			wantSample(t, f.importer(t, nil))
		})
	}
}

func TestClientHonoursRetryAfter(t *testing.T) {
	var first, second time.Time
	f := serve(t, func(f *fabManager) {
		f.before = func(w http.ResponseWriter, _ *http.Request, list string, n int) bool {
			switch {
			case list == "reservations" && n == 1:
				first = time.Now()
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusTooManyRequests)
				return true
			case list == "reservations" && n == 2:
				second = time.Now()
			}
			return false
		}
	})
	wantSample(t, f.importer(t, nil))
	if pause := second.Sub(first); pause < time.Second {
		t.Errorf("asked again after %s, was told to wait 1 s", pause)
	}
}

func TestClientErrorsSayWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		fault  func(w http.ResponseWriter, r *http.Request)
		change func(*fabmanager.Config)
		is     func(error) bool
		fr, en string
	}{
		"an expired token": {
			change: func(c *fabmanager.Config) { c.Token = "expired" },
			is:     func(err error) bool { var e *rest.CredentialsError; return errors.As(err, &e) },
			fr:     "un administrateur en crée un", en: "an administrator makes a new one"},
		"a wrong address": {
			change: func(c *fabmanager.Config) { c.URL += "/elsewhere" },
			is:     func(err error) bool { var e *rest.AddressError; return errors.As(err, &e) },
			fr:     "vérifiez l'adresse", en: "check Fab-manager's address"},
		"a redirection elsewhere": {
			fault: func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://elsewhere.invalid/", http.StatusFound)
			},
			is: func(err error) bool { var e *rest.AddressError; return errors.As(err, &e) },
			fr: "vérifiez l'adresse", en: "check Fab-manager's address"},
		"always 500": {
			fault: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
			is:    func(err error) bool { var e *rest.UnavailableError; return errors.As(err, &e) },
			fr:    "Relancez l'import plus tard", en: "Import again later"},
		"a pause nobody waits out": {
			fault: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "86400")
				w.WriteHeader(429)
			},
			is: func(err error) bool { var e *rest.UnavailableError; return errors.As(err, &e) },
			fr: "Retry-After: 86400", en: "Retry-After: 86400"},
		"no answer in time": {
			fault:  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			change: func(c *fabmanager.Config) { c.Timeout, c.Retries = 50*time.Millisecond, 1 },
			is: func(err error) bool {
				var e *rest.UnavailableError
				return errors.As(err, &e) && errors.Is(err, context.DeadlineExceeded)
			},
			fr: "ne répond pas", en: "doesn't answer"},
		"a login page": {
			fault: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
			is:    func(err error) bool { var e *rest.PageError; return errors.As(err, &e) },
			fr:    "page illisible", en: "unreadable page"},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(f *fabManager) {
				f.before = func(w http.ResponseWriter, r *http.Request, _ string, _ int) bool {
					if c.fault != nil {
						c.fault(w, r)
					}
					return c.fault != nil
				}
			})
			all, errs, err := events(t, f.importer(t, c.change), march)
			if err == nil || len(all)+len(errs) > 0 || !c.is(err) {
				t.Fatalf("%d events, %v, %v", len(all), errs, err)
			}
			for lang, want := range map[schemas.Lang]string{schemas.French: c.fr, schemas.English: c.en} {
				if got := importers.Say(err, lang); !strings.Contains(got, want) || strings.Contains(got, token) || strings.Contains(got, "expired token=") {
					t.Errorf("%s: %s", lang, got)
				}
			}
		})
	}
}

// A token that expires in the middle of a list ends the import before anything is told of it, and with a new one
// the next import gives everything.
func TestATokenThatExpiresInMidWalk(t *testing.T) {
	f := serve(t, func(f *fabManager) {
		f.before = func(w http.ResponseWriter, _ *http.Request, list string, n int) bool {
			if list == "reservations" && n == 3 {
				w.WriteHeader(http.StatusUnauthorized)
				fmt.Fprint(w, `{"errors":["Bad credentials"]}`)
				return true
			}
			return false
		}
	})
	state := newMemory()
	keep := func(c *fabmanager.Config) { c.State = state }
	im := f.importer(t, keep)
	all, errs, err := events(t, im, march)
	var refused *rest.CredentialsError
	if !errors.As(err, &refused) || len(all)+len(errs) > 0 || !strings.Contains(importers.Say(err, schemas.French), "menu « Clients OpenAPI »") {
		t.Fatalf("%d events, %v, %v", len(all), errs, err)
	}
	if n := len(f.requests["reservations"]); n != 3 {
		t.Errorf("asked %d times: a refused token isn't tried again", n)
	}
	if err := im.Commit(t.Context()); err != nil || len(state.values) > 0 {
		t.Errorf("committed %v, %v", state.values, err)
	}
	wantSample(t, f.importer(t, keep))
}

// The token goes to the address that was given, not to one that this redirects to.
func TestTheTokenDoesNotFollowARedirection(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("asked %s with %q", r.URL, r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	f := serve(t, func(f *fabManager) {
		f.before = func(w http.ResponseWriter, r *http.Request, _ string, _ int) bool {
			http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusTemporaryRedirect)
			return true
		}
	})
	var address *rest.AddressError
	if _, _, err := events(t, f.importer(t, nil), march); !errors.As(err, &address) {
		t.Errorf("got %v", err)
	}
}

func TestClientEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := serve(t, func(f *fabManager) {
		f.before = func(_ http.ResponseWriter, r *http.Request, _ string, _ int) bool {
			cancel()
			<-r.Context().Done()
			return true
		}
	})
	for _, err := range f.importer(t, nil).Events(ctx, march) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}

// A booking made while the list is read pushes records onto the next page: they come twice.
func TestAListThatGrowsWhileItIsRead(t *testing.T) {
	f := serve(t, func(f *fabManager) {
		f.before = func(_ http.ResponseWriter, _ *http.Request, list string, n int) bool {
			if list == "reservations" && n == 3 {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.records[list] = slices.Insert(f.records[list], 0, json.RawMessage(`{"id": 2000, "reservable_id": 1, "reservable_type": "Space", "reserved_slots": []}`))
			}
			return false
		}
	})
	wantSample(t, f.importer(t, nil))
}

// A booking that is deleted while the list is read pulls records onto a page that was read
// already: they would be missed.
func TestAListThatShrinksWhileItIsRead(t *testing.T) {
	f := serve(t, func(f *fabManager) {
		f.records["reservations"] = slices.Insert(f.records["reservations"], 0, json.RawMessage(`{"id": 2000, "reservable_id": 1, "reservable_type": "Space", "reserved_slots": []}`))
		f.before = func(_ http.ResponseWriter, _ *http.Request, list string, n int) bool {
			if list == "reservations" && n == 3 {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.records[list] = f.records[list][1:]
			}
			return false
		}
	})
	wantSample(t, f.importer(t, nil))
}

// The server's total may count what it doesn't list; that must not end every import.
func TestATotalThatIsAlwaysTooHigh(t *testing.T) {
	f := serve(t, nil)
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.ServeHTTP(higherTotal{w}, r)
	})
	wantSample(t, f.importer(t, nil))
}

type higherTotal struct{ http.ResponseWriter }

func (h higherTotal) Write(b []byte) (int, error) {
	h.Header().Set("Total", "1000")
	return h.ResponseWriter.Write(b)
}

// A slot that is cancelled between two pages stands on both in two states: the later one counts.
func TestTheLaterStateOfARecordCounts(t *testing.T) {
	f := serve(t, func(f *fabManager) {
		records := f.records["reservations"]
		i := slices.IndexFunc(records, func(r json.RawMessage) bool { return strings.Contains(string(r), `"id": 1002`) })
		stale := strings.ReplaceAll(string(records[i]), `"2026-03-03T11:00:00.000+01:00"`, "null")
		stale = strings.Replace(stale, `"updated_at": "2026-03-02`, `"updated_at": "2026-03-01`, 1)
		f.records["reservations"] = append(records, json.RawMessage(stale))
	})
	wantSample(t, f.importer(t, nil))
}

func TestAccountsThatAreBeingRebuilt(t *testing.T) {
	t.Run("for a moment", func(t *testing.T) {
		f := serve(t, func(f *fabManager) {
			f.status = "building"
			f.before = func(_ http.ResponseWriter, _ *http.Request, list string, n int) bool {
				f.mu.Lock()
				defer f.mu.Unlock()
				if list == "accounting" && n > 10 {
					f.status = "built"
				}
				return false
			}
		})
		wantSample(t, f.importer(t, nil))
	})
	t.Run("for too long", func(t *testing.T) {
		f := serve(t, func(f *fabManager) { f.status = "building" })
		all, errs, err := events(t, f.importer(t, nil), march)
		if err != nil || len(errs) != 1 || !strings.Contains(importers.Say(errs[0], schemas.French), "en train de recalculer") {
			t.Fatalf("%v, %v", errs, err)
		}
		if s := monthOf(t, all, march); s["E01"] != 0 || s["U01"] != 10 {
			t.Errorf("the rest isn't told: %v", s)
		}
	})
}
