package producers

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

// MovedError says that something was published since the caller looked: look again, then decide anew.
type MovedError struct {
	// Subject is what moved, e.g. "vitrine.programme.atelier-nord.agreement.signed".
	Subject string
	// Err is what the server said.
	Err error
}

// Error is [MovedError.In] English.
func (e *MovedError) Error() string { return e.In(schemas.English) }

// In says what happened in a language.
func (e *MovedError) In(l schemas.Lang) string {
	return fmt.Sprintf(schemas.Text{
		FR: "%s : quelqu'un y a publié entre-temps ; rien n'a été publié, regardez à nouveau",
		EN: "%s: somebody has published there meanwhile; nothing was published, look again"}.In(l), e.Subject)
}

// Unwrap is what the server said.
func (e *MovedError) Unwrap() error { return e.Err }

// PublishIfUnmoved is [Publisher.Publish] on condition that the last message under filter, a subject with or without
// wildcards, is still the one of sequence last (0: none). Otherwise its error is a *[MovedError], and nothing was stored.
// The credentials must allow to read the stream where an acknowledgement gets lost.
func (p *Publisher) PublishIfUnmoved(ctx context.Context, event *schemas.Event, filter string, last uint64) (Receipt, error) {
	raw, err := marshal(event)
	if err != nil {
		return Receipt{}, p.refuse(err)
	}
	m, err := p.prepare(raw)
	if err != nil {
		return Receipt{}, err
	}
	m.msg.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(last, 10))
	if filter != m.msg.Subject {
		m.msg.Header.Set(jetstream.ExpectedLastSubjSeqSubjHeader, filter)
	}
	m.began = time.Now()
	p.metrics.inFlight.Inc()
	err = p.send(ctx, m)
	var api *jetstream.APIError
	if errors.As(err, &api) && isMoved(api) {
		// The server compares before it looks at message ids: the one that moved it may be this very message, whose
		// acknowledgement was lost.
		if m.ack, err = p.alreadyStored(ctx, m, filter); err == nil && m.ack == nil {
			err = &MovedError{Subject: filter, Err: api}
		}
	}
	receipt, settled := p.settle(ctx, m, err)
	if moved, is := err.(*MovedError); is {
		return Receipt{}, moved
	}
	return receipt, settled
}

func isMoved(api *jetstream.APIError) bool {
	return api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence
}

// alreadyStored is the acknowledgement of m if the last message under filter is m; nil if it is another.
func (p *Publisher) alreadyStored(ctx context.Context, m *message, filter string) (*jetstream.PubAck, error) {
	if m.tries < 2 {
		return nil, nil
	}
	found, _, err := retry(ctx, &p.cfg, func() (*jetstream.RawStreamMsg, error) {
		l, err := p.link()
		if err != nil {
			return nil, err
		}
		stream, err := l.js.Stream(ctx, schemas.StreamEvents)
		if err != nil {
			return nil, err
		}
		return stream.GetLastMsgForSubject(ctx, filter)
	}, func(error, time.Duration) {})
	if err != nil || found.Header.Get(jetstream.MsgIDHeader) != m.msg.Header.Get(jetstream.MsgIDHeader) {
		return nil, err
	}
	return &jetstream.PubAck{Stream: schemas.StreamEvents, Sequence: found.Sequence, Duplicate: true}, nil
}
