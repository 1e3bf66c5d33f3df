package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// refusedOverHTTP tries a lab's token where it doesn't belong, and a token that was revoked. What the
// lab's NATS credentials don't allow is tried in TestLabCredentialsAreHeldToTheirLab.
func refusedOverHTTP(t *testing.T, r *running) {
	mine, _ := r.addLab(t, "mine")
	other, _ := r.addLab(t, "other")
	testkit.Eventually(t, time.Minute, func() error { // its registration is counted
		if status := r.ask(t, http.MethodGet, "/v1/labs/mine/status", mine, ""); status != http.StatusOK {
			return fmt.Errorf("its own status: %d, want 200", status)
		}
		return nil
	})
	programme, err := schemas.NewEvent("mine", "", time.Now(), schemas.PeriodApproved{Period: "2026-Q1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what   string
		status int
		got    int
	}{
		{"another lab's status", http.StatusForbidden, r.ask(t, http.MethodGet, "/v1/labs/other/status", mine, "")},
		{"the programme's status", http.StatusForbidden, r.ask(t, http.MethodGet, "/v1/status", mine, "")},
		{"another lab's events", http.StatusForbidden, r.ask(t, http.MethodGet, "/v1/labs/other/events", mine, "")},
		{"another lab's source", http.StatusForbidden, r.ask(t, http.MethodPost, "/v1/events", mine, jsonOf(t, weekEvents(t, "other")[0]))},
		{"the programme's kind", http.StatusForbidden, r.ask(t, http.MethodPost, "/v1/events", mine, jsonOf(t, programme))},
		{"no token", http.StatusUnauthorized, r.ask(t, http.MethodGet, "/v1/labs/mine/status", "", "")},
	} {
		if c.got != c.status {
			t.Errorf("%s: %d, want %d", c.what, c.got, c.status)
		}
	}
	if status, out, errs := command(t, "", r.nats, "lab", "revoke", "other", "--data", r.data); status != 0 {
		t.Fatalf("lab revoke exits %d: %s%s", status, out, errs)
	}
	began := time.Now()
	for r.ask(t, http.MethodGet, "/v1/labs/other/status", other, "") != http.StatusUnauthorized {
		if time.Since(began) > time.Second {
			t.Fatal("a second after it was revoked a token is still good")
		}
	}
	t.Logf("the revoked token was refused %s after the command had ended", time.Since(began).Round(time.Millisecond))
	metrics := r.page(t, "/metrics")
	for _, want := range []string{`vitrine_gateway_refused_total{reason="forbidden"} 5`, `vitrine_gateway_refused_total{reason="unauthenticated"}`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

func jsonOf(t *testing.T, e *schemas.Event) string {
	t.Helper()
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// ask makes a request with a token and gives the answer's status.
func (r *running) ask(t *testing.T, method, path, token, body string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, r.web+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/cloudevents+json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

func (r *running) page(t *testing.T, path string) string {
	t.Helper()
	response, err := http.Get(r.web + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
