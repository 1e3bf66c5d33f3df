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
	// bytes is the size of the messages' data, largest the size of the largest.
	bytes, largest int
	rows           []clickhouse.Row
	rejected       []clickhouse.Rejection
	touched        []clickhouse.Cell
	rest           func() // ends keepAlive
}

func (b *batch) add(m jetstream.Msg) {
	b.messages = append(b.messages, m)
	b.bytes, b.largest = b.bytes+len(m.Data()), max(b.largest, len(m.Data()))
}

// What a batch takes in memory, whatever is sent: 5,000 of the largest messages that the stream lets
// in (260 KiB) would take 1.3 GB. They are asked for some at a time, and fewer of large ones: the
// client drops what it has no room for (64 MiB), and that comes again after AckWait only.
const (
	maxBatchBytes = 64 << 20
	maxFetchBytes = 32 << 20
	maxFetch      = 200
)

// fill fetches until the batch has so many messages, maxBatchBytes, or is so old.
func (b *batch) fill(pull jetstream.Consumer, size int, age time.Duration) error {
	for until := time.Now().Add(age); len(b.messages) < size && b.bytes < maxBatchBytes; {
		left := time.Until(until)
		if left < time.Millisecond {
			return nil
		}
		n := min(size-len(b.messages), maxFetch, max(1, maxFetchBytes/max(1, b.largest)))
		more, err := pull.Fetch(n, jetstream.FetchMaxWait(left))
		if err != nil {
			return err
		}
		for m := range more.Messages() {
			b.add(m)
		}
		if err := more.Error(); err != nil {
			return err
		}
	}
	return nil
}

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
