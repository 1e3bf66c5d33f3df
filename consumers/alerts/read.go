package alerts

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

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

// readAtOnce is how many messages are asked for at a time.
const readAtOnce = 1000

// read calls f with the messages of the stream between two sequences, both included, foreign ones too.
func (l *Log) read(ctx context.Context, from, through uint64, f func(entry)) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("read stream %s: %w", schemas.StreamAlerts, err)
		}
	}()
	if through < from {
		return nil
	}
	consumer, err := l.js.CreateConsumer(ctx, schemas.StreamAlerts, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from, AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true,
		InactiveThreshold: time.Minute, // should it not come to be deleted
	})
	if err != nil {
		return err
	}
	info := consumer.CachedInfo()
	defer func() { _ = l.js.DeleteConsumer(context.WithoutCancel(ctx), schemas.StreamAlerts, info.Name) }()
	for left := info.NumPending; left > 0; {
		came := false
		batch, err := consumer.Fetch(int(min(left, readAtOnce)), jetstream.FetchContext(ctx))
		if err != nil {
			return err
		}
		for m := range batch.Messages() {
			meta, err := m.Metadata()
			if err != nil {
				return err
			}
			left, came = meta.NumPending, true
			if meta.Sequence.Stream > through {
				continue // it came while this was reading
			}
			e := entry{seq: meta.Sequence.Stream, subject: m.Subject(), at: meta.Timestamp.UTC()}
			e.alert, err = decode(m.Data())
			e.foreign = err != nil || m.Subject() != schemas.SubjectAlerts(e.alert.Lab)
			f(e)
			if e.seq == through {
				left = 0
			}
		}
		if err := batch.Error(); err != nil {
			return err
		}
		if !came {
			return fmt.Errorf("%d messages did not come", left)
		}
	}
	return nil
}
