package alerts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
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

// In a cluster a consumer that was just made may be another server's, and the one that is asked may not have heard of it yet.
const (
	mostUnheard  = 20
	unheardPause = 50 * time.Millisecond
)

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
	end, err := l.lastMessage(ctx, through)
	if err != nil {
		return err
	}
	reached := from - 1
	consumer, err := l.js.CreateConsumer(ctx, schemas.StreamAlerts, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from, AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true,
		InactiveThreshold: time.Minute, // should it not come to be deleted
	})
	if err != nil {
		return err
	}
	info := consumer.CachedInfo()
	defer func() { _ = l.js.DeleteConsumer(context.WithoutCancel(ctx), schemas.StreamAlerts, info.Name) }()
	unheard := 0
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
			left, came, reached = meta.NumPending, true, meta.Sequence.Stream
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

// lastMessage is the sequence of the stream's last message as its leader knows it, at most through. In a cluster, whoever
// reads the stream out may be a server that lags behind.
func (l *Log) lastMessage(ctx context.Context, through uint64) (uint64, error) {
	stream, err := l.js.Stream(ctx, schemas.StreamAlerts)
	if err != nil {
		return 0, err
	}
	m, err := stream.GetLastMsgForSubject(ctx, ">")
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return 0, nil
	case err != nil:
		return 0, err
	case m.Sequence > through:
		return 0, nil // another one came since; those before it may have been erased
	}
	return m.Sequence, nil
}
