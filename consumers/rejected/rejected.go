// Package rejected keeps the account of rejected events in the stream VITRINE_REJECTED: each rejection
// with its reasons, once, and what became of it later. ClickHouse is told from there.
//
// A message of it is a rejection or a resolution; both name the rejected event by its sequence in
// VITRINE_EVENTS. Everything is in the headers; a rejection's body is the redacted text.
package rejected

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

// Headers of a message in VITRINE_REJECTED.
const (
	headerSeq = "Vitrine-Stream-Seq"

	headerReason   = "Vitrine-Reason"
	headerReasonFR = "Vitrine-Reason-Fr"
	headerCode     = "Vitrine-Code"
	headerField    = "Vitrine-Field"
	headerSubject  = "Vitrine-Subject"

	// A message with this one is a resolution: replayed or discarded.
	headerResolution       = "Vitrine-Resolution"
	headerReplayedAs       = "Vitrine-Replayed-As"
	headerResolutionReason = "Vitrine-Resolution-Reason"
)

// readAtOnce is how many messages are asked for at a time.
const readAtOnce = 1000

// In a cluster a consumer that was just made may be another server's, and the one that is asked may not have heard of it yet.
const (
	mostUnheard  = 20
	unheardPause = 50 * time.Millisecond
)

// entry is a message of the stream without its body.
type entry struct {
	seq     uint64 // its own
	at      time.Time
	headers func(name string) string
}

// about is the sequence in VITRINE_EVENTS that the message is about; 0 if it says none.
func (e entry) about() uint64 {
	seq, err := strconv.ParseUint(e.headers(headerSeq), 10, 64)
	if err != nil {
		return 0 // somebody else's message
	}
	return seq
}

// read calls f with what is in the stream from a position on, as far as it reaches now. In a cluster whoever reads it
// out may be a server that lags behind: then it is an error, as what was rejected must not be missed.
func read(ctx context.Context, js jetstream.JetStream, from jetstream.ConsumerConfig, f func(entry)) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("read stream %s: %w", schemas.StreamRejected, err)
		}
	}()
	from.AckPolicy, from.HeadersOnly, from.MemoryStorage = jetstream.AckNonePolicy, true, true
	from.InactiveThreshold = time.Minute // should it not come to be deleted
	end, err := lastMessage(ctx, js, cmp.Or(from.FilterSubject, ">"))
	if err != nil {
		return err
	}
	reached := max(from.OptStartSeq, 1) - 1
	consumer, err := js.CreateConsumer(ctx, schemas.StreamRejected, from)
	if err != nil {
		return err
	}
	info := consumer.CachedInfo()
	defer func() { _ = js.DeleteConsumer(context.WithoutCancel(ctx), schemas.StreamRejected, info.Name) }()
	unheard := 0
	for left := info.NumPending; left > 0; {
		came := false // a count that stays equal says nothing: others publish meanwhile
		batch, err := consumer.Fetch(int(min(left, readAtOnce)), jetstream.FetchContext(ctx))
		if err != nil {
			return err
		}
		for m := range batch.Messages() {
			at, err := m.Metadata()
			if err != nil {
				return err
			}
			f(entry{seq: at.Sequence.Stream, at: at.Timestamp.UTC(), headers: m.Headers().Get})
			left, came, reached = at.NumPending, true, at.Sequence.Stream
		}
		if err := batch.Error(); errors.Is(err, nats.ErrNoResponders) && unheard < mostUnheard {
			unheard++
			time.Sleep(unheardPause)
			continue
		} else if err != nil {
			return err
		}
		if !came {
			return fmt.Errorf("%d messages did not come", left)
		}
	}
	if reached < end {
		return fmt.Errorf("it was read up to message %d of %d: the server that answers lags behind", reached, end)
	}
	return nil
}

// lastMessage is the sequence of the last message that a filter matches, as the stream's leader knows it; 0 if there is none.
func lastMessage(ctx context.Context, js jetstream.JetStream, filter string) (uint64, error) {
	stream, err := js.Stream(ctx, schemas.StreamRejected)
	if err != nil {
		return 0, err
	}
	m, err := stream.GetLastMsgForSubject(ctx, filter)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return m.Sequence, nil
}
