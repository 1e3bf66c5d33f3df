package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"vitrine/internal/testkit"
	"vitrine/producers/client"
	"vitrine/schemas"
)

// TestEverythingIsEncrypted runs vitrine up with TLS and mTLS on HTTP, NATS and ClickHouse, takes events
// over HTTPS, counts and verifies them; tries each link in each way that must not work; and renews the
// certificates of the running process.
func TestEverythingIsEncrypted(t *testing.T) {
	ca, foreign := testkit.NewCA(t), testkit.NewCA(t)
	tomorrow := time.Now().Add(12 * time.Hour)
	cert, key := ca.Issue(t, "server", tomorrow, "127.0.0.1")
	mine, myKey := ca.Issue(t, "client", tomorrow)
	theirs, theirKey := foreign.Issue(t, "client", tomorrow)
	addrs, web, natsURL, clickhouseURL := addresses(t)
	secure := strings.NewReplacer("http://", "https://", "nats://", "tls://")
	web, clickhouseURL = secure.Replace(web), secure.Replace(clickhouseURL)
	data := t.TempDir()
	args := append([]string{"up", "--data", data, "--nats-require-credentials", "--tls-cert", cert, "--tls-key", key, "--tls-client-ca", ca.File}, addrs...)
	for _, server := range []string{"nats-server", "clickhouse-server"} {
		args = append(args, "--"+server+"-tls-ca", ca.File, "--"+server+"-tls-cert", cert, "--"+server+"-tls-key", key)
	}
	up := start(t, args...)
	browser := httpsClient(t, ca, mine, myKey)
	get := func(c *http.Client, path string) (body string, header http.Header, err error) {
		response, err := c.Get(web + path)
		if err != nil {
			return "", nil, err
		}
		defer response.Body.Close()
		raw, err := io.ReadAll(response.Body)
		if err == nil && response.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s %s", path, response.Status, raw)
		}
		return string(raw), response.Header, err
	}
	testkit.Eventually(t, time.Minute, func() error { _, _, err := get(browser, "/readyz"); return err })
	if !strings.Contains(up.out.String(), web) {
		t.Errorf("it doesn't say that it is at %s", web)
	}

	// The way of an event: a token over NATS, the event over HTTPS, the proof over both.
	links := []string{"--nats-url", secure.Replace(natsURL), "--nats-creds", filepath.Join(data, "keys", "service.creds"), "--clickhouse-url", clickhouseURL}
	for _, l := range []string{"nats", "clickhouse"} {
		links = append(links, "--"+l+"-tls-ca", ca.File, "--"+l+"-tls-cert", mine, "--"+l+"-tls-key", myKey)
	}
	status, out, errs := command(t, "", "", append([]string{"lab", "add", "atelier-nord", "--name", "Atelier Nord", "--commune", "Lille", "--creds-out", "none", "--data", data}, links...)...)
	if status != 0 {
		t.Fatalf("lab add exits %d: %s", status, errs)
	}
	token := tokenLine.FindStringSubmatch(out)[1]
	lab, err := client.New(client.Config{URL: web, Token: token, Transport: browser.Transport})
	if err != nil {
		t.Fatal(err)
	}
	send := func(seconds int) {
		t.Helper()
		at := time.Now().AddDate(0, 0, -1).Truncate(time.Second).Add(time.Duration(seconds) * time.Second)
		event, err := schemas.NewEvent("atelier-nord", "", at, schemas.TrainingHeld{End: at.Add(time.Hour), Topic: "machine_laser_vinyl", Audience: "companies", Attendees: 7})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		testkit.Eventually(t, time.Minute, func() error { return lab.Publish(ctx, event) }) // a token counts once the gateway has heard of it
	}
	send(0)
	body, header, err := get(browser, "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	for _, use := range []string{"http", "nats-server", "clickhouse-server"} {
		if line := fmt.Sprintf("vitrine_certificate_expiry_seconds{use=%q} ", use); !strings.Contains(body, line) {
			t.Errorf("no metric %s", line)
		}
	}
	if header.Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security")
	}

	t.Run("refused", func(t *testing.T) {
		swap := func(from, to string) []string {
			out := append([]string{}, links...)
			for i, a := range out {
				if a == from {
					out[i] = to
				}
			}
			return out
		}
		without := func(flag string) (out []string) {
			for i := 0; i < len(links); i += 2 {
				if !strings.HasPrefix(links[i], flag) {
					out = append(out, links[i], links[i+1])
				}
			}
			return out
		}
		stranger := swap(mine, theirs)
		for i, a := range stranger {
			if a == myKey {
				stranger[i] = theirKey
			}
		}
		name := func(url string) string { return strings.Replace(url, "127.0.0.1", "localhost", 1) }
		natsURL := secure.Replace(natsURL)
		plain := strings.Replace(clickhouseURL, "https", "http", 1)
		for title, c := range map[string]struct {
			command string
			links   []string
			says    []string
		}{
			"NATS: another CA":                  {"alerts", swap(ca.File, foreign.File), []string{natsURL, "--nats-tls-ca"}},
			"NATS: no CA":                       {"alerts", without("--nats-tls"), []string{"--nats-tls-ca"}},
			"NATS: no certificate":              {"alerts", append(without("--nats-tls"), "--nats-tls-ca", ca.File), []string{"asks for a client certificate", "--nats-tls-cert"}},
			"NATS: a stranger's certificate":    {"alerts", stranger, []string{"client certificate", "--nats-tls-cert"}},
			"NATS: another host name":           {"alerts", swap(natsURL, name(natsURL)), []string{"isn't for localhost but for 127.0.0.1"}},
			"ClickHouse: another CA":            {"status", swap(ca.File, foreign.File), []string{"ClickHouse at " + clickhouseURL, "--clickhouse-tls-ca"}},
			"ClickHouse: no CA":                 {"status", without("--clickhouse-tls"), []string{"--clickhouse-tls-ca"}},
			"ClickHouse: no certificate":        {"status", append(without("--clickhouse-tls"), "--clickhouse-tls-ca", ca.File), []string{"asks for a client certificate", "--clickhouse-tls-cert"}},
			"ClickHouse: a stranger's":          {"status", stranger, []string{"doesn't trust the CA of the client certificate"}},
			"ClickHouse: another host name":     {"status", swap(clickhouseURL, name(clickhouseURL)), []string{"isn't for localhost but for 127.0.0.1"}},
			"ClickHouse: TLS wanted, http":      {"status", swap(clickhouseURL, plain), []string{"isn't encrypted", "https://"}},
			"ClickHouse: plaintext":             {"status", append(without("--clickhouse"), "--clickhouse-url", plain), []string{"HTTPS"}},
			"both: a certificate without a key": {"status", without("--nats-tls-key"), []string{"--nats-tls", "name both files"}},
		} {
			t.Run(title, func(t *testing.T) {
				status, out, errs := command(t, "", "", append([]string{c.command}, c.links...)...)
				if status == 0 {
					t.Fatalf("it worked: %s", out)
				}
				for _, want := range c.says {
					if !strings.Contains(errs, want) {
						t.Errorf("%q doesn't say %q", errs, want)
					}
				}
			})
		}
		old := &tls.Config{RootCAs: browser.Transport.(*http.Transport).TLSClientConfig.RootCAs, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS12}
		if conn, err := nats.Connect(natsURL, nats.Secure(old)); err == nil || !strings.Contains(err.Error(), "protocol version") {
			t.Errorf("NATS with TLS 1.2: %v", err)
			conn.Close()
		}
		for title, c := range map[string]*http.Client{
			"no certificate": httpsClient(t, ca, "", ""), "a stranger's": httpsClient(t, ca, theirs, theirKey), "another CA": httpsClient(t, foreign, mine, myKey),
		} {
			if _, _, err := get(c, "/healthz"); err == nil {
				t.Errorf("pages, %s: it got in", title)
			}
		}
	})

	t.Run("renewed", func(t *testing.T) {
		ca.Issue(t, "server", tomorrow.Add(time.Hour), "127.0.0.1")
		want := regexp.MustCompile(fmt.Sprintf(`vitrine_certificate_expiry_seconds\{use="[a-z-]+"\} %s`, regexp.QuoteMeta(metricTime(tomorrow.Add(time.Hour)))))
		testkit.Eventually(t, 10*time.Second, func() error {
			body, _, err := get(browser, "/metrics")
			if n := len(want.FindAllString(body, -1)); err == nil && n != 3 {
				err = fmt.Errorf("%d of 3 certificates are the new ones", n)
			}
			return err
		})
		browser.CloseIdleConnections()
		send(1)
		if status, out, errs := command(t, "", "", append([]string{"verify"}, links...)...); status != 0 {
			t.Errorf("verify exits %d:\n%s%s", status, out, errs)
		}
	})
	up.stop()
	if strings.Contains(up.out.String(), "level=ERROR") {
		t.Errorf("errors were logged:\n%s", up.out)
	}
}

// metricTime is a time as metrics show it.
func metricTime(at time.Time) string { return fmt.Sprint(float64(at.Unix())) }

// httpsClient trusts a CA, and shows a certificate if there is one.
func httpsClient(t *testing.T, ca *testkit.CA, cert, key string) *http.Client {
	t.Helper()
	raw, err := os.ReadFile(ca.File)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{RootCAs: x509.NewCertPool()}
	config.RootCAs.AppendCertsFromPEM(raw)
	if cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: config}, Timeout: time.Minute}
	t.Cleanup(c.CloseIdleConnections)
	return c
}
