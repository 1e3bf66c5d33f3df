package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/producers/credentials"
)

// A gateway as it is run, while figures are made again: nothing that it says is half of them.
func TestTheGatewaySaysNothingOfHalfMadeFigures(t *testing.T) {
	natsURL, clickhouseURL := testkit.NATS(t), storekit.URL(t)
	flags, web, _, _ := addresses(t)
	start(t, append(flags[:2:2], "gateway", "--nats-url", natsURL, "--clickhouse-url", clickhouseURL)...)
	tokens := issue(t, natsURL, "atelier-nord", credentials.Programme)
	awaitReady(t, web, http.StatusOK)
	lab, programme, stranger := newVisitor(t, web), newVisitor(t, web), newVisitor(t, web)
	lab.signIn("/submit", tokens["atelier-nord"])
	programme.signIn("/programme", tokens[credentials.Programme])
	programme.ask(http.MethodGet, "/programme", nil) // this page is kept, and the lab's name and zone
	lab.ask(http.MethodGet, "/submit", nil)

	store := storekit.At(t, clickhouseURL)
	made, err := store.FiguresMade(t.Context())
	if err == nil {
		err = store.SetFiguresMadeWith(t.Context(), clickhouse.Rebuilding)
	}
	if err != nil {
		t.Fatal(err)
	}
	// What is polled is kept for some seconds.
	expect := func(v *visitor, path string, want int, fr, en string, headers ...string) {
		t.Helper()
		for lang, words := range map[string]string{"fr": fr, "en": en} {
			testkit.Eventually(t, stepTimeout, func() error {
				answer, body := v.ask(http.MethodGet, path, url.Values{}, append(headers, "Accept-Language", lang)...)
				if answer.StatusCode != want || !strings.Contains(body, words) || want == http.StatusServiceUnavailable && answer.Header.Get("Retry-After") == "" {
					return fmt.Errorf("%s: %s %v\n%s", path, answer.Status, answer.Header, body)
				}
				return nil
			})
		}
	}
	bearer := []string{"Authorization", "Bearer " + tokens[credentials.Programme]}
	for _, path := range []string{"/v1/status", "/v1/labs/atelier-nord/status", "/v1/labs/atelier-nord/events", "/v1/labs/atelier-nord/periods", "/v1/export/kpi_monthly.csv",
		"/v1/events/0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11?lab=atelier-nord"} {
		expect(stranger, path, http.StatusServiceUnavailable, "en cours de recalcul", "being recalculated", bearer...)
	}
	expect(programme, "/programme", http.StatusOK, "en cours de recalcul", "being recalculated")
	for _, path := range []string{"/programme/labs/atelier-nord", "/programme/labs/atelier-nord/periods/2026-Q1", "/programme/periods", "/programme/quality", "/programme/call",
		"/programme/reports/atelier-nord/2026-Q1.html"} {
		expect(programme, path, http.StatusServiceUnavailable, "en cours de recalcul", "being recalculated")
	}
	expect(lab, "/submit", http.StatusOK, "en cours de recalcul", "being recalculated")
	expect(lab, "/submit/periods/2026-Q1", http.StatusServiceUnavailable, "en cours de recalcul", "being recalculated")
	expect(stranger, "/", http.StatusServiceUnavailable, "en cours de recalcul", "being recalculated")

	if err := store.SetFiguresMadeWith(t.Context(), made.With); err != nil {
		t.Fatal(err)
	}
	for v, path := range map[*visitor]string{programme: "/programme", lab: "/submit", stranger: "/"} {
		testkit.Eventually(t, stepTimeout, func() error {
			if answer, body := v.ask(http.MethodGet, path, url.Values{}); answer.StatusCode != http.StatusOK || strings.Contains(body, "en cours de recalcul") {
				return fmt.Errorf("%s: %s %v\n%s", path, answer.Status, answer.Header, body)
			}
			return nil
		})
	}
}
