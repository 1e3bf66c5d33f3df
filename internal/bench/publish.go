package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/bench/load"
	"vitrine/producers"
	"vitrine/schemas"
)

// stage is the folder that a benchmark works in, and the load that its stream holds.
type stage struct {
	dir      string
	keep     bool
	load     *load.Load
	distinct int // different events
}

// marker is the file that says which load a folder's stream holds.
const marker = "load.json"

// newStage makes the folder, or takes up one whose stream holds the same load; Until is then that load's.
func newStage(o options) (*stage, error) {
	s := &stage{dir: o.data, keep: o.data != ""}
	var err error
	if !s.keep {
		s.dir, err = os.MkdirTemp("", "vitrine-bench-")
	} else {
		err = os.MkdirAll(s.dir, 0o755)
	}
	if err != nil {
		return nil, err
	}
	c := o.load
	held, err := s.held()
	if err != nil {
		return nil, err
	}
	if held != nil {
		c.Until = held.Until
		if normal, err := load.New(c); err != nil || normal.Config != *held {
			return nil, fmt.Errorf("%s holds another load (%d events of %d labs, %s, seed %d): give another folder", s.dir, held.Events, held.Labs, held.Shape, held.Seed)
		}
	}
	if s.load, err = load.New(c); err != nil {
		return nil, err
	}
	s.distinct = s.load.Distinct()
	return s, nil
}

func (s *stage) held() (*load.Config, error) {
	raw, err := os.ReadFile(filepath.Join(s.dir, marker))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var c load.Config
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(s.dir, marker), err)
	}
	return &c, nil
}

// finish removes what isn't kept.
func (s *stage) finish() error {
	if s.keep {
		return os.RemoveAll(filepath.Join(s.dir, "clickhouse"))
	}
	return os.RemoveAll(s.dir)
}

// publishOnce fills the stream, if it isn't filled.
func publishOnce(ctx context.Context, s *stage, store string, log io.Writer) (err error) {
	if held, err := s.held(); err != nil || held != nil {
		return err
	}
	if err := os.RemoveAll(store); err != nil { // of one that was interrupted
		return err
	}
	server, url, err := startServer(ctx, roleNATS, "-dir", store, "-sync", flushEvery.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	began := time.Now()
	if err := publish(ctx, url, s.load, s.load.Len()); err != nil {
		return err
	}
	fmt.Fprintf(log, "published %d messages in %s\n", s.load.Len(), time.Since(began).Round(time.Millisecond))
	return s.mark()
}

// mark says which load the folder's stream holds.
func (s *stage) mark() error {
	raw, err := json.Marshal(s.load.Config)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.dir, marker), raw, 0o644)
}

// publish sends a load's messages up to a number of them, but for those that the stream has, with the headers that Vitrine's
// own publishers give.
func publish(ctx context.Context, url string, l *load.Load, upTo int) error {
	conn, err := nats.Connect(url)
	if err != nil {
		return err
	}
	defer conn.Close()
	failed := make(chan error, 1)
	js, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(4000), jetstream.WithPublishAsyncErrHandler(func(_ jetstream.JetStream, _ *nats.Msg, err error) {
		select {
		case failed <- err:
		default:
		}
	}))
	if err != nil {
		return err
	}
	if err := producers.EnsureStreams(ctx, js, 1); err != nil {
		return err
	}
	stream, err := js.Stream(ctx, schemas.StreamEvents)
	if err != nil {
		return err
	}
	for n := int(stream.CachedInfo().State.Msgs); n < upTo; n++ {
		subject, data := l.Append(nil, n)
		msg := &nats.Msg{Subject: subject, Data: data, Header: nats.Header{
			schemas.HeaderContentType: {schemas.ContentTypeEvent}, schemas.HeaderPublisher: {"bench"}, jetstream.MsgIDHeader: {"bench-" + strconv.Itoa(n)}}}
		if _, err := js.PublishMsgAsync(msg, jetstream.WithStallWait(time.Minute)); err != nil {
			return fmt.Errorf("publish message %d: %w", n, err)
		}
		if n%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	select {
	case <-js.PublishAsyncComplete():
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-failed:
		return fmt.Errorf("publish: %w", err)
	default:
	}
	info, err := stream.Info(ctx)
	if err == nil && info.State.Msgs < uint64(upTo) {
		err = fmt.Errorf("the stream has %d messages of %d", info.State.Msgs, upTo)
	}
	return err
}
