package verify

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/claim"
	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/schemas"
)

// laterConsumer makes the durable consumer when the stream is looked at for the second time.
type laterConsumer struct {
	jetstream.JetStream
	looks int
}

func (l *laterConsumer) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	if l.looks++; l.looks == 2 {
		_, err := l.CreateConsumer(ctx, name, jetstream.ConsumerConfig{Durable: schemas.ConsumerDurable, AckPolicy: jetstream.AckExplicitPolicy})
		if err != nil {
			return nil, err
		}
	}
	return l.JetStream.Stream(ctx, name)
}

// A verification that begins before there is a consumer waits for all that is in the stream; it once called
// exact what was counted until the consumer showed up.
func TestVerifyWaitsForAConsumerThatComesLater(t *testing.T) {
	s := newSystem(t, schemas.DefaultCatalogue())
	s.publish(sent{kind: "discovery.held", data: "'type':'open_day','audience':'companies','attendance':3"})
	report, err := Verify(t.Context(), Config{JetStream: &laterConsumer{JetStream: s.js}, Store: s.store, AsOf: s.asOf, Timeout: time.Second})
	var behind *BehindError
	if !errors.As(err, &behind) || behind.Pending != 1 || behind.Cause != nil {
		t.Fatalf("%v after %d messages; want to be told that 1 message waits", err, report.Messages)
	}
}

// unheard is a stream whose consumer hasn't heard of the last message yet.
type unheard struct{ jetstream.JetStream }

type unheardStream struct{ jetstream.Stream }

type unheardConsumer struct{ jetstream.Consumer }

func (u unheard) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	stream, err := u.JetStream.Stream(ctx, name)
	return unheardStream{stream}, err
}

func (u unheardStream) Consumer(ctx context.Context, name string) (jetstream.Consumer, error) {
	consumer, err := u.Stream.Consumer(ctx, name)
	return unheardConsumer{consumer}, err
}

func (u unheardConsumer) CachedInfo() *jetstream.ConsumerInfo {
	info := *u.Consumer.CachedInfo()
	info.NumPending = 0
	return &info
}

// A message that came a moment ago isn't missed by the figures: it isn't counted yet.
func TestVerifyWaitsForWhatTheConsumerHasntHeardOf(t *testing.T) {
	s := newSystem(t, schemas.DefaultCatalogue())
	event := sent{kind: "discovery.held", data: "'type':'open_day','audience':'companies','attendance':3"}
	s.publish(event)
	s.consume(schemas.DefaultCatalogue(), 10)
	if err := ingest.WaitCountedUpTo(t.Context(), s.js, schemas.ConsumerDurable, 1); err != nil {
		t.Fatal(err)
	}
	_, release, err := ingest.Hold(t.Context(), schemas.ConsumerDurable, claim.Config{JetStream: s.js, Command: "verify"})
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	s.publish(event)
	report, err := Verify(t.Context(), Config{JetStream: unheard{s.js}, Store: s.store, AsOf: s.asOf, Timeout: time.Second})
	var behind *BehindError
	if !errors.As(err, &behind) || behind.Cause != nil {
		t.Fatalf("%v, differences %v; want to be told that it isn't counted yet", err, report.Differences)
	}
}

// What is erased after verify has read it, and before it holds the consumers itself, is no difference: it waits for its turn, and reads again.
func TestVerifyWaitsForAnErasure(t *testing.T) {
	s := newSystem(t, schemas.DefaultCatalogue())
	event := sent{kind: "discovery.held", data: "'type':'open_day','audience':'companies','attendance':3"}
	s.publish(event, event)
	s.consume(schemas.DefaultCatalogue(), 10)
	if err := ingest.WaitCountedUpTo(t.Context(), s.js, schemas.ConsumerDurable, 2); err != nil {
		t.Fatal(err)
	}
	_, release, err := ingest.Hold(t.Context(), schemas.ConsumerDurable, claim.Config{JetStream: s.js, Command: "erase"})
	if err != nil {
		t.Fatal(err)
	}
	read, once := make(chan struct{}), sync.Once{}
	ended := make(chan error, 1)
	var report Report
	go func() {
		var err error
		report, err = Verify(t.Context(), Config{JetStream: s.js, Store: s.store, AsOf: s.asOf, Progress: func(done, total uint64) {
			if done == total {
				once.Do(func() { close(read) })
			}
		}})
		ended <- err
	}()
	<-read
	stream, err := s.js.Stream(t.Context(), schemas.StreamEvents)
	if err == nil {
		err = stream.SecureDeleteMsg(t.Context(), 1)
	}
	if err == nil {
		err = s.store.Clear(t.Context())
	}
	if err == nil {
		err = ingest.Replay(t.Context(), ingest.Config{JetStream: s.js, Store: s.store}, nil)
	}
	if err == nil {
		err = s.store.SetFiguresMadeWith(t.Context(), clickhouse.MadeWith(schemas.DefaultCatalogue(), zone(t, schemas.DefaultZone)))
	}
	if err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		t.Fatalf("it compares beside an erasure (%v)", err)
	default:
	}
	release()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if report.Messages != 1 {
		t.Errorf("%d messages, want the one that is left", report.Messages)
	}
	report.failIfNotExact(t)
}

// A consumer that isn't there yet, or a server that doesn't answer, must not make an empty stream of a full one.
func TestWaitingBeginsWithTheFirstStateThatIsKnown(t *testing.T) {
	done := untilCounted()
	for i, step := range []struct {
		state state
		last  uint64
		done  bool
	}{
		{state{BehindError: BehindError{Cause: jetstream.ErrConsumerNotFound}}, 0, false},
		{state{last: 416, delivered: 100, BehindError: BehindError{Pending: 316, Unacknowledged: 100}}, 416, false},
		{state{last: 500, counted: 415, delivered: 500, BehindError: BehindError{Unacknowledged: 85}}, 416, false},
		{state{last: 500, counted: 416, delivered: 500, BehindError: BehindError{Unacknowledged: 84}}, 416, true},
	} {
		if last, is := done(step.state); last != step.last || is != step.done {
			t.Errorf("state %d: %d, %v, want %d, %v", i+1, last, is, step.last, step.done)
		}
	}
}
