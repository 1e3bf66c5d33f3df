package faults

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

// settled is what is there when all is done.
type settled struct {
	found
	direct, viaDoors int // messages in the stream that came past the gateways, and through them
	again            int // messages beyond the first with a message id: JetStream stored one twice
	doorSent         int // events that labs sent through the gateways
	doorAccepted     int // acknowledgements that they got
	doorLost         int // of these, events that aren't in the stream
	resent           int // messages through the gateways beyond one per acknowledgement: a client's second try
	doubled          int // live events that count more than once
}

// settle waits until everything is counted, verifies, and counts by itself.
func (s *stack) settle(ctx context.Context, d *doors) (settled, error) {
	f := settled{doorSent: d.sent}
	if err := errors.Join(s.natsAlive(), s.clickhouse.alive(), s.dial()); err != nil {
		return f, err
	}
	if err := s.verify(ctx, &f.found); err != nil {
		return f, err
	}
	last, err := s.readStream(ctx, d, &f)
	if err != nil {
		return f, err
	}
	js, err := jetstream.New(s.conn)
	if err != nil {
		return f, err
	}
	consumer, err := js.Consumer(ctx, schemas.StreamEvents, schemas.ConsumerDurable)
	if err != nil {
		return f, err
	}
	f.redelivered = redelivered(consumer.CachedInfo())
	logged, err := readLogged(ctx, js)
	if err != nil {
		return f, err
	}
	doubled, err := s.sequences(ctx, "SELECT count() - uniqExact(lab, id) FROM events")
	if err != nil {
		return f, err
	}
	f.doubled = int(doubled[0])
	return f, s.compare(ctx, &f.found, last, logged)
}

// readStream reads every message, and looks for what the gateways accepted.
func (s *stack) readStream(ctx context.Context, d *doors, f *settled) (last uint64, err error) {
	js, err := jetstream.New(s.conn)
	if err != nil {
		return 0, err
	}
	stream, err := js.Stream(ctx, schemas.StreamEvents)
	if err != nil {
		return 0, err
	}
	last = stream.CachedInfo().State.LastSeq
	reader, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return 0, err
	}
	messages, err := reader.Messages()
	if err != nil {
		return 0, err
	}
	defer messages.Stop()
	ids, there := map[string]bool{}, map[[sha256.Size]byte]int{}
	for seq := uint64(0); seq < last; f.messages++ {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return last, err
		}
		at, err := m.Metadata()
		if err != nil {
			return last, err
		}
		seq = at.Sequence.Stream
		if id := m.Headers().Get(jetstream.MsgIDHeader); ids[id] {
			f.again++
		} else {
			ids[id] = true
		}
		if strings.HasPrefix(m.Headers().Get(schemas.HeaderPublisher), "gateway/") {
			f.viaDoors++
			there[sha256.Sum256(m.Data())]++
		} else {
			f.direct++
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for event, n := range d.accepted {
		f.doorAccepted += n
		f.doorLost += max(0, n-there[event])
	}
	f.resent = f.viaDoors - f.doorAccepted
	return last, nil
}

// problems says what isn't as it must be.
func (f settled) problems() error {
	var all []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			all = append(all, fmt.Errorf(format, args...))
		}
	}
	one := f.found // what there is with one publisher alone: here the gateways' messages come on top
	one.acknowledged, one.sent = f.messages, f.messages+f.refuse
	all = append(all, one.problems())
	wrong(f.direct != f.acknowledged, "%d messages past the gateways were acknowledged, and the stream has %d", f.acknowledged, f.direct)
	wrong(f.sent != f.acknowledged+f.refuse, "%d were sent past the gateways, but %d acknowledged and %d refused", f.sent, f.acknowledged, f.refuse)
	wrong(f.doorAccepted != f.doorSent, "%d events were sent through the gateways, and %d accepted", f.doorSent, f.doorAccepted)
	wrong(f.doorLost > 0, "%d events were accepted by a gateway and aren't in the stream", f.doorLost)
	wrong(f.again > 0, "JetStream stored %d messages twice", f.again)
	wrong(f.doubled > 0, "%d events count twice", f.doubled)
	return errors.Join(all...)
}
