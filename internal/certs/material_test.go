package certs_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"vitrine/internal/certs"
	"vitrine/internal/testkit"
)

func material(t *testing.T, c certs.Config) *certs.Material {
	t.Helper()
	c.Use, c.Recheck = "test", time.Nanosecond // a look at each connection
	m, err := certs.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// site answers "ok" over HTTPS, and gives its address by each of its names.
func site(t *testing.T, config *tls.Config) (byAddress, byName string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{TLSConfig: config, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }),
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)}
	done := make(chan error, 1)
	go func() { done <- server.ServeTLS(l, "", "") }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return "https://127.0.0.1:" + port, "https://localhost:" + port
}

// ask makes one request over a connection of its own.
func ask(url string, config *tls.Config) error {
	c := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	resp, err := c.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "ok" {
		return fmt.Errorf("%s %q %w", resp.Status, body, err)
	}
	return nil
}

// TestConnectionsThatAreRefused tries each way in which a link with mTLS isn't made, and what is said of it.
func TestConnectionsThatAreRefused(t *testing.T) {
	ca, foreign := testkit.NewCA(t), testkit.NewCA(t)
	cert, key := ca.Issue(t, "server", later, "127.0.0.1")
	server := material(t, certs.Config{Files: certs.Files{CA: ca.File, Cert: cert, Key: key}, Server: true})
	url, wrongName := site(t, server.Server(tls.VersionTLS12))
	client, clientKey := ca.Issue(t, "client", later)
	theirs, theirKey := foreign.Issue(t, "theirs", later)
	mine := func(c certs.Files) *tls.Config { return material(t, certs.Config{Files: c}).Client() }
	good := mine(certs.Files{CA: ca.File, Cert: client, Key: clientKey})
	if err := ask(url, good); err != nil {
		t.Fatalf("the good client: %v", err)
	}
	old := good.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	// A client doesn't use a certificate of its own that has expired; somebody else's might.
	expired, expiredKey := ca.Issue(t, "expired", before)
	pair, err := tls.LoadX509KeyPair(expired, expiredKey)
	if err != nil {
		t.Fatal(err)
	}
	late := good.Clone()
	late.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	for name, c := range map[string]struct {
		url    string
		config *tls.Config
		advice string
	}{
		"another CA":                 {url, mine(certs.Files{CA: foreign.File, Cert: client, Key: clientKey}), "--x-tls-ca"},
		"no client certificate":      {url, mine(certs.Files{CA: ca.File}), "asks for a client certificate"},
		"a stranger's certificate":   {url, mine(certs.Files{CA: ca.File, Cert: theirs, Key: theirKey}), "doesn't trust the CA of the client certificate"},
		"expired client certificate": {url, late, "has expired (--x-tls-cert)"},
		"another host name":          {wrongName, good, "isn't for localhost but for 127.0.0.1"},
		"TLS 1.1":                    {url, old, "1.2 or 1.3 is needed"},
	} {
		t.Run(name, func(t *testing.T) {
			err := ask(c.url, c.config)
			if err == nil {
				t.Fatal("it got in")
			}
			if said := certs.Explain(err, "x"); !strings.Contains(said, c.advice) {
				t.Errorf("%v\nis explained by %q, want %q in it", err, said, c.advice)
			}
		})
	}
	t.Run("plaintext", func(t *testing.T) {
		resp, err := http.Get(strings.Replace(url, "https", "http", 1))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), "HTTPS") {
			t.Errorf("%s %q", resp.Status, body)
		}
	})
	t.Run("a server without TLS", func(t *testing.T) {
		plain := &http.Server{Handler: http.NotFoundHandler()}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer plain.Close()
		go func() { _ = plain.Serve(l) }()
		if said := certs.Explain(ask("https://"+l.Addr().String(), good), "x"); !strings.Contains(said, "speaks no TLS") {
			t.Errorf("explained by %q", said)
		}
	})
	t.Run("a server whose certificate expired while it ran", func(t *testing.T) {
		gone := tls.Config{Certificates: []tls.Certificate{pair}}
		url, _ := site(t, &gone)
		if said := certs.Explain(ask(url, mine(certs.Files{CA: ca.File})), "x"); !strings.Contains(said, "renew it") {
			t.Errorf("explained by %q", said)
		}
	})
}

