package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/internal/testkit"
	"vitrine/producers/credentials"
)

// canary is part of each secret in the tests below; none may be seen anywhere. It needs no escaping in an address.
const canary = "canary7Q"

// withSecrets runs a command at the lowest log level, with its environment, and gives all that it printed.
func withSecrets(t *testing.T, environ map[string]string, args ...string) (status int, printed string) {
	t.Helper()
	var out bytes.Buffer
	env := &environment{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: func(name string) string { return environ[name] }}
	status = run(t.Context(), env, append(args, "--log-level", "debug"))
	return status, out.String()
}

// TestSecretsAreNotPrinted gives commands secrets in each place that takes one, makes them fail in each way
// that might quote it, and looks at what they print.
func TestSecretsAreNotPrinted(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	secret := file("secret", canary+"\n")
	natsURL := testkit.NATS(t)
	clickhouse := refusing(t)
	where := strings.TrimPrefix(clickhouse, "http://")
	away := "http://vitrine:" + canary + "@127.0.0.1:1/vitrine"
	env := func(pairs ...string) map[string]string {
		m := map[string]string{"VITRINE_NATS_URL": natsURL, "LANG": "C"}
		for i := 0; i < len(pairs); i += 2 {
			m["VITRINE_"+pairs[i]] = pairs[i+1]
		}
		return m
	}
	for title, c := range map[string]struct {
		environ map[string]string
		args    []string
		says    string // part of what must be printed
	}{
		"ClickHouse, away":                 {env("CLICKHOUSE_URL", away), []string{"status"}, "127.0.0.1:1"},
		"ClickHouse, wrong password":       {env("CLICKHOUSE_URL", "http://vitrine:"+canary+"@"+where+"/vitrine"), []string{"status"}, where},
		"ClickHouse, wrong password, file": {env("CLICKHOUSE_URL", clickhouse+"/vitrine", "CLICKHOUSE_PASSWORD_FILE", secret), []string{"status"}, where},
		"ClickHouse, two passwords":        {env("CLICKHOUSE_URL", away, "CLICKHOUSE_PASSWORD_FILE", secret), []string{"status"}, "both have a password"},
		"ClickHouse, unreadable":           {env("CLICKHOUSE_URL", "http://vitrine:"+canary+"%zz@host/vitrine"), []string{"status"}, "expected http://host"},
		"ClickHouse, unreadable, file":     {env("CLICKHOUSE_URL", "http://vitrine"+canary+"%zz@host/vitrine", "CLICKHOUSE_PASSWORD_FILE", secret), []string{"status"}, "--clickhouse-url"},
		"ClickHouse, no scheme":            {env("CLICKHOUSE_URL", "vitrine:"+canary+"@host:8123/vitrine"), []string{"status"}, "expected http://host"},
		"ClickHouse, another scheme":       {env("CLICKHOUSE_URL", "clickhouse://vitrine:"+canary+"@host/vitrine"), []string{"migrate"}, "expected http://host"},
		"ClickHouse, migrate":              {env("CLICKHOUSE_URL", away), []string{"migrate"}, "127.0.0.1:1"},
		"ClickHouse, consume":              {env("CLICKHOUSE_URL", away), []string{"consume", "--http-addr", "127.0.0.1:0"}, "127.0.0.1:1"},
		"ClickHouse, on the command line":  {env(), []string{"status", "--clickhouse-url", away}, "a list of processes shows the password"},
		"ClickHouse, configuration file":   {env("CONFIG", file("good.yaml", "clickhouse-url: "+away+"\n")), []string{"status"}, "127.0.0.1:1"},
		"configuration file, not YAML":     {env("CONFIG", file("bad.yaml", "clickhouse-url: "+away+"\n  x: [\n")), []string{"status"}, "bad.yaml"},
		"configuration file, wrong key":    {env("CONFIG", file("key.yaml", "clickhouse-ur: "+away+"\n")), []string{"status"}, "clickhouse-ur"},
		"NATS, away":                       {env("NATS_URL", "nats://u:"+canary+"@127.0.0.1:1"), []string{"alerts"}, "127.0.0.1:1"},
		"NATS, token, away":                {env("NATS_URL", canary+"@127.0.0.1:1,nats://"+canary+"@127.0.0.1:2"), []string{"alerts"}, "127.0.0.1:2"},
		"NATS, unreadable":                 {env("NATS_URL", "nats://u:"+canary+"%zz@127.0.0.1:1"), []string{"alerts"}, "--nats-url"},
		"NATS, publish":                    {env("NATS_URL", "nats://u:"+canary+"@127.0.0.1:1"), []string{"publish", "--attempts", "1", "-"}, "127.0.0.1:1"},
		"NATS, publish, unreadable":        {env("NATS_URL", "nats://u:"+canary+"%zz@127.0.0.1:1"), []string{"publish", "--attempts", "1", "-"}, "can't be read"},
		"NATS, broken credentials":         {env("NATS_CREDS", file("a.creds", "-----BEGIN NATS USER JWT-----\n"+canary+"\n------END NATS USER JWT------\n")), []string{"alerts"}, "a.creds"},
		"NATS, lab with wrong keys":        {env("KEYS", filepath.Dir(file("seeds.json", `{"operator":"`+canary+`"}`))), []string{"lab", "list"}, "seeds.json"},
		"webhook":                          {env("CLICKHOUSE_URL", clickhouse, "ALERT_WEBHOOK", "https://"+canary+"%zz/x", "ALERT_WEBHOOK_SECRET_FILE", secret), []string{"up", "--data", dir}, "webhook"},
		"webhook, secret":                  {env("ALERT_WEBHOOK", "https://host/"+canary, "ALERT_WEBHOOK_SECRET_FILE", file("whsec", "whsec_"+canary+"!")), []string{"up", "--data", dir}, "base64"},
		"mail, password in the address":    {env("ALERT_SMTP", "smtp://u:"+canary+"@host", "ALERT_MAIL_FROM", "a@b.example", "ALERT_MAIL_TO", "c@d.example"), []string{"up", "--data", dir}, "belongs in a file"},
		"import, token in the environment": {env("FABMANAGER_TOKEN", canary, "URL", "http://127.0.0.1:1"), []string{"import", "fabmanager", "--lab", "atelier-nord", "--url", "https://127.0.0.1:1", "--dry-run", "--salt-file", secret}, ""},
		"import, token with line breaks":   {env("FABMANAGER_TOKEN", canary+"\n"+canary), []string{"import", "fabmanager", "--lab", "atelier-nord", "--url", "https://127.0.0.1:1", "--dry-run", "--salt-file", secret}, ""},
		"help":                             {env("CLICKHOUSE_URL", away, "NATS_URL", "nats://u:"+canary+"@h"), []string{"up", "--help"}, "--clickhouse-url"},
	} {
		t.Run(title, func(t *testing.T) {
			for _, format := range []string{"text", "json"} {
				status, printed := withSecrets(t, c.environ, append(c.args, "--log-format", format)...)
				if status == 0 && title != "help" {
					t.Errorf("it worked")
				}
				if strings.Contains(printed, canary) {
					t.Errorf("a secret is printed:\n%s", printed)
				}
				if !strings.Contains(printed, c.says) {
					t.Errorf("%q isn't printed:\n%s", c.says, printed)
				}
			}
		})
	}
}

