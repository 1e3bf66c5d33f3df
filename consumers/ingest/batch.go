package ingest

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
)

// batch is what the loops have in hand. Its memory is used again.
type batch struct {
	messages []message
	decided  int // of the messages
	// bytes is the size of the messages' data, largest the size of the largest.
	bytes, largest int
	coming         jetstream.MessageBatch // that was asked for; nil for none
	behind         int                    // messages that waited in the stream when the last one was delivered
	dry            bool                   // the stream gave none when it was asked last
	began          time.Time              // when the first message came
	made           *clickhouse.Made       // when the first was decided; nil before
	rows           []clickhouse.Row
	parts          parts // of the rows
	rejected       []clickhouse.Rejection
	doubtful       []clickhouse.EventID // may stand elsewhere, too
	moved          []clickhouse.Cell    // where events stand or stood that moved
	cells          int                  // that were computed

	mu   sync.Mutex // of messages, which keepAlive reads
	told int        // messages that there were when it looked last
	rest func()     // ends keepAlive
}

// message is what the stream holds, as it was delivered.
type message struct {
	seq         uint64
	received    time.Time
	redelivered bool
	reply       string // where its delivery is answered
	// subject and raw are as they were sent, until it is decided what becomes of it: while a batch is counted they would be half of its memory.
	subject string
	raw     []byte
}

// The answers to a delivery, as JetStream's consumers have them: what becomes of it is told by its reply subject alone, when its message is no longer kept.
const (
	acknowledged = "+ACK"
	givenBack    = "-NAK"
	inProgress   = "+WPI"
)

func (b *batch) add(m jetstream.Msg) error {
	meta, err := m.Metadata()
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages = append(b.messages, message{
		seq: meta.Sequence.Stream, received: meta.Timestamp.UTC(), redelivered: meta.NumDelivered > 1, reply: m.Reply(), subject: m.Subject(), raw: m.Data(),
	})
	b.bytes, b.largest = b.bytes+len(m.Data()), max(b.largest, len(m.Data()))
	b.behind = int(meta.NumPending)
	return nil
}

// receive adds the messages that were asked for.
func (b *batch) receive() error {
	coming, before := b.coming, len(b.messages)
	if coming == nil {
		return nil
	}
	b.coming = nil
	for m := range coming.Messages() {
		if err := b.add(m); err != nil {
			return fmt.Errorf("message on %s without metadata: %w", m.Subject(), err)
		}
	}
	b.dry = len(b.messages) == before
	return coming.Error()
}

// grow makes room for the messages that were asked for, and their rows. Where many came already it is room for all that may come: growing step by
// step copies them each time, to memory that was never touched before.
func (b *batch) grow(asked int, most room) {
	if len(b.messages) > most.messages/10 {
		asked = most.messages - len(b.messages)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages = slices.Grow(b.messages, asked)
	b.rows = slices.Grow(b.rows, len(b.messages)-len(b.rows)+asked)
}

// empty makes a batch ready for other messages.
func (b *batch) empty() {
	if b.rest != nil {
		b.rest()
	}
	clear(b.messages)
	clear(b.rows)
	b.parts.reset()
	b.messages, b.rows, b.rejected, b.moved = b.messages[:0], b.rows[:0], b.rejected[:0], nil
	b.doubtful, b.made = nil, nil
	b.decided, b.bytes, b.largest, b.behind, b.dry, b.told, b.rest = 0, 0, 0, 0, false, 0, nil
}

// What a batch takes in memory, whatever is sent: 100,000 of the largest messages that the stream lets
// in (260 KiB) would take 26 GB. They are asked for some at a time, and no more bytes of them than there is room for.
const (
	maxBatchBytes = 64 << 20
	minFetch      = 200
	maxFetch      = 10_000
	minFetchBytes = 1 << 20 // of a message that is larger the stream would give none
)

// room is what a batch may hold. It is asked for half of the bytes at once.
type room struct{ messages, bytes int }

// full says that a batch takes no more.
func (b *batch) full(most room) bool {
	return len(b.messages) >= most.messages || b.bytes >= most.bytes
}

// next is how many messages to ask for: more each time, since the first ones tell how large they are.
func (b *batch) next(most room) int {
	n := min(maxFetch, max(minFetch, 4*len(b.messages)), most.bytes/2/max(1, b.largest))
	return min(most.messages-len(b.messages), max(1, n))
}

// left is how many bytes to ask for.
func (b *batch) left(most room) int { return max(minFetchBytes, most.bytes-b.bytes) }

// keepAlive tells the stream every so often that the messages are being worked on, so that a long
// batch isn't delivered to somebody else meanwhile. That would cost work, not exactness.
func (b *batch) keepAlive(answers Answers, every time.Duration) {
	done, ended := make(chan struct{}), make(chan struct{})
	b.rest = sync.OnceFunc(func() {
		close(done)
		<-ended
	})
	go func() {
		defer close(ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				messages := b.long()
				for i := range messages {
					select {
					case <-done:
						return
					default:
					}
					if answers.Publish(messages[i].reply, []byte(inProgress)) != nil {
						break // the connection is down; the next tick tries again
					}
				}
			}
		}
	}()
}

// long are the messages that were there when it was called before, too. One that came since needs no sign of life yet, and most are counted before they need any: a
// sign costs as much as an acknowledgement.
func (b *batch) long() []message {
	b.mu.Lock()
	defer b.mu.Unlock()
	long := b.messages[:b.told]
	b.told = len(b.messages)
	return long
}
