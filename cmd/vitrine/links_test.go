package main

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/internal/natsd"
	"vitrine/internal/testkit"
)

// TestUnansweredIsSaidPlainly: who asks ClickHouse without having pinged it before reads where it was looked for, not the whole question.
func TestUnansweredIsSaidPlainly(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	for lang, want := range map[string]string{"fr": "vitrine: ClickHouse ne répond pas à ", "en": "vitrine: ClickHouse at "} {
		var out bytes.Buffer
		env := &environment{Stdout: io.Discard, Stderr: &out, Getenv: func(string) string { return "" }}
		if code := run(t.Context(), env, []string{"period", "list", "--lang", lang, "--clickhouse-url", closed.URL + "/vitrine"}); code != 1 {
			t.Errorf("exit status %d, want 1", code)
		}
		if got := out.String(); !strings.HasPrefix(got, want+closed.URL) || strings.Contains(got, "param_") || !strings.Contains(got, "--clickhouse-url") {
			t.Errorf("%s", got)
		}
	}
}

// TestAConnectionOutlastsRefusals: a server that refuses what it took before, because its accounts aren't read yet or the
// credentials' file is replaced a moment later, must find everybody there again once it takes them.
func TestAConnectionOutlastsRefusals(t *testing.T) {
	dir, port, refused := t.TempDir(), natsd.AnyPort, atomic.Int32{}
	serve := func(password string) (address string, stop func()) {
		return testkit.Serve(t, natsd.Config{Dir: dir, Port: port, User: "vitrine", Password: password, SyncInterval: time.Second, OnRefusal: func(natsd.Refusal) { refused.Add(1) }})
	}
	address, stop := serve("right")
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	_, digits, err := net.SplitHostPort(at.Host)
	if err != nil {
		t.Fatal(err)
	}
	if port, err = strconv.Atoi(digits); err != nil {
		t.Fatal(err)
	}
	at.User = url.UserPassword("vitrine", "right")
	conn, err := (&environment{Config: config{NATSURL: at.String()}}).dialNATS(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	stop()
	_, stop = serve("another")
	testkit.Eventually(t, time.Minute, func() error {
		if n := refused.Load(); n < 3 && !conn.IsClosed() {
			return errors.New("not refused three times yet")
		}
		return nil
	})
	stop()
	if conn.IsClosed() {
		t.Fatal("the connection was given up")
	}
	serve("right")
	testkit.Eventually(t, time.Minute, func() error {
		if !conn.IsConnected() {
			return errors.New("not connected again")
		}
		return nil
	})
}
