package testkit

import (
	"os"
	"sync"
	"testing"
	"time"

	"vitrine/internal/natsd"
)

// natsPrefix begins the names of the servers' folders in the temporary folder.
const natsPrefix = "vitrine-nats-"

// NATS starts a JetStream server of the test's own on a free port and returns
// its URL. It stops with the test. Its folder is removed, unless the test
// failed: then it stays, and the test's log says where.
func NATS(t testing.TB) string {
	t.Helper()
	removeStale(natsPrefix, "natsd.lock")
	dir, err := os.MkdirTemp("", natsPrefix)
	if err != nil {
		t.Fatalf("make a folder for NATS: %v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			_ = keep(dir) // at worst a later run removes it
			t.Logf("the NATS store is kept in %s", dir)
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove the NATS store: %v", err)
		}
	})
	url, _ := Serve(t, natsd.Config{Dir: dir, Port: natsd.AnyPort, SyncInterval: time.Second}) // no test cuts its power
	return url
}

// Serve runs a JetStream server and returns its URL once it is ready. It runs until stop is called, or to the test's end; what is
// stopped can be served again from its folder.
func Serve(t testing.TB, c natsd.Config) (url string, stop func()) {
	t.Helper()
	server, err := natsd.New(c)
	if err != nil {
		t.Fatalf("configure NATS: %v", err)
	}
	end, err := start(server)
	if err != nil {
		t.Fatalf("start NATS: %v", err)
	}
	stop = sync.OnceFunc(func() {
		if err := end(); err != nil {
			t.Errorf("stop NATS: %v", err)
		}
	})
	t.Cleanup(stop)
	return server.URL(), stop
}
