package testkit

import (
	"os"
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
	server, err := natsd.New(natsd.Config{Dir: dir, Port: natsd.AnyPort, SyncInterval: time.Second}) // no test cuts its power
	if err != nil {
		t.Fatalf("configure NATS: %v", err)
	}
	stop, err := start(server)
	if err != nil {
		_ = os.RemoveAll(dir)
		t.Fatalf("start NATS: %v", err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("stop NATS: %v", err)
		}
		if t.Failed() {
			_ = keep(dir) // at worst a later run removes it
			t.Logf("the NATS store is kept in %s", dir)
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove the NATS store: %v", err)
		}
	})
	return server.URL()
}
