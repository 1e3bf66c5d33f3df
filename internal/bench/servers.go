package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/internal/chd"
	"vitrine/internal/natsd"
)

// The processes that the harness starts of itself.
const (
	roleNATS       = "nats"
	roleClickHouse = "clickhouse"
	roleLoop       = "loop"
)

// runNATS is the NATS server alone; it prints its URL.
func runNATS(ctx context.Context, args []string, stdout io.Writer) error {
	f := flag.NewFlagSet(roleNATS, flag.ContinueOnError)
	dir := f.String("dir", "", "folder of the store")
	sync := f.Duration("sync", 0, "how often the store is flushed; 0: with each message")
	if err := f.Parse(args); err != nil {
		return err
	}
	server, err := natsd.New(natsd.Config{Dir: *dir, Port: natsd.AnyPort, SyncInterval: *sync})
	if err != nil {
		return err
	}
	return serve(ctx, server, server.URL, stdout)
}

// runClickHouse is the ClickHouse engine alone; it prints its URL.
func runClickHouse(ctx context.Context, args []string, stdout io.Writer) error {
	f := flag.NewFlagSet(roleClickHouse, flag.ContinueOnError)
	dir := f.String("dir", "", "data folder")
	engine := f.String("engine", "", "path of the library")
	if err := f.Parse(args); err != nil {
		return err
	}
	server, err := chd.New(chd.Config{Dir: *dir, Addr: "127.0.0.1:0", Engine: *engine})
	if err != nil {
		return err
	}
	return serve(ctx, server, server.URL, stdout)
}

func serve(ctx context.Context, server interface {
	Run(context.Context) error
	Ready() <-chan struct{}
}, url func() string, stdout io.Writer) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return server.Run(ctx) })
	group.Go(func() error {
		select {
		case <-server.Ready():
			_, err := fmt.Fprintln(stdout, url())
			return err
		case <-ctx.Done():
			return nil
		}
	})
	return group.Wait()
}

// servers are both, each in a process of its own, so that what they use can be told apart.
type servers struct {
	nats, clickhouse       *child
	natsURL, clickhouseURL string
}

// startServer starts one and waits until it is ready.
func startServer(ctx context.Context, role string, args ...string) (p *child, url string, err error) {
	if p, err = self(role, args...); err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, 2*time.Minute, errors.New("not ready after 2 minutes"))
	defer cancel()
	if url, err = p.line(ctx); err != nil {
		return nil, "", errors.Join(err, p.stop())
	}
	return p, strings.TrimSpace(url), nil
}

// flushEvery is how often NATS flushes while the stream is published, which isn't measured, and with -durable=false.
const flushEvery = time.Second

// startServers publishes the load, unless it is there, and starts both servers as they are measured.
func startServers(ctx context.Context, o options, s *stage, log io.Writer) (_ *servers, err error) {
	engine, err := chd.Fetch(ctx, chd.FetchConfig{Progress: log})
	if err != nil {
		return nil, err
	}
	store := filepath.Join(s.dir, "nats")
	if err := publishOnce(ctx, s, store, log); err != nil {
		return nil, err
	}
	v := &servers{}
	defer func() {
		if err != nil {
			err = errors.Join(err, v.stop())
		}
	}()
	sync := time.Duration(0)
	if !o.durable {
		sync = flushEvery
	}
	if v.nats, v.natsURL, err = startServer(ctx, roleNATS, "-dir", store, "-sync", sync.String()); err != nil {
		return nil, err
	}
	if v.clickhouse, v.clickhouseURL, err = startServer(ctx, roleClickHouse, "-dir", filepath.Join(s.dir, "clickhouse"), "-engine", engine); err != nil {
		return nil, err
	}
	return v, nil
}

func (s *servers) stop() error {
	var problems []error
	for _, p := range []*child{s.nats, s.clickhouse} {
		if p != nil {
			problems = append(problems, p.stop())
		}
	}
	return errors.Join(problems...)
}
