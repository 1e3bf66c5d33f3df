package alerts

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/readout"
	"vitrine/schemas"
)

// entry is a message of the stream.
type entry struct {
	seq     uint64
	subject string
	at      time.Time // when the stream stored it
	alert   Alert
	foreign bool // it is no alert
}

// read calls f with the messages of the stream between two sequences, both included, foreign ones too.
func (l *Log) read(ctx context.Context, from, through uint64, f func(entry)) error {
	if through < from {
		return nil
	}
	start := jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from}
	return readout.Messages(ctx, l.js, schemas.StreamAlerts, start, through, func(m jetstream.Msg, at *jetstream.MsgMetadata) error {
		e := entry{seq: at.Sequence.Stream, subject: m.Subject(), at: at.Timestamp.UTC()}
		var err error
		e.alert, err = decode(m.Data())
		e.foreign = err != nil || m.Subject() != schemas.SubjectAlerts(e.alert.Lab)
		f(e)
		return nil
	})
}
