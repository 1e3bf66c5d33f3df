package testkit

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

// JetStream connects to a server until the test ends.
func JetStream(t testing.TB, url string) jetstream.JetStream {
	t.Helper()
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatalf("connect to NATS at %s: %v", url, err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// Streams is a server of the test's own, with Vitrine's streams and nothing in them.
func Streams(t testing.TB) jetstream.JetStream {
	t.Helper()
	js := JetStream(t, NATS(t))
	for _, s := range schemas.Streams() {
		if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: s.Name, Subjects: s.Subjects}); err != nil {
			t.Fatalf("create stream %s: %v", s.Name, err)
		}
	}
	return js
}
