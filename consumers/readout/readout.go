// Package readout reads a stream out, from some place to where it ends now. The accounts of rejections, alerts and erasures
// are read so; what counts events has its durable consumer, and verify a reader of its own.
package readout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// atOnce is how many messages are asked for at a time.
	atOnce = 1000
	// mostUnheard is how often a question that no server heard is repeated, a pause apart: in a cluster a reader that was just
	// made may not be known to the server that is asked.
	mostUnheard  = 20
	unheardPause = 50 * time.Millisecond
)

// Messages calls f with each message of a stream that from asks for (its filters and its start by sequence; the rest is set
// here), in their order, up to the sequence through, or as far as the stream reaches now if through is 0. It ends with f's error.
// In a cluster whoever reads it out may be a server that lags behind the leader: then it is an error, and never a shorter stream. Nor is it one without
// what a connection lost that broke: nothing is delivered twice here, but each delivery has a number.
func Messages(ctx context.Context, js jetstream.JetStream, stream string, from jetstream.ConsumerConfig, through uint64,
	f func(jetstream.Msg, *jetstream.MsgMetadata) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("read stream %s: %w", stream, err)
		}
	}()
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return err
	}
	end, err := last(ctx, s, from, through)
	if err != nil {
		return err
	}
	from.AckPolicy, from.MemoryStorage = jetstream.AckNonePolicy, true
	from.InactiveThreshold = time.Minute // should it not come to be deleted
	consumer, err := s.CreateConsumer(ctx, from)
	if err != nil {
		return err
	}
	info := consumer.CachedInfo()
	defer func() { _ = s.DeleteConsumer(context.WithoutCancel(ctx), info.Name) }()
	reached, delivered, unheard := max(from.OptStartSeq, 1)-1, uint64(0), 0
	for left := info.NumPending; left > 0; {
		came := false // a count that stays equal says nothing: others publish meanwhile
		batch, err := consumer.Fetch(int(min(left, atOnce)), jetstream.FetchContext(ctx))
		if err != nil {
			return err
		}
		for m := range batch.Messages() {
			at, err := m.Metadata()
			if err != nil {
				return err
			}
			if delivered++; at.Sequence.Consumer != delivered {
				return fmt.Errorf("of %d messages up to message %d only %d came", at.Sequence.Consumer, at.Sequence.Stream, delivered)
			}
			left, came, reached = at.NumPending, true, at.Sequence.Stream
			if through > 0 && at.Sequence.Stream >= through {
				left = 0 // what comes after it came while this was reading
			}
			if through > 0 && at.Sequence.Stream > through {
				continue
			}
			if err := f(m, at); err != nil {
				return err
			}
		}
		if err := batch.Error(); errors.Is(err, nats.ErrNoResponders) && unheard < mostUnheard {
			unheard++
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(unheardPause):
			}
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

// last is the sequence of the last message that from's filters match: 0 if there is none, or if it came after through, since what
// came before it may have been erased.
func last(ctx context.Context, s jetstream.Stream, from jetstream.ConsumerConfig, through uint64) (uint64, error) {
	filters := from.FilterSubjects
	if from.FilterSubject != "" {
		filters = []string{from.FilterSubject}
	}
	end, err := Last(ctx, s, filters...)
	if through > 0 && end > through {
		return 0, err
	}
	return end, err
}

// Last is the sequence of the last message that a stream has under some subjects, or under any where none is given, as the stream's leader knows
// it; 0 if there is none, or none any more.
func Last(ctx context.Context, s jetstream.Stream, subjects ...string) (end uint64, err error) {
	if len(subjects) == 0 {
		subjects = s.CachedInfo().Config.Subjects // for ">" the server looks at the last sequence alone, which may be erased
	}
	for _, subject := range subjects {
		m, err := s.GetLastMsgForSubject(ctx, subject)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return 0, err
		}
		end = max(end, m.Sequence)
	}
	return end, nil
}
