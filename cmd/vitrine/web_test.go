package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// serving serves a handler until stop is called; ended gives what serveUntil returned.
func serving(t *testing.T, site *website) (addr string, stop context.CancelFunc, ended <-chan error) {
	t.Helper()
	l, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	result := make(chan error, 1)
	go func() { result <- serveUntil(ctx, site, l) }()
	return l.Addr().String(), stop, result
}

// A request that is under way when the server is asked to stop is answered, and what works for it ends after it.
func TestRequestsFinishWhenTheServerStops(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	closed, helped := false, make(chan struct{})
	site := &website{close: func() { closed = true }, Server: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		if closed {
			t.Error("what the request needs was closed before it ended")
		}
		fmt.Fprint(w, "whole")
	})}}
	site.helpers = append(site.helpers, func(ctx context.Context) error {
		<-ctx.Done()
		close(helped)
		return nil
	})
	addr, stop, ended := serving(t, site)
	answers := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + addr)
		if err != nil {
			answers <- err.Error()
			return
		}
		defer resp.Body.Close()
		raw, _ := io.ReadAll(resp.Body)
		answers <- string(raw)
	}()
	<-entered
	stop()
	for { // no new connection is taken
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	select {
	case <-helped:
		t.Error("the helper ended before the request")
	default:
	}
	close(leave)
	if got := <-answers; got != "whole" {
		t.Error(got)
	}
	if err := <-ended; err != nil || !closed {
		t.Error(err, closed)
	}
	<-helped
}

// A request that takes too long is cut off when the server stops, and told so: what it works with is closed next.
func TestSlowRequestsDontFailTheStop(t *testing.T) {
	entered, left := make(chan struct{}), make(chan struct{})
	site := &website{close: func() {}, patience: 50 * time.Millisecond, Server: &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
		close(left)
	})}}
	addr, stop, ended := serving(t, site)
	answered := make(chan error, 1)
	go func() {
		resp, err := http.Get("http://" + addr)
		if err == nil {
			_ = resp.Body.Close()
		}
		answered <- err
	}()
	<-entered
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := <-answered; err == nil {
		t.Error("the request was answered")
	}
	<-left
}

// A helper that fails ends the server: nobody would notice otherwise.
func TestAHelperThatFailsEndsTheServer(t *testing.T) {
	broken := errors.New("refused by the NATS server")
	_, _, ended := serving(t, &website{close: func() {}, Server: &http.Server{}, helpers: []func(context.Context) error{
		func(context.Context) error { return broken },
		func(ctx context.Context) error { <-ctx.Done(); return nil },
	}})
	if err := <-ended; !errors.Is(err, broken) {
		t.Error(err)
	}
}

func TestTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	web := webFlags{cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem")}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := errors.Join(os.WriteFile(web.cert, certificate, 0o600), os.WriteFile(web.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600)); err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	site := &website{web: web, close: func() {}, Server: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.TLS != nil) })}}
	if err := site.encrypt(&services{logger: slog.New(slog.DiscardHandler), registry: prometheus.NewRegistry()}); err != nil {
		t.Fatal(err)
	}
	addr, stop, ended := serving(t, site)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}
	resp, err := client.Get("https://" + addr)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if raw, err := io.ReadAll(resp.Body); err != nil || string(raw) != "true" {
		t.Error(string(raw), err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	keyless := &website{web: webFlags{cert: web.cert, key: filepath.Join(dir, "missing")}, Server: &http.Server{}}
	if err := keyless.encrypt(&services{logger: slog.New(slog.DiscardHandler), registry: prometheus.NewRegistry()}); err == nil {
		t.Error("would serve without a key")
	}
}
