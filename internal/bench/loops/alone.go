package loops

import (
	"bytes"
	"context"

	"github.com/go-faster/jx"

	"vitrine/internal/bench/load"
	"vitrine/schemas"
)

// mostInMemory is how many messages the loops without a stream hold: 100,000 events take 50 MB.
const mostInMemory = 200_000

// prepared are a load's messages, the first mostInMemory of them.
func prepared(c load.Config) ([][]byte, error) {
	l, err := load.New(c)
	if err != nil {
		return nil, err
	}
	messages := make([][]byte, 0, min(l.Len(), mostInMemory))
	for m := range l.All() {
		if messages = append(messages, bytes.Clone(m.Data)); len(messages) == cap(messages) {
			break
		}
	}
	return messages, nil
}

// decode reads messages through the door, on one core.
func decode(ctx context.Context, c Config) (Rate, error) {
	messages, err := prepared(c.Load)
	if err != nil {
		return Rate{}, err
	}
	running := startClock()
	door := schemas.NewDecoder()
	for i, m := range messages {
		if i%5000 == 0 { // a batch of the consumer's
			door.Reset()
		}
		if _, err := door.Decode(m, c.Load.Until); err != nil {
			return Rate{}, err
		}
	}
	return running.rate(len(messages)), ctx.Err()
}

// insert sends native blocks that are ready, one after the other.
func insert(ctx context.Context, c Config) (Rate, error) {
	messages, err := prepared(c.Load)
	if err != nil {
		return Rate{}, err
	}
	var blocks [][]byte
	var d jx.Decoder
	b := newBlock()
	for i, m := range messages {
		if err := b.add(&d, m); err != nil {
			return Rate{}, err
		}
		if i == len(messages)-1 || b.id.Rows() == blockRows {
			raw, err := b.encode()
			if err != nil {
				return Rate{}, err
			}
			blocks = append(blocks, bytes.Clone(raw))
			b.reset()
		}
	}
	running := startClock()
	for _, raw := range blocks {
		if err := post(ctx, c.ClickHouse, raw); err != nil {
			return Rate{}, err
		}
	}
	return running.rate(len(messages)), nil
}
