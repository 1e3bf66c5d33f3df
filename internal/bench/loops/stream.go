package loops

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// stream gives a durable consumer's messages in batches, without what the client library does for each message. It ends
// with the last of so many, or with ctx.
func stream(ctx context.Context, conn *nats.Conn, info *jetstream.ConsumerInfo, messages, size int) iter.Seq[[]*nats.Msg] {
	return func(yield func([]*nats.Msg) bool) {
		arrived := make(chan []*nats.Msg, 4)
		inbox := nats.NewInbox()
		request := func(n int) error {
			subject := fmt.Sprintf("$JS.API.CONSUMER.MSG.NEXT.%s.%s", info.Stream, info.Name)
			return conn.PublishRequest(subject, inbox, fmt.Appendf(nil, `{"batch":%d,"expires":%d}`, n, time.Minute.Nanoseconds()))
		}
		total := 0
		batch := make([]*nats.Msg, 0, size)
		sub, err := conn.Subscribe(inbox, func(m *nats.Msg) {
			if len(m.Data) == 0 || total >= messages { // a status: a request is over; or delivered again
				return
			}
			batch = append(batch, m)
			total++
			if len(batch) < size && total < messages {
				return
			}
			if total < messages { // asked for in time, so that the server always has two to fill
				_ = request(size)
			}
			select {
			case arrived <- batch:
			case <-ctx.Done():
			}
			batch = make([]*nats.Msg, 0, size)
			if total >= messages {
				close(arrived)
			}
		})
		if err != nil || sub.SetPendingLimits(-1, -1) != nil {
			return
		}
		defer func() { _ = sub.Unsubscribe() }() // the connection is closed next
		for range 2 {
			if request(size) != nil {
				return
			}
		}
		for {
			select {
			case <-ctx.Done():
				return
			case b, more := <-arrived:
				if !more || !yield(b) {
					return
				}
			}
		}
	}
}
