package verify

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/rollup"
)

// gatedStore is the store as an actor has it.
type gatedStore struct {
	*clickhouse.Store
	a *actor
}

func (g gatedStore) FiguresMadeWith(ctx context.Context, madeWith string) (made clickhouse.Made, err error) {
	return made, g.a.pass("decide", 0, func() (err error) {
		made, err = g.Store.FiguresMadeWith(ctx, madeWith)
		return err
	}, nil)
}

func (g gatedStore) InsertEvents(ctx context.Context, rows []clickhouse.Row) error {
	insert := func(rows []clickhouse.Row) func() error {
		return func() error { return g.Store.InsertEvents(ctx, rows) }
	}
	return g.a.pass("store", len(rows), insert(rows), insert(rows[:len(rows)/2]))
}

func (g gatedStore) Recall(ctx context.Context, rows []clickhouse.Row, seen *clickhouse.Seen) (doubtful []clickhouse.EventID, err error) {
	err = g.a.pass("recall", len(rows), func() error {
		doubtful, err = g.Store.Recall(ctx, rows, seen)
		g.a.stage.rig.tally.fresh.Add(int64(len(rows) - len(doubtful)))
		return err
	}, nil)
	return doubtful, err
}

func (g gatedStore) Settle(ctx context.Context, ids []clickhouse.EventID) (cells []clickhouse.Cell, err error) {
	err = g.a.passInTwo(gateSettle, len(ids), func(s *clickhouse.Store) error {
		cells, err = s.Settle(ctx, ids)
		return err
	})
	return cells, err
}

func (g gatedStore) Announce(ctx context.Context, rows []clickhouse.Row, moved []clickhouse.Cell, shelf *clickhouse.Shelf) error {
	return g.a.pass("announce", len(rows)+len(moved), func() error { return g.Store.Announce(ctx, rows, moved, shelf) },
		func() error { return g.Store.Announce(ctx, rows[:len(rows)/2], nil, shelf) })
}

func (g gatedStore) Recompute(ctx context.Context, rules *rollup.Rules, rows []clickhouse.Row, moved []clickhouse.Cell, shelf *clickhouse.Shelf) (cells int, err error) {
	err = g.a.passInTwo(gateRecompute, len(rows)+len(moved), func(s *clickhouse.Store) error {
		cells, err = s.Recompute(ctx, rules, rows, moved, shelf)
		return err
	})
	return cells, err
}

func (g gatedStore) InsertRejections(ctx context.Context, rejections []clickhouse.Rejection) error {
	insert := func(rejections []clickhouse.Rejection) func() error {
		return func() error { return g.Store.InsertRejections(ctx, rejections) }
	}
	return g.a.pass("reject", len(rejections), insert(rejections), insert(rejections[:len(rejections)/2]))
}

// passInTwo is pass for a step that first reads and then writes: told to read, the actor stands still
// once more before it writes; torn, half of what it would write is written.
func (a *actor) passInTwo(step string, size int, do func(*clickhouse.Store) error) error {
	return a.passAs(step, size, func(o order) error {
		if o.how != howRead && o.how != howTear || size == 0 {
			return do(a.stage.rig.store)
		}
		d, err := a.stage.rig.desk(step)
		if err != nil {
			return err
		}
		defer a.stage.rig.putBack(d)
		if err := do(d.store); err != nil {
			return err
		}
		rows, err := d.rows()
		if err != nil {
			return err
		}
		write, half := func() error { return d.write(rows) }, func() error { return d.write(rows / 2) }
		if o.how == howTear {
			return a.tear(rows, write, half)
		}
		if rows > 0 {
			a.stage.rig.tally.late.Add(1)
		}
		return a.pass(step+"'s write", rows, write, half)
	})
}

// gatedStream is the stream as an actor has it.
type gatedStream struct {
	jetstream.JetStream
	a *actor
}

func (g gatedStream) CreateOrUpdateConsumer(ctx context.Context, stream string, config jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	c, err := g.JetStream.CreateOrUpdateConsumer(ctx, stream, config)
	return &gatedPull{Consumer: c, a: g.a}, err
}

