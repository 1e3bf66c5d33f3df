package rejected

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// Log publishes rejections, each once. Its methods may be called from several goroutines; they wait for each other.
type Log struct {
	js jetstream.JetStream
	mu sync.Mutex
	// known are the rejections that the stream has of messages from the sequence from on, read up to before next.
	known map[uint64]bool
	from  uint64
	next  uint64
	most  int // known rejections, but for those that a batch may be about
}

// confirmWithin bounds the wait for a confirmation, as jetstream does for what isn't published side by side.
const confirmWithin = 5 * time.Second

// ForgetAfter is for jetstream.WithPublishAsyncTimeout: a JetStream that a [Log] publishes by, and that wasn't made so, keeps what was never confirmed until
// it connects again.
const ForgetAfter = inFlight * confirmWithin

// NewLog is a log that has read nothing yet. See [ForgetAfter] for how js is made.
func NewLog(js jetstream.JetStream) *Log {
	return &Log{js: js, known: map[uint64]bool{}, next: 1, most: mostKnown}
}

// Add publishes the rejections that aren't in the stream yet. It may be repeated, after however long and
// by whichever process: it looks into the stream first. Should two consumers add the same one at
// once, its message id makes them one.
func (l *Log) Add(ctx context.Context, rejections []clickhouse.Rejection) error {
	if len(rejections) == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.look(ctx, rejections); err != nil {
		return err
	}
	taken := map[uint64]bool{} // a message may have been given to a batch twice
	missing := slices.DeleteFunc(slices.Clone(rejections), func(r clickhouse.Rejection) bool {
		again := l.known[r.StreamSeq] || taken[r.StreamSeq]
		taken[r.StreamSeq] = true
		return again
	})
	for some := range slices.Chunk(missing, inFlight) {
		if err := l.publish(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// mostKnown takes about 40 MB.
const mostKnown = 1_000_000

// look reads what the stream has got since the last look, and all of it the first time. Its times would spare
// most of that, but they aren't to be relied on: a clock that goes back puts a rejection before its own event.
func (l *Log) look(ctx context.Context, rejections []clickhouse.Rejection) error {
	oldest := rejections[0].StreamSeq
	for _, r := range rejections {
		oldest = min(oldest, r.StreamSeq)
	}
	if oldest < l.from { // what was forgotten is asked for again
		l.known, l.from, l.next = map[uint64]bool{}, 0, 1
	}
	position := jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: l.next}
	defer func() {
		if len(l.known) > l.most {
			maps.DeleteFunc(l.known, func(about uint64, _ bool) bool { return about < oldest })
			l.from = oldest
		}
	}()
	return read(ctx, l.js, position, func(e entry) {
		if e.headers(headerResolution) == "" {
			l.known[e.about()] = true
		}
		l.next = e.seq + 1
	})
}

// inFlight is how many rejections are on their way at once: the server flushes each to its disk before it confirms it.
const inFlight = 64

// publish publishes rejections and waits until the stream has each. What it fails for may be there all the same: the next look tells.
func (l *Log) publish(ctx context.Context, rejections []clickhouse.Rejection) error {
	confirmed := make([]jetstream.PubAckFuture, len(rejections))
	for i, r := range rejections {
		var err error
		if confirmed[i], err = l.js.PublishMsgAsync(message(r), jetstream.WithMsgID("rejected-"+sequence(r))); err != nil {
			return fmt.Errorf("publish rejection of message %d: %w", r.StreamSeq, err)
		}
	}
	for i, r := range rejections {
		if err := confirm(ctx, confirmed[i]); err != nil {
			return fmt.Errorf("publish rejection of message %d: %w", r.StreamSeq, err)
		}
		l.known[r.StreamSeq] = true
	}
	return nil
}

// confirm waits for one confirmation after the other: a disk that is slow has time for each.
func confirm(ctx context.Context, published jetstream.PubAckFuture) error {
	ctx, cancel := context.WithTimeoutCause(ctx, confirmWithin, fmt.Errorf("not confirmed within %s", confirmWithin))
	defer cancel()
	select {
	case <-published.Ok():
		return nil
	case err := <-published.Err():
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func sequence(r clickhouse.Rejection) string { return strconv.FormatUint(r.StreamSeq, 10) }

func message(r clickhouse.Rejection) *nats.Msg {
	m := nats.NewMsg(schemas.SubjectRejected(r.Lab))
	m.Data = []byte(r.Raw)
	m.Header.Set(headerReason, cut(r.Reason.EN))
	m.Header.Set(headerReasonFR, cut(r.Reason.FR))
	m.Header.Set(headerCode, r.Code)
	m.Header.Set(headerField, cut(r.Field))
	m.Header.Set(headerSubject, cut(r.Subject))
	m.Header.Set(headerSeq, sequence(r))
	return m
}

// maxHeader bounds a header's value, in bytes: a stream takes 64 KiB of headers a message, and a name that
// somebody made up for a field may be longer. ClickHouse has it whole.
const maxHeader = 4 << 10

// cut shortens a header's value, between characters.
func cut(s string) string {
	if len(s) <= maxHeader {
		return s
	}
	return strings.ToValidUTF8(s[:maxHeader], "") + "…"
}
