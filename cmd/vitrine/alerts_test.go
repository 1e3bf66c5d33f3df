package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// alertLine runs a command line and gives its status and what it printed.
func alertLine(t *testing.T, env map[string]string, args ...string) (status int, out, problems string) {
	t.Helper()
	var stdout, stderr strings.Builder
	status = run(context.Background(), &environment{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(name string) string { return env[name] }}, args)
	return status, stdout.String(), stderr.String()
}

func TestAlertsAreListed(t *testing.T) {
	url := testkit.NATS(t)
	if status, _, problems := alertLine(t, nil, "alerts", "--nats-url", url); status != 1 || !strings.Contains(problems, "no alerts have been looked for") {
		t.Errorf("%d: %s", status, problems)
	}
	js := testkit.JetStream(t, url)
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: schemas.StreamAlerts, Subjects: []string{schemas.SubjectsOfAlerts}}); err != nil {
		t.Fatal(err)
	}
	if status, out, problems := alertLine(t, nil, "alerts", "--nats-url", url, "--lang", "fr"); status != 0 || out != "Aucune alerte.\n" {
		t.Errorf("%d: %s%s", status, out, problems)
	}
	for lab, name := range map[string]string{"nord": "Atelier Nord", "sud": "Atelier Sud"} {
		id := schemas.RecordID(lab, "alerts", "silent").String()
		raw := `{"specversion":"1.0","id":"5d6cf9a5-7a0c-5c55-9d0f-3f0c8d1b7e52","source":"/labs/` + lab + `","type":"org.vitrine.alert.raised","time":"2026-06-30T08:00:00Z",` +
			`"data":{"id":"` + id + `","key":"silent","lab":"` + lab + `","lab_name":"` + name + `","sort":"lab_silent","severity":"warning",` +
			`"text":{"fr":"n’a rien envoyé","en":"has sent nothing"},"since":"2026-05-01T00:00:00Z","raised":"2026-06-30T08:00:00Z"}}`
		if _, err := js.Publish(t.Context(), schemas.SubjectAlerts(lab), []byte(raw)); err != nil {
			t.Fatal(err)
		}
	}
	status, out, problems := alertLine(t, nil, "alerts", "--nats-url", url, "--lang", "fr", "--lab", "nord", "--all")
	if status != 0 || !strings.Contains(out, "Atelier Nord") || strings.Contains(out, "Sud") || !strings.Contains(out, "! Fab lab silencieux") || !strings.Contains(out, "à traiter : 1") {
		t.Errorf("%d: %s%s", status, out, problems)
	}
	status, out, _ = alertLine(t, nil, "alerts", "--nats-url", url, "--json")
	var listed struct{ Alerts []struct{ Lab string } }
	if err := json.Unmarshal([]byte(out), &listed); err != nil || status != 0 || len(listed.Alerts) != 2 || listed.Alerts[0].Lab != "nord" {
		t.Errorf("%d, %v: %s", status, err, out)
	}
}

func TestTheWayOfAlertsIsTried(t *testing.T) {
	var got, signature string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		got, signature = string(raw), r.Header.Get("webhook-signature")
		if strings.HasPrefix(r.URL.Path, "/refuses") {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer server.Close()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, problems := alertLine(t, map[string]string{"VITRINE_ALERT_WEBHOOK": server.URL}, "alerts", "test", "--alert-webhook-secret-file", secret, "--lang", "en")
	if status != 0 || !strings.Contains(out, "webhook: sent") || !strings.Contains(got, "Ceci est un essai") || !strings.HasPrefix(signature, "v1,") {
		t.Errorf("%d: %s%s, posted %s, signed %q", status, out, problems, got, signature)
	}
	if status, _, problems := alertLine(t, nil, "alerts", "test", "--alert-webhook", server.URL+"/refuses-t0ken"); status != 1 || !strings.Contains(problems, "403") || strings.Contains(problems, "t0ken") {
		t.Errorf("%d: %s", status, problems)
	}
	for name, args := range map[string][]string{
		"no destination":     nil,
		"not an address":     {"--alert-webhook", "chat"},
		"mail without a to":  {"--alert-smtp", "smtp://h", "--alert-mail-from", "a@example.org"},
		"an odd time":        {"--alert-webhook", server.URL, "--alert-every", "7h"},
		"a secret not there": {"--alert-webhook", server.URL, "--alert-webhook-secret-file", secret + "x"},
		"another language":   {"--alert-webhook", server.URL, "--alert-lang", "de"},
	} {
		if status, _, problems := alertLine(t, nil, append([]string{"alerts", "test"}, args...)...); status != 2 || problems == "" {
			t.Errorf("%s: %d %s", name, status, problems)
		}
	}
}
