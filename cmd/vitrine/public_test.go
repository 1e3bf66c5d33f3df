package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/opendata"
	"vitrine/dashboards/showcase"
	"vitrine/schemas"
)

// silentStore has two labs and no events; whoever asks it for a figure fails the test.
type silentStore struct{ t *testing.T }

func (s silentStore) PublicLabs(context.Context) ([]clickhouse.PublicLab, error) {
	return []clickhouse.PublicLab{{Lab: "zinc", Name: "Zinc Lab", Zone: "Europe/Paris"}, {Lab: "late", Name: "Latecomer", Zone: "Europe/Paris"}}, nil
}

func (s silentStore) PublicEvents(context.Context) ([]clickhouse.PublicEvent, error) { return nil, nil }

func (s silentStore) WhileWhole(_ context.Context, read func() error) error { return read() }

func (s silentStore) PublicSessions(context.Context, time.Time) ([]clickhouse.PublicSession, error) {
	return nil, nil
}

func (s silentStore) PublicFigures(context.Context, time.Time, ...string) ([]clickhouse.Figure, error) {
	s.t.Error("a public page reads live figures")
	return nil, nil
}

func (s silentStore) PublicCompanies(context.Context, time.Time, ...string) ([]clickhouse.PublicCompanies, error) {
	s.t.Error("a public page reads companies")
	return nil, nil
}

func (s silentStore) CommitmentStatuses(context.Context, time.Time, string) ([]clickhouse.CommitmentStatus, error) {
	s.t.Error("a public page reads live commitments")
	return nil, nil
}

// TestPublicPagesShowTheReleaseAlone: what is masked in it is a word, and nobody asks the store for figures.
func TestPublicPagesShowTheReleaseAlone(t *testing.T) {
	whole := func(n int64) *schemas.Decimal { d := schemas.Int(n); return &d }
	q := opendata.Quarter(2026*4 + 2)
	release := &opendata.Release{
		Quarter: q, First: q, Notice: opendata.DefaultNotice(),
		Indicators: []opendata.Indicator{
			{Code: "C01", Name: schemas.Text{FR: "Entreprises", EN: "Companies"}, Unit: "company", About: "companies", Threshold: 3},
			{Code: "D02", Name: schemas.Text{FR: "Participants", EN: "Attendances"}, Unit: "attendance", About: "people", Threshold: 5},
		},
		Programme: []opendata.Figure{{Indicator: "D02", Total: true, From: q, To: q, Value: whole(4711)}, {Indicator: "D02", From: q, To: q, Value: whole(815)}},
		Labs: []opendata.Lab{{
			Entry:       opendata.Entry{Lab: "zinc", Name: "Zinc Lab", Zone: "Europe/Paris"},
			Figures:     []opendata.Figure{{Indicator: "C01", Total: true, From: q, To: q, Masked: true}, {Indicator: "D02", Total: true, From: q, To: q, Value: whole(4711)}},
			Commitments: []opendata.Commitment{{Indicator: "C01", From: "2026-01-01", Due: "2026-12-31", Target: *whole(36), Masked: true}},
		}},
	}
	folder := t.TempDir()
	var file bytes.Buffer
	if err := opendata.JSON(&file, release); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "vitrine-2026-Q3.json"), file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	store := silentStore{t}
	keeper, err := opendata.New(opendata.Config{Store: store, Folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := showcase.New(showcase.Config{Source: &publicSource{store: store, zone: time.UTC, keeper: keeper, loading: func() *showcase.Progress { return nil }}})
	if err != nil {
		t.Fatal(err)
	}
	both := pageOrIndex(pages, opendata.NewHandler(keeper))
	ask := func(h http.Handler, path, accept string) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Errorf("%s: status %d", path, w.Code)
		}
		return w
	}
	for path, wants := range map[string][]string{
		"/?lang=en":          {"4,711", "30\u00a0September\u00a02026", "Zinc Lab", "Latecomer", "/open-data/vitrine-2026-Q3.parquet", "fewer than 3 companies"},
		"/labs/zinc?lang=en": {"4,711", "<dd>masked</dd>", "<b>masked</b> of 36", "fewer than 3\u00a0companies"},
		"/labs/late?lang=en": {"No figures are published yet."},
	} {
		body := ask(pages, path, "text/html").Body.String()
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %q", path, want)
			}
		}
		if strings.Contains(body, ">815<") {
			t.Errorf("%s: a quarter's figure is shown as one since the start", path)
		}
	}
	for accept, media := range map[string]string{"text/html,*/*;q=0.8": "text/html", "application/json": "application/json", "*/*": "application/json"} {
		w := ask(both, "/open-data", accept)
		if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, media) {
			t.Errorf("/open-data for %s: %s", accept, got)
		}
		if got := strings.Join(w.Header().Values("Vary"), ", "); !strings.Contains(got+",", "Accept,") {
			t.Errorf("/open-data for %s: Vary %q", accept, got)
		}
	}
}
