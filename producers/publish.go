package producers

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

// Publish checks an event, publishes it and returns once JetStream has stored it. It tries again
// after whatever may pass (no answer, a lost connection, a full store), under the same message
// id, until ctx ends or [Config.Attempts] are used up. Its errors are *[schemas.Invalid],
// *[UnavailableError], *[ForbiddenError] and [ErrNotConnected].
func (p *Publisher) Publish(ctx context.Context, event *schemas.Event) (Receipt, error) {
	raw, err := marshal(event)
	if err != nil {
		return Receipt{}, p.refuse(err)
	}
	return p.PublishRaw(ctx, raw)
}

// PublishRaw is [Publisher.Publish] for an event in CloudEvents' structured JSON, as it came from
// outside; these very bytes are kept, so they must not change before it returns.
func (p *Publisher) PublishRaw(ctx context.Context, raw []byte) (Receipt, error) {
	m, err := p.prepare(raw)
	if err != nil {
		return Receipt{}, err
	}
	m.began = time.Now()
	p.metrics.inFlight.Inc()
	return p.settle(ctx, m, p.send(ctx, m))
}

// message is an event on its way: checked, addressed, with its message id.
type message struct {
	event *schemas.Event
	msg   *nats.Msg
	began time.Time
	ack   *jetstream.PubAck
	tries int
}

// marshal is an event as it travels.
func marshal(event *schemas.Event) ([]byte, error) {
	raw, err := json.Marshal(event)
	if err != nil {
		return nil, &schemas.Invalid{ID: event.ID.String(), Lab: event.Lab(), Kind: event.Kind(),
			Problems: []schemas.Problem{{Code: schemas.CodeNotJSON, Found: err.Error()}}}
	}
	return raw, nil
}

// prepare is the door: it checks the bytes and addresses the message.
func (p *Publisher) prepare(raw []byte) (*message, error) {
	event, err := p.decode(raw)
	if err != nil {
		return nil, p.refuse(err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("new message id: %w", err)
	}
	return &message{event: event, msg: &nats.Msg{
		Subject: schemas.Subject(event.Lab(), event.Kind()),
		Header: nats.Header{
			// One fresh id per call, shared by its own attempts and by nothing else: were it the
			// event's id, JetStream would drop the third of A, B, A at equal revision.
			jetstream.MsgIDHeader:          {id.String()},
			jetstream.ExpectedStreamHeader: {schemas.StreamEvents},
			schemas.HeaderContentType:      {schemas.ContentTypeEvent},
			schemas.HeaderPublisher:        {p.name},
		},
		Data: raw,
	}}, nil
}

func (p *Publisher) decode(raw []byte) (*schemas.Event, error) {
	door, _ := p.doors.Get().(*schemas.Decoder)
	if door == nil {
		door = schemas.NewDecoder()
	}
	defer p.doors.Put(door)
	return door.Decode(raw, p.cfg.Clock())
}

func (p *Publisher) refuse(err error) error {
	if invalid, ok := err.(*schemas.Invalid); ok { // Decode and marshal don't wrap it
		p.metrics.refusedWith(invalid)
	}
	return err
}

// send publishes m and waits for its acknowledgement, as often as is needed.
func (p *Publisher) send(ctx context.Context, m *message) error {
	return p.sendWith(ctx, &p.cfg, m)
}

func (p *Publisher) sendWith(ctx context.Context, cfg *Config, m *message) error {
	ack, _, err := retry(ctx, cfg, func() (*jetstream.PubAck, error) {
		m.tries++
		return p.attempt(ctx, m)
	}, func(err error, pause time.Duration) {
		p.metrics.retries.Inc()
		p.unanswered()
		p.cfg.Logger.Debug("publishing again", "subject", m.msg.Subject, "error", err, "attempt", m.tries, "pause", pause)
	})
	m.ack = ack
	return err
}

// attempt publishes m once.
func (p *Publisher) attempt(ctx context.Context, m *message) (*jetstream.PubAck, error) {
	l, err := p.link()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.cfg.AttemptTimeout)
	defer cancel()
	ack, err := l.js.PublishMsg(ctx, m.msg, jetstream.WithRetryAttempts(0))
	return ack, p.orDenied(m, err)
}

// orDenied replaces the error of an attempt by the server's refusal, if there was one. The refusal
// of a subject is used up: rights may be given later.
func (p *Publisher) orDenied(m *message, err error) error {
	if err == nil {
		return nil
	}
	if denied, was := p.denied.LoadAndDelete(m.msg.Subject); was {
		return denied.(error)
	}
	if barred := p.barred.Load(); barred != nil {
		return *barred
	}
	return err
}

// settle makes the receipt, or types the error; and counts.
func (p *Publisher) settle(ctx context.Context, m *message, err error) (Receipt, error) {
	p.metrics.inFlight.Dec()
	if err != nil {
		p.metrics.failed.Inc()
		return Receipt{}, failure(ctx, "publish to "+m.msg.Subject, m.tries, err)
	}
	p.answered()
	p.metrics.published.WithLabelValues(m.event.Kind()).Inc()
	p.metrics.seconds.Observe(time.Since(m.began).Seconds())
	return Receipt{Stream: m.ack.Stream, Seq: m.ack.Sequence, Attempts: m.tries, Event: m.event}, nil
}
