package icalendar_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/icalendar"
	"vitrine/producers/importers/ledger"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

// ask reads a calendar at an address whose path is a secret.
func ask(t *testing.T, base string, retries int) (got string, err error) {
	t.Helper()
	im := newImporter(t, icalendar.Config{URL: base + "/secret-7f3a/agenda/?export", Retries: retries, RetryWaitMin: time.Millisecond, RetryWaitMax: time.Millisecond})
	var events []*schemas.Event
	for e, failed := range im.Events(t.Context(), importers.Range{}) {
		if failed != nil {
			err = failed
			continue
		}
		events = append(events, e)
	}
	if err != nil && strings.Contains(err.Error()+importers.Say(err, schemas.French), "secret-7f3a") {
		t.Errorf("the address is in the error: %v", err)
	}
	return say(events), err
}

func TestOverHTTP(t *testing.T) {
	whole := calendar(head + "DTSTART:20260312T170000Z")
	const counted = "discovery 03-12 18:00 +0100 n=5"
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()

	var credentials *rest.CredentialsError
	var address *rest.AddressError
	var unavailable *rest.UnavailableError
	var page *rest.PageError
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, n int64)
		want   string
		err    any // where an error is expected
		asked  int64
	}{
		"at once": {func(w http.ResponseWriter, _ int64) { fmt.Fprint(w, whole) }, counted, nil, 1},
		"too often, then well": {func(w http.ResponseWriter, n int64) {
			if n == 1 {
				w.Header().Set("Retry-After", "0")
				http.Error(w, "slow down", http.StatusTooManyRequests)
				return
			}
			fmt.Fprint(w, whole)
		}, counted, nil, 2},
		"broken, then well": {func(w http.ResponseWriter, n int64) {
			if n < 3 {
				http.Error(w, "oops", http.StatusInternalServerError)
				return
			}
			fmt.Fprint(w, whole)
		}, counted, nil, 3},
		"cut off, then whole": {func(w http.ResponseWriter, n int64) {
			w.Header().Set("Content-Length", fmt.Sprint(len(whole)))
			if n == 1 {
				fmt.Fprint(w, whole[:100])
				panic(http.ErrAbortHandler)
			}
			fmt.Fprint(w, whole)
		}, counted, nil, 2},
		"broken for good":   {func(w http.ResponseWriter, _ int64) { http.Error(w, "", http.StatusBadGateway) }, "", &unavailable, 4},
		"no longer public":  {func(w http.ResponseWriter, _ int64) { http.Error(w, "", http.StatusForbidden) }, "", &credentials, 1},
		"gone":              {func(w http.ResponseWriter, _ int64) { http.Error(w, "", http.StatusNotFound) }, "", &address, 1},
		"a page to log in":  {func(w http.ResponseWriter, _ int64) { fmt.Fprint(w, "<html><form>") }, "", &page, 1},
		"cut off at a line": {func(w http.ResponseWriter, _ int64) { fmt.Fprint(w, whole[:strings.LastIndex(whole, "END:VCALENDAR")]) }, "", &page, 1},
		"without end":       {func(w http.ResponseWriter, _ int64) { fmt.Fprint(w, whole, strings.Repeat("X", 17<<20)) }, "", &page, 1},
		"sent to another place": {func(w http.ResponseWriter, _ int64) {
			w.Header().Set("Location", other.URL)
			w.WriteHeader(http.StatusFound)
		}, "", &address, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/secret-7f3a/agenda/" || !r.URL.Query().Has("export") || r.Header.Get("Accept") != "text/calendar" {
					t.Errorf("asked for %s, %s", r.URL, r.Header.Get("Accept"))
				}
				c.answer(w, asked.Add(1))
			}))
			defer server.Close()
			got, err := ask(t, server.URL, 3)
			if got != c.want || asked.Load() != c.asked || (err != nil) != (c.err != nil) || c.err != nil && !errors.As(err, c.err) {
				t.Errorf("got %q, %v after %d requests", got, err, asked.Load())
			}
		})
	}
	if elsewhere.Load() != 0 {
		t.Error("the other host was asked")
	}
}

