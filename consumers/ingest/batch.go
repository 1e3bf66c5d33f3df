package ingest

import (
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
)

// batch is what the loop has in hand.
type batch struct {
	messages []jetstream.Msg
	rows     []clickhouse.Row
	rejected []clickhouse.Rejection
	touched  []clickhouse.Cell
	rest     func() // ends keepAlive
}

func (b *batch) add(m jetstream.Msg) { b.messages = append(b.messages, m) }

// keepAlive tells the stream every so often that the messages are being worked on, so that a long
// batch isn't delivered to somebody else meanwhile. That would cost work, not exactness.
func (b *batch) keepAlive(every time.Duration) {
	done := make(chan struct{})
	b.rest = sync.OnceFunc(func() { close(done) })
	messages := b.messages
	go func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				for _, m := range messages {
					if m.InProgress() != nil {
						break // the connection is down; the next tick tries again
					}
				}
			}
		}
	}()
}
