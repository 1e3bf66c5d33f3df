package loops

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-faster/jx"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// blockRows is how many rows are inserted at once.
const blockRows = 50_000

// plainBest is the fastest loop without exactness that we could write: messages past the client library, JSON decoded by hand
// into columns, native blocks, one acknowledgement for all, and the three steps at the same time. Killed, it loses events.
func plainBest(ctx context.Context, c Config) (Rate, error) {
	conn, pull, err := consumer(ctx, c, "plain-best", jetstream.AckAllPolicy)
	if err != nil {
		return Rate{}, err
	}
	defer conn.Close()
	type filled struct {
		*block
		last *nats.Msg
	}
	empty, full := make(chan *block, 3), make(chan filled, 1)
	for range cap(empty) {
		empty <- newBlock()
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(full)
		var d jx.Decoder
		for batch := range stream(groupCtx, conn, pull.CachedInfo(), c.Messages, blockRows) {
			var b *block
			select {
			case b = <-empty:
			case <-groupCtx.Done():
				return nil
			}
			b.reset()
			for _, m := range batch {
				if err := b.add(&d, m.Data); err != nil {
					return fmt.Errorf("%w: %s", err, m.Data)
				}
			}
			select {
			case full <- filled{b, batch[len(batch)-1]}:
			case <-groupCtx.Done():
				return nil
			}
		}
		return nil
	})
	group.Go(func() error {
		for f := range full {
			raw, err := f.encode()
			if err != nil {
				return err
			}
			if err := post(groupCtx, c.ClickHouse, raw); err != nil {
				return ended(ctx, err)
			}
			if err := f.last.Respond(ackBytes()); err != nil {
				return err
			}
			empty <- f.block
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return Rate{}, err
	}
	<-ctx.Done()
	return Rate{}, nil
}

// post inserts a native block into the plain table.
func post(ctx context.Context, database string, raw []byte) error {
	u, err := url.Parse(database)
	if err != nil {
		return err
	}
	q := url.Values{"query": {"INSERT INTO plain FORMAT Native"}, "database": {strings.Trim(u.Path, "/")}, "optimize_on_insert": {"0"}}
	u.Path, u.RawQuery = "/", q.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(raw))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("insert: %s: %s", resp.Status, body)
	}
	return err
}