func TestAddresses(t *testing.T) {
	for _, good := range []string{"https://example.org/a.ics", "webcal://example.org/private-1/a%40b/basic.ics", "WEBCAL://example.org/a", "http://127.0.0.1:1/a"} {
		if _, err := icalendar.New(icalendar.Config{Lab: lab, URL: good}); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"http://example.org/secret", "ftp://example.org/secret", "https://a:secret@example.org/a", "webcal://", "secret"} {
		if _, err := icalendar.New(icalendar.Config{Lab: lab, URL: bad}); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if _, err := icalendar.New(icalendar.Config{Lab: "A", URL: "https://x.org", File: "x"}); err == nil || !strings.Contains(err.Error(), `lab "A"`) ||
		!strings.Contains(importers.Say(err, schemas.French), "il en faut un, et un seul") {
		t.Errorf("%v", err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, err := range newImporter(t, icalendar.Config{URL: "http://127.0.0.1:1/secret"}).Events(stopped, importers.Range{}) {
		if !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v", err)
		}
	}
}

// poll reads a calendar that changes; a reading that is kept is committed.
type poll struct {
	t    *testing.T
	path string
	im   *icalendar.Importer
}

func newPoll(t *testing.T) *poll {
	path := write(t, "agenda.ics", "")
	return &poll{t, path, newImporter(t, icalendar.Config{File: path, State: kept{}})}
}

func (p *poll) read(commit bool, events ...string) (string, []*schemas.Event) {
	p.t.Helper()
	if err := os.WriteFile(p.path, []byte(calendar(events...)), 0o600); err != nil {
		p.t.Fatal(err)
	}
	got, _ := read(p.t, p.im, importers.Range{})
	if commit {
		if err := p.im.Commit(p.t.Context()); err != nil {
			p.t.Fatal(err)
		}
	}
	return say(got), got
}

// TestPolls: what changes between two readings.
func TestPolls(t *testing.T) {
	const series = "UID:a\nSUMMARY:Open Lab\nDTSTART;TZID=Europe/Paris:20260305T180000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3\n"
	came := instance("20260312T180000", "20260312T180000")
	const counted, takenBack = "discovery 03-12 18:00 +0100 1h0m0s n=5", "-discovery 03-12 18:00 +0100"

	p := newPoll(t)
	_, first := p.read(true, series, came)
	got, second := p.read(true, series, strings.Replace(came, "ATTENDANCE:5", "ATTENDANCE:6", 1))
	if got != "discovery 03-12 18:00 +0100 1h0m0s n=6" || second[0].ID != first[0].ID {
		t.Errorf("corrected: %s", got)
	}
	if got, _ := p.read(false, series); got != takenBack {
		t.Errorf("no longer confirmed: %s", got)
	}
	if got, _ := p.read(true, series); got != takenBack {
		t.Errorf("not kept, so taken back again: %s", got)
	}
	if got, _ := p.read(true, series); got != "" {
		t.Errorf("taken back twice: %s", got)
	}
	if got, _ := p.read(true, series, came); got != counted {
		t.Errorf("confirmed after all: %s", got)
	}
	if got, third := p.read(true, strings.Replace(series, "20260305", "20260306", 1)); got != takenBack || third[0].ID != first[0].ID {
		t.Errorf("the series went to Fridays: %s", got)
	}
	p.read(true, series, came)
	if got, _ := p.read(true, series+"EXDATE;TZID=Europe/Paris:20260312T180000"); got != takenBack {
		t.Errorf("deleted: %s", got)
	}
	p.read(true, series, came)
	if got, _ := p.read(true, "UID:b\nSUMMARY:Open Lab\nDTSTART:20260401T100000Z"); got != "" {
		t.Errorf("a calendar that shows the last months alone takes back: %s", got)
	}
	if got, _ := p.read(true, series+"RRULE:broken"); got != "" {
		t.Errorf("what can't be read takes back: %s", got)
	}
	if got, _ := p.read(true, series+"CLASS:PRIVATE\n", came); got != "" {
		t.Errorf("made private: %s", got)
	}
}

// TestRevisions: with a ledger, an instance that was edited between two readings gets a higher revision, and
// one that wasn't isn't sent again.
func TestRevisions(t *testing.T) {
	book, err := ledger.Open(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	p := newPoll(t)
	reading := func(event string) (got []*schemas.Event) {
		if err := os.WriteFile(p.path, []byte(calendar(event)), 0o600); err != nil {
			t.Fatal(err)
		}
		for e, err := range importers.Revise(t.Context(), book, lab, p.im.Events(t.Context(), importers.Range{}), nil) {
			if err != nil {
				t.Fatal(err)
			}
			sent, err := importers.SentOf(e)
			if err == nil {
				err = book.Record(t.Context(), lab, []importers.Sent{sent})
			}
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, e)
		}
		return got
	}
	const event = head + "DTSTART:20260312T170000Z"
	for i, c := range []struct {
		event    string
		revision int64
	}{{event, 0}, {event, -1}, {strings.Replace(event, ":5", ":6", 1), 1}, {event + "\nSTATUS:CANCELLED", 2}} {
		got := reading(c.event)
		if (len(got) == 0) != (c.revision < 0) || len(got) > 0 && got[0].Revision != c.revision {
			t.Errorf("reading %d: %s", i, say(got))
		}
	}
}