func (g gatedStream) PublishMsgAsync(m *nats.Msg, options ...jetstream.PublishOpt) (_ jetstream.PubAckFuture, err error) {
	published := published{ok: make(chan *jetstream.PubAck, 1)}
	err = g.a.pass("publish a rejection", 1, func() (err error) {
		if published.PubAckFuture, err = g.JetStream.PublishMsgAsync(m, options...); err != nil {
			return err
		}
		select { // who dies after this has published it
		case ack := <-published.PubAckFuture.Ok():
			published.ok <- ack
			return nil
		case err := <-published.Err():
			return err
		}
	}, nil)
	return published, err
}

// published is what was published and is confirmed.
type published struct {
	jetstream.PubAckFuture
	ok chan *jetstream.PubAck
}

func (p published) Ok() <-chan *jetstream.PubAck { return p.ok }

// gatedPull hands out a batch that is as large as the actor was told.
type gatedPull struct {
	jetstream.Consumer
	a    *actor
	rest []jetstream.Msg // fetched with the first one
}

func (g *gatedPull) Next(...jetstream.FetchOpt) (first jetstream.Msg, err error) {
	err = g.a.passAs(gateFetch, 0, func(o order) error {
		h, err := g.a.stage.fetch(g.Consumer, g.a, o.n)
		if err != nil {
			return err
		}
		g.a.hand, g.rest = h, nil
		for i, m := range h.messages {
			gated := gatedMsg{m, g.a, h}
			g.a.answers.expect(gated)
			if i == 0 {
				first = gated
			} else {
				g.rest = append(g.rest, gated)
			}
		}
		return nil
	})
	if err == nil && first == nil {
		err = jetstream.ErrNoMessages
	}
	return first, err
}

func (g *gatedPull) Fetch(int, ...jetstream.FetchOpt) (jetstream.MessageBatch, error) {
	messages := make(chan jetstream.Msg, len(g.rest))
	for _, m := range g.rest {
		messages <- m
	}
	close(messages)
	return fetched(messages), nil
}

type fetched chan jetstream.Msg

func (f fetched) Messages() <-chan jetstream.Msg { return f }

// Error ends the batch here: the consumer would go on asking until the batch's age.
func (f fetched) Error() error { return errNoMore }

var errNoMore = errors.New("an actor's batch is what it was told to fetch")

// gatedMsg is a message in an actor's hand. Who is dead says nothing about it any more.
type gatedMsg struct {
	jetstream.Msg
	a *actor
	h *hand
}

// gatedAnswers has what an actor says of a delivery be said by its gated message.
type gatedAnswers struct{ byReply sync.Map }

func (g *gatedAnswers) expect(m gatedMsg) { g.byReply.Store(m.Reply(), m) }

// Publish takes an answer. One that was given before is ignored, as the stream does.
func (g *gatedAnswers) Publish(reply string, answer []byte) error {
	found, known := g.byReply.Load(reply)
	if !known {
		return fmt.Errorf("%s answers nothing that was delivered", reply)
	}
	m := found.(gatedMsg)
	switch string(answer) {
	case "+ACK":
		if err := m.Ack(); !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
			return err
		}
		return nil
	case "-NAK":
		return m.Nak()
	case "+WPI":
		return m.InProgress()
	}
	return fmt.Errorf("%q is no answer to a delivery", answer)
}

func (m gatedMsg) InProgress() error {
	if m.a.dead() {
		return errDead
	}
	return m.Msg.InProgress()
}

func (m gatedMsg) Nak() error {
	if m.a.dead() {
		return errDead
	}
	return m.a.stage.giveBack(m.Msg)
}

// Ack stands still before a batch's first acknowledgement only.
func (m gatedMsg) Ack() error {
	if m.h.acked == 0 {
		if o := m.a.ask(gateAck, len(m.h.messages)); o.how == howDie {
			m.a.kill()
		} else {
			m.h.how = o.how
		}
	}
	if m.a.dead() {
		return errDead
	}
	if err := m.a.stage.ack(m.a.ctx, m.Msg); err != nil {
		return err
	}
	m.h.acked++
	n := len(m.h.messages)
	if m.h.how == howTear && n > 1 && m.h.acked == n/2 {
		m.a.torn = true
	}
	if m.a.torn || m.h.acked == n && (m.h.how == howVanish || m.h.how == howTear) {
		m.a.kill()
		return errDead
	}
	return nil
}
