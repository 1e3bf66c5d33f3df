// Package player publishes a simulated programme: its history as fast as the stream takes it, then
// its live events in real time. It publishes past the publisher's door, since some of what real
// labs send is wrong, and the pipeline must show that it copes.
package player

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/producers"
	"vitrine/producers/simulator"
	"vitrine/schemas"
)

// headerIndex is which programme's history a message is of, and its number there: how a history that
// was cut off is gone on with.
const headerIndex = "Vitrine-Simulated"

// ErrAnotherProgramme says that the stream holds another programme's history: the two would mix.
var ErrAnotherProgramme = errors.New("the stream already holds the history of another simulated programme")

// Config says what is played where.
type Config struct {
	// Conn is the NATS server; its streams must exist.
	Conn *nats.Conn
	// Programme is what is played.
	Programme *simulator.Programme
	// Publisher publishes the live events that are valid, as labs' own programs do. Default: none, and
	// they are published like the others.
	Publisher Publisher
	// Window is how many messages may be on their way at once. Default 1000.
	Window int
	// Logger hears of retries. Default: discarded.
	Logger *slog.Logger
}

// Publisher publishes an event in CloudEvents' structured JSON; *producers.Publisher is one.
type Publisher interface {
	PublishRaw(ctx context.Context, raw []byte) (producers.Receipt, error)
}

// Player plays one programme.
type Player struct {
	config Config
	js     jetstream.JetStream
}

// New checks the configuration and publishes nothing.
func New(c Config) (*Player, error) {
	if c.Conn == nil || c.Programme == nil {
		return nil, errors.New("player: Conn and Programme are needed")
	}
	if c.Window == 0 {
		c.Window = 1000
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	js, err := jetstream.New(c.Conn, jetstream.WithPublishAsyncMaxPending(c.Window))
	if err != nil {
		return nil, fmt.Errorf("player: %w", err)
	}
	return &Player{config: c, js: js}, nil
}

// History publishes what of the history isn't in the stream yet, in its order, and returns when the
// stream has acknowledged all of it. progress, which may be nil, hears how far it is.
func (p *Player) History(ctx context.Context, progress func(done, total int)) error {
	total := p.config.Programme.Count().Messages
	there, err := p.played(ctx, total)
	if err != nil {
		return fmt.Errorf("see what the stream has of the history: %w", err)
	}
	var acks []jetstream.PubAckFuture
	settle := func(keep int) error {
		for len(acks) > keep {
			select {
			case <-acks[0].Ok():
			case err := <-acks[0].Err():
				return fmt.Errorf("publish the history: %w", err)
			case <-ctx.Done():
				return ctx.Err()
			}
			acks = acks[1:]
		}
		return nil
	}
	i := 0
	for m := range p.config.Programme.History() {
		if !there[i] {
			ack, err := p.js.PublishMsgAsync(message(m, p.config.Programme.Name()+" "+strconv.Itoa(i)), jetstream.WithMsgID(uuid.NewString()))
			if err != nil {
				return fmt.Errorf("publish the history: %w", err)
			}
			acks = append(acks, ack)
			if err := settle(p.config.Window - 1); err != nil {
				return err
			}
		}
		i++
		if progress != nil && (i%500 == 0 || i == total) {
			progress(i, total)
		}
	}
	return settle(0)
}

// played says which of the history's messages the stream has.
func (p *Player) played(ctx context.Context, total int) ([]bool, error) {
	there := make([]bool, total)
	stream, err := p.js.Stream(ctx, schemas.StreamEvents)
	if err != nil {
		return nil, err
	}
	last := stream.CachedInfo().State.LastSeq
	if last == 0 {
		return there, nil
	}
	reader, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{HeadersOnly: true})
	if err != nil {
		return nil, err
	}
	messages, err := reader.Messages()
	if err != nil {
		return nil, err
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return nil, err
		}
		if name, number, isHistory := strings.Cut(m.Headers().Get(headerIndex), " "); isHistory {
			i, err := strconv.Atoi(number)
			if name != p.config.Programme.Name() || err != nil || i < 0 || i >= total {
				return nil, fmt.Errorf("%w: %s, not %s", ErrAnotherProgramme, name, p.config.Programme.Name())
			}
			there[i] = true
		}
		meta, err := m.Metadata()
		if err != nil {
			return nil, err
		}
		if meta.Sequence.Stream >= last {
			return there, nil
		}
	}
}

// Live publishes live events in real time until ctx ends. What can't be published is tried again:
// a demo goes on when its server comes back.
func (p *Player) Live(ctx context.Context) error {
	for m := range p.config.Programme.Live(time.Now()) {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Until(m.Published)):
		}
		for id := uuid.NewString(); ; {
			err := p.publishLive(ctx, m, id)
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return nil
			}
			p.config.Logger.Warn("a live event could not be published and is tried again", "error", err)
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(time.Second):
			}
		}
	}
	return nil
}

func (p *Player) publishLive(ctx context.Context, m simulator.Message, id string) error {
	if m.Valid && p.config.Publisher != nil {
		_, err := p.config.Publisher.PublishRaw(ctx, m.Raw)
		return err
	}
	_, err := p.js.PublishMsg(ctx, message(m, "live"), jetstream.WithMsgID(id))
	return err
}

func message(m simulator.Message, index string) *nats.Msg {
	msg := nats.NewMsg(m.Subject)
	msg.Data = m.Raw
	msg.Header.Set(schemas.HeaderContentType, schemas.ContentTypeEvent)
	msg.Header.Set(schemas.HeaderPublisher, "simulator")
	msg.Header.Set(headerIndex, index)
	return msg
}
