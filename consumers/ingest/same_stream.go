package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
)

// ErrOtherStream says that the stream lacks what ClickHouse has from it: it lost messages, to a power
// cut before they were flushed or to an old backup, or it is another stream. It then gives their
// sequences to other events, whose versions would collide with those of the lost ones: nothing may be added.
var ErrOtherStream = errors.New("the stream isn't what the figures were made from")

// anchor is what the stream must still have for the figures to be its own.
type anchor struct {
	mu         sync.Mutex // the loops share it
	known      bool
	reconnects uint64 // of the connection, when the anchor was read
	newest     []clickhouse.Position
}

// anchorSize is how many messages are remembered: single ones may have been erased from the stream.
const anchorSize = 8

// sameStream fails while the stream lacks the newest messages that were stored. It looks into
// ClickHouse at the start and after each reconnection, since a server that lost messages was down in between, and
// other consumers may have stored more than this one; otherwise it costs one message's read.
func (c *Consumer) sameStream(ctx context.Context) error {
	if c.config.replay {
		return nil // it begins with nothing stored
	}
	c.anchor.mu.Lock()
	defer c.anchor.mu.Unlock()
	if n := c.config.JetStream.Conn().Stats().Reconnects; !c.anchor.known || n != c.anchor.reconnects {
		newest, err := c.config.Store.Newest(ctx, anchorSize)
		if err != nil {
			return fmt.Errorf("read the newest events: %w", err)
		}
		c.anchor.known, c.anchor.reconnects, c.anchor.newest = true, n, newest
	}
	err := c.anchor.holds(ctx, c.config.JetStream)
	if errors.Is(err, ErrOtherStream) {
		c.anchor.known = false // a rebuild mends it
	}
	return err
}

// SameStream fails with [ErrOtherStream] if the stream lacks the newest messages that were stored.
func SameStream(ctx context.Context, js jetstream.JetStream, store Store) error {
	newest, err := store.Newest(ctx, anchorSize)
	if err != nil {
		return fmt.Errorf("read the newest events: %w", err)
	}
	return (&anchor{newest: newest}).holds(ctx, js)
}

func (a *anchor) holds(ctx context.Context, js jetstream.JetStream) error {
	if len(a.newest) == 0 {
		return nil
	}
	stream, err := js.Stream(ctx, streamEvents)
	if err != nil {
		return fmt.Errorf("stream %s: %w", streamEvents, err)
	}
	last := stream.CachedInfo().State.LastSeq
	for _, p := range a.newest {
		if p.StreamSeq > last {
			return lost(p, fmt.Sprintf("the stream ends with message %d", last))
		}
		m, err := stream.GetMsg(ctx, p.StreamSeq)
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
			continue // erased; the one before will do
		case err != nil:
			return fmt.Errorf("read message %d of stream %s: %w", p.StreamSeq, streamEvents, err)
		case m.Time.UnixMilli() != p.ReceivedAt.UnixMilli():
			return lost(p, "the stream has another one there, of "+m.Time.UTC().Format(time.RFC3339))
		}
		return nil
	}
	return nil
}

func lost(p clickhouse.Position, instead string) error {
	return fmt.Errorf("%w: ClickHouse has message %d of %s, %s (see docs/durability.md; `vitrine rebuild --from-stream` drops what the stream lacks)",
		ErrOtherStream, p.StreamSeq, p.ReceivedAt.UTC().Format(time.RFC3339), instead)
}

// advance remembers a batch that was stored.
func (a *anchor) advance(messages []message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range messages {
		if len(a.newest) > 0 && m.seq <= a.newest[0].StreamSeq {
			continue
		}
		a.newest = slices.Insert(a.newest, 0, clickhouse.Position{StreamSeq: m.seq, ReceivedAt: m.received})
		a.newest = a.newest[:min(len(a.newest), anchorSize)]
	}
}
