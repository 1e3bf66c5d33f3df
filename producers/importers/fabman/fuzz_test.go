package fabman_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/fabman"
	"vitrine/schemas"
)

// FuzzPage: whatever a page holds, the import ends, each event passes the door, and each error has
// words in both languages.
func FuzzPage(f *testing.F) {
	f.Add(sample(f, "resource-logs"), sample(f, "resources"))
	f.Add([]byte(`[{"id":1,"resource":245,"type":"allowed","lockVersion":-1,"createdAt":"2026-03-03T13:00:00.000Z"}]`), []byte(`[{"id":245}]`))
	f.Add([]byte(`[null,{},[],{"id":1e99},{"id":1.5},{"id":"1"}]`), []byte(`[null]`))
	f.Add([]byte(`{"error":"x"}`), []byte(`[]`))
	f.Fuzz(func(t *testing.T, logs, resources []byte) {
		im := direct(t, func(r *http.Request) []byte {
			if strings.Contains(r.URL.Path, "logs") {
				return logs
			}
			return resources
		})
		n := 0
		for e, err := range im.Events(t.Context(), importers.Range{}) {
			if n++; n > 10_000 {
				t.Fatal("it doesn't end")
			}
			judge(t, e, err)
		}
	})
}

// FuzzWebhook: whatever a message holds, its events pass the door, and its errors have words.
func FuzzWebhook(f *testing.F) {
	for _, name := range []string{"webhook_resourceLog_created", "webhook_resourceLog_updated", "webhook_memberTraining_created"} {
		f.Add(sample(f, name))
	}
	f.Add([]byte(`{"type":"resourceLog_deleted","details":{"log":{"id":1,"resource":245,"type":"allowed","lockVersion":1,"createdAt":"2026-03-03T13:00:00.000Z"}}}`))
	f.Add([]byte(`{"type":"resource_updated","details":{"resource":null,"log":7}}`))
	resource := []byte(`{"id":246,"name":"Ultimaker","controlType":"machine"}`)
	f.Fuzz(func(t *testing.T, body []byte) {
		im := direct(t, func(*http.Request) []byte { return resource })
		events, err := im.Receive(t.Context(), webhook(body))
		if err != nil && len(events) > 0 {
			t.Fatalf("%d events and %v", len(events), err)
		}
		for _, e := range events {
			judge(t, e, nil)
		}
		if err != nil {
			judge(t, nil, err)
		}
	})
}

// FuzzParseMapping: a lab's file is refused, or a machine gets a category of the taxonomy.
func FuzzParseMapping(f *testing.F) {
	f.Add([]byte("machines: {Laser: laser_cutter, '246': skip}\nrefs: {Laser: laser-1}\n"))
	f.Add([]byte("machines: &a {x: other}\nrefs: *a\n"))
	f.Add([]byte("machines:\n  ? [a]\n  : other\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := fabman.ParseMapping(raw)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without words")
			}
			return
		}
		codes := append(schemas.Taxonomies()["machine_categories"].Codes(), fabman.Skip)
		for machine, code := range m.Machines {
			if !slices.Contains(codes, code) {
				t.Errorf("%q is %q", machine, code)
			}
		}
	})
}

func judge(t *testing.T, e *schemas.Event, err error) {
	t.Helper()
	if err != nil {
		fr, en := importers.Say(err, schemas.French), importers.Say(err, schemas.English)
		if fr == "" || en == "" {
			t.Fatalf("an error without words: %T", err)
		}
		return
	}
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := schemas.Decode(raw, at("2026-03-12T12:00:00+01:00")); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	if e.Lab() != lab || e.Kind() != "machine.usage" {
		t.Fatalf("%s", raw)
	}
}

// direct is an importer whose requests are answered without a network.
func direct(t testing.TB, answer func(*http.Request) []byte) *fabman.Importer {
	t.Helper()
	im, err := fabman.New(fabman.Config{Lab: lab, Token: token, WebhookSecret: secret, Retries: -1, Timeout: time.Second,
		Clock: func() time.Time { return at("2026-03-12T12:00:00+01:00") },
		Transport: transport(func(r *http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			fmt.Fprintf(w, "%s", answer(r))
			return w.Result(), nil
		})})
	if err != nil {
		t.Fatal(err)
	}
	return im
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