// TestCertificatesAreReplacedUnderLoad renews the server's and the clients' certificates, and the CA of
// the clients, while requests come in: none fails, and the new ones are in use.
func TestCertificatesAreReplacedUnderLoad(t *testing.T) {
	ca := testkit.NewCA(t)
	cert, key := ca.Issue(t, "server", later, "127.0.0.1")
	clientCert, clientKey := ca.Issue(t, "client", later)
	server := material(t, certs.Config{Files: certs.Files{CA: ca.File, Cert: cert, Key: key}, Server: true})
	client := material(t, certs.Config{Files: certs.Files{CA: ca.File, Cert: clientCert, Key: clientKey}})
	url, _ := site(t, server.Server(tls.VersionTLS13, "h2", "http/1.1"))
	var sent, failed atomic.Int64
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := ask(url, client.Client()); err != nil {
					failed.Add(1)
					t.Errorf("a request failed: %v", err)
				}
				sent.Add(1)
			}
		})
	}
	for i := range 5 {
		until := later.Add(time.Duration(i+1) * time.Minute)
		ca.Issue(t, "server", until, "127.0.0.1")
		ca.Issue(t, "client", until)
		for was := sent.Load(); sent.Load() < was+20 && failed.Load() == 0; {
			time.Sleep(time.Millisecond)
		}
		if got := server.Expires().Sub(until).Abs(); got > time.Second {
			t.Errorf("after renewal no. %d the former certificate is in use", i+1)
		}
	}
	close(stop)
	group.Wait()
	t.Logf("%d requests over new connections, 5 renewals of both sides, %d failed", sent.Load(), failed.Load())
}

// TestBadReplacementIsNotUsed: the former certificate goes on, and the failure is logged once and counted.
func TestBadReplacementIsNotUsed(t *testing.T) {
	ca := testkit.NewCA(t)
	cert, key := ca.Issue(t, "server", later, "127.0.0.1")
	var log strings.Builder
	m := material(t, certs.Config{Files: certs.Files{Cert: cert, Key: key}, Server: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	registry := prometheus.NewPedanticRegistry()
	if err := m.Register(registry); err != nil {
		t.Fatal(err)
	}
	url, _ := site(t, m.Server(tls.VersionTLS12))
	client := material(t, certs.Config{Files: certs.Files{CA: ca.File}}).Client()
	if err := os.WriteFile(cert, []byte("half a cert"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := ask(url, client); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 1 || !strings.Contains(log.String(), cert) {
		t.Errorf("%d errors logged, want 1 that names %s:\n%s", n, cert, log.String())
	}
	if m.Failures() < 3 {
		t.Errorf("%d failures counted", m.Failures())
	}
	want := fmt.Sprintf("# HELP vitrine_certificate_expiry_seconds When the TLS certificate of this use ends, in Unix time.\n"+
		"# TYPE vitrine_certificate_expiry_seconds gauge\nvitrine_certificate_expiry_seconds{use=\"test\"} %v\n", float64(later.Unix()))
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "vitrine_certificate_expiry_seconds"); err != nil {
		t.Error(err)
	}
	ca.Issue(t, "server", later.Add(time.Hour), "127.0.0.1")
	if m.Expires().Before(later.Add(time.Minute)) {
		t.Error("a good replacement after a bad one isn't used")
	}
}

// TestOwnConnections: the process trusts its own server alone, by whatever name, also after a renewal;
// nobody else's certificate gets in that way.
func TestOwnConnections(t *testing.T) {
	ca := testkit.NewCA(t)
	cert, key := ca.Issue(t, "server", later, "programme.example")
	server := material(t, certs.Config{Files: certs.Files{CA: ca.File, Cert: cert, Key: key}, Server: true})
	url, byName := site(t, server.Server(tls.VersionTLS13))
	own, err := server.Own()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := errors.Join(ask(url, own), ask(byName, own)); err != nil {
			t.Fatal(err)
		}
		ca.Issue(t, "server", later.Add(time.Hour), "other.example")
	}
	another := material(t, certs.Config{Files: certs.Files{CA: ca.File, Cert: cert, Key: key}, Server: true})
	url, _ = site(t, another.Server(tls.VersionTLS13))
	if err := ask(url, own); err == nil {
		t.Error("the certificate that was made for one server lets into another")
	}
	stranger, strangerKey := ca.Issue(t, "stranger", later, "programme.example")
	url, _ = site(t, material(t, certs.Config{Files: certs.Files{Cert: stranger, Key: strangerKey}, Server: true}).Server(tls.VersionTLS13))
	if said := certs.Explain(ask(url, own), "x"); !strings.Contains(said, "another program") {
		t.Errorf("another server of the same CA is explained by %q", said)
	}
}
