package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

// How often the NATS server is asked whether it still has the stream, and after how many failures in a row another one
// is tried. In all that is above what a cluster takes to elect a leader.
const (
	askEvery   = 5 * time.Second
	askedTwice = 2
)

// leaveIsolated goes on to another NATS server, where there are several, when the one that it is connected to can't reach
// the stream's leader: a server that is cut off from its cluster keeps its clients. It returns when the
// connection is closed.
func leaveIsolated(conn *nats.Conn, js jetstream.JetStream, logger *slog.Logger) {
	failures := 0
	for tick := time.NewTicker(askEvery); !conn.IsClosed(); <-tick.C {
		if len(conn.Servers()) < 2 || !conn.IsConnected() {
			failures = 0
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), askEvery)
		_, err := js.Stream(ctx, schemas.StreamEvents)
		cancel()
		if failures++; err == nil {
			failures = 0
		}
		if failures == askedTwice && conn.IsConnected() {
			logger.Warn("NATS server doesn't reach the stream, trying another one", "url", conn.ConnectedUrlRedacted(), "error", err)
			_ = conn.ForceReconnect() // it was closed meanwhile
			failures = 0
		}
	}
}
