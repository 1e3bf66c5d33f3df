package readout

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/testkit"
	"vitrine/schemas"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// ahead is a cluster whose leader has more than the server that reads out.
type ahead struct{ jetstream.JetStream }

type aheadStream struct{ jetstream.Stream }

func (a ahead) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	s, err := a.JetStream.Stream(ctx, name)
	return aheadStream{s}, err
}

func (a aheadStream) GetLastMsgForSubject(ctx context.Context, subject string) (*jetstream.RawStreamMsg, error) {
	m, err := a.Stream.GetLastMsgForSubject(ctx, subject)
	if err == nil {
		m.Sequence++
	}
	return m, err
}

func TestMessages(t *testing.T) {
	js := testkit.Streams(t)
	for n := range 12 {
		if _, err := js.Publish(t.Context(), schemas.SubjectAlerts([]string{"nord", "sud", "est"}[n%3]), fmt.Append(nil, n)); err != nil {
			t.Fatal(err)
		}
	}
	read := func(js jetstream.JetStream, from jetstream.ConsumerConfig, through uint64) (seqs []uint64, err error) {
		err = Messages(t.Context(), js, schemas.StreamAlerts, from, through, func(_ jetstream.Msg, at *jetstream.MsgMetadata) error {
			seqs = append(seqs, at.Sequence.Stream)
			return nil
		})
		return seqs, err
	}
	two := jetstream.ConsumerConfig{FilterSubjects: []string{schemas.SubjectAlerts("nord"), schemas.SubjectAlerts("est")}}
	some := jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: 5}
	for _, c := range []struct {
		from    jetstream.ConsumerConfig
		through uint64
		want    []uint64
	}{
		{jetstream.ConsumerConfig{}, 0, []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}, {two, 0, []uint64{1, 3, 4, 6, 7, 9, 10, 12}},
		{jetstream.ConsumerConfig{FilterSubject: schemas.SubjectAlerts("nobody")}, 0, nil}, {some, 7, []uint64{5, 6, 7}}, {some, 99, []uint64{5, 6, 7, 8, 9, 10, 11, 12}},
	} {
		if got, err := read(js, c.from, c.through); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%+v through %d: %v, %v, want %v", c.from, c.through, got, err, c.want)
		}
	}
	stream, err := js.Stream(t.Context(), schemas.StreamAlerts)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.DeleteMsg(t.Context(), 12); err != nil { // what is last then?
		t.Fatal(err)
	}
	for _, from := range []jetstream.ConsumerConfig{{}, two} {
		if _, err := read(ahead{js}, from, 0); err == nil || !strings.Contains(err.Error(), "lags behind") {
			t.Errorf("a server that lags behind: %v", err)
		}
	}
}

// broken is a connection that loses a message on its way.
type broken struct{ jetstream.JetStream }

type brokenStream struct{ jetstream.Stream }

type brokenConsumer struct{ jetstream.Consumer }

type brokenBatch struct{ jetstream.MessageBatch }

func (b broken) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	s, err := b.JetStream.Stream(ctx, name)
	return brokenStream{s}, err
}

func (b brokenStream) CreateConsumer(ctx context.Context, config jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	c, err := b.Stream.CreateConsumer(ctx, config)
	return brokenConsumer{c}, err
}

func (b brokenConsumer) Fetch(n int, options ...jetstream.FetchOpt) (jetstream.MessageBatch, error) {
	batch, err := b.Consumer.Fetch(n, options...)
	return brokenBatch{batch}, err
}

func (b brokenBatch) Messages() <-chan jetstream.Msg {
	left := make(chan jetstream.Msg, 4) // all that are sent: nobody may be there to take them
	go func() {
		defer close(left)
		n := 0
		for m := range b.MessageBatch.Messages() {
			if n++; n != 2 {
				left <- m
			}
		}
	}()
	return left
}

// What a connection loses isn't delivered again: what was read would be shorter than the stream.
func TestALostMessageIsMissed(t *testing.T) {
	js := testkit.Streams(t)
	for n := range 4 {
		if _, err := js.Publish(t.Context(), schemas.SubjectAlerts("nord"), fmt.Append(nil, n)); err != nil {
			t.Fatal(err)
		}
	}
	read := 0
	err := Messages(t.Context(), broken{js}, schemas.StreamAlerts, jetstream.ConsumerConfig{}, 0, func(jetstream.Msg, *jetstream.MsgMetadata) error {
		read++
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "of 3 messages up to message 3 only 2 came") || read != 1 {
		t.Errorf("%d messages of 4 were read, of which the second is lost: %v", read, err)
	}
}
