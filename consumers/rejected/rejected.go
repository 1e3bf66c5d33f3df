// Package rejected keeps the account of rejected events in the stream VITRINE_REJECTED: each rejection
// with its reasons, once, and what became of it later. ClickHouse is told from there.
//
// A message of it is a rejection or a resolution; both name the rejected event by its sequence in
// VITRINE_EVENTS. Everything is in the headers; a rejection's body is the redacted text.
package rejected

import (
	"context"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/readout"
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

// read calls f with what is in the stream from a position on, as far as it reaches now, without bodies.
func read(ctx context.Context, js jetstream.JetStream, from jetstream.ConsumerConfig, f func(entry)) error {
	from.HeadersOnly = true
	return readout.Messages(ctx, js, schemas.StreamRejected, from, 0, func(m jetstream.Msg, at *jetstream.MsgMetadata) error {
		f(entry{seq: at.Sequence.Stream, at: at.Timestamp.UTC(), headers: m.Headers().Get})
		return nil
	})
}