// refusing is a ClickHouse that accepts no password.
func refusing(t *testing.T) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-ClickHouse-Exception-Code", "516")
		http.Error(w, "Code: 516. DB::Exception: vitrine: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)", http.StatusForbidden)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestSecretsAreNotServed runs a gateway whose ClickHouse refuses its password and asks for everything that it
// serves, with good and with wrong tokens.
func TestSecretsAreNotServed(t *testing.T) {
	natsURL := testkit.NATS(t)
	flags, web, _, _ := addresses(t)
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte(canary), 0o644); err != nil {
		t.Fatal(err)
	}
	gateway := start(t, append([]string{"gateway", "--log-level", "debug", "--nats-url", natsURL, "--clickhouse-url", refusing(t), "--clickhouse-password-file", password}, flags[:2]...)...)
	token := issue(t, natsURL, "atelier-nord", credentials.Programme)["atelier-nord"]
	awaitReady(t, web, http.StatusOK)
	var served strings.Builder
	for _, path := range []string{"/", "/metrics", "/readyz", "/healthz", "/v1/status", "/v1/labs/atelier-nord/status", "/v1/export/labs.csv", "/v1/export/labs.parquet",
		"/v1/labs/atelier-nord/events", "/submit", "/programme", "/labs/atelier-nord", "/debug/vars", "/debug/pprof/cmdline"} {
		for _, as := range []string{token, "vit_atelier-nord_" + canary, canary} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, web+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+as)
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&served, "%s %s\n%v\n%s\n", path, response.Status, response.Header, body)
		}
	}
	testkit.Eventually(t, 10*time.Second, func() error {
		if printed := gateway.out.String(); !strings.Contains(printed, "everybody on this machine may read a secret") || !strings.Contains(printed, "route=/v1/status") {
			return fmt.Errorf("the log isn't complete: %s", printed)
		}
		return nil
	})
	for what, text := range map[string]string{"served": served.String(), "logged": gateway.out.String()} {
		for _, secret := range []string{canary, token} {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("a secret is %s: …%s", what, text[max(0, i-200):min(len(text), i+100)])
			}
		}
	}
}
