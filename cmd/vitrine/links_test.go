package main

import (
	"errors"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/internal/natsd"
	"vitrine/internal/testkit"
)

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
