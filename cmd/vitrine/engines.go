package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"vitrine/internal/certs"
	"vitrine/internal/chd"
	"vitrine/internal/natsd"
	"vitrine/producers/credentials"
)

// engineFlags are those of the commands that run NATS and ClickHouse themselves.
type engineFlags struct {
	data, natsAddr, clickhouseAddr, engine string
	keys                                   string // folder; empty: keys in the data folder
	requireCredentials                     bool   // on loopback too
	syncInterval                           time.Duration
	natsTLS, clickhouseTLS                 certs.Files // the servers' own; empty: not encrypted
	access                                 clickhouseAccess
}

// bind declares the flags; sync is the default of --sync-interval.
func (f *engineFlags) bind(flags *pflag.FlagSet, sync time.Duration) {
	flags.StringVar(&f.data, "data", "data", "folder of all data; made if missing")
	flags.StringVar(&f.natsAddr, "nats-addr", "127.0.0.1:4222", "where the embedded NATS server listens")
	flags.StringVar(&f.keys, "keys", "", "folder of the keys that NATS credentials are signed with; made if missing (default: keys in the data folder)")
	flags.BoolVar(&f.requireCredentials, "nats-require-credentials", false, "ask this machine's own connections for NATS credentials too; without it they may do everything")
	flags.StringVar(&f.clickhouseAddr, "clickhouse-addr", "127.0.0.1:8123", "where the embedded ClickHouse listens (HTTP)")
	f.access.bind(flags)
	flags.DurationVar(&f.syncInterval, "sync-interval", sync, "how often accepted events are flushed to the disk, which is what a power cut can take; 0: each before it is accepted")
	const ca = "CAs of clients (PEM): a client needs a certificate that one of them signed"
	bindTLS(flags, &f.natsTLS, "nats-server-tls", ca, "the embedded NATS server's certificate (PEM): it takes encrypted connections only")
	bindTLS(flags, &f.clickhouseTLS, "clickhouse-server-tls", ca, "the embedded ClickHouse's certificate (PEM): it takes HTTPS only")
	flags.StringVar(&f.engine, "engine", "", "path of the ClickHouse engine, libchdb (default: fetched once with npm)")
}

// engines are the embedded servers, running.
type engines struct {
	natsURL, clickhouseURL string
	links                  links // how this process reaches them
	keys                   *credentials.Keys
	refused                *prometheus.CounterVec // what the NATS server refused, by kind
	stop                   func() error
	failed                 <-chan error
}

// check finds what is wrong with the flags before the engine is fetched for them.
func (f engineFlags) check() error {
	if f.data == "" { // "" would be the folder that the command runs in
		return usageError{errors.New("--data: expected a folder")}
	}
	if _, _, err := splitAddr(f.natsAddr); err != nil {
		return usageError{fmt.Errorf("--nats-addr: %w", err)}
	}
	if f.syncInterval < 0 {
		return usageError{fmt.Errorf("--sync-interval %s: expected 0 or more", f.syncInterval)}
	}
	return nil
}

// startEngines starts both servers and returns when they take clients. They stop when stop is
// called, not with ctx: what uses them must stop first.
func startEngines(ctx context.Context, f engineFlags, path string, logger *slog.Logger) (*engines, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	host, port, err := splitAddr(f.natsAddr)
	if err != nil {
		return nil, err
	}
	keys, err := credentials.EnsureKeys(f.keysDir())
	if err != nil {
		return nil, err
	}
	operator, err := operatorOf(keys, isLoopback(host) && !f.requireCredentials)
	if err != nil {
		return nil, err
	}
	var l links
	natsTLS, err := l.serve("nats-server", f.natsTLS, tls.VersionTLS13, &l.nats, logger)
	if err != nil {
		return nil, err
	}
	// Analysts come with tools of their own, some of which know no TLS 1.3.
	clickhouseTLS, err := l.serve("clickhouse-server", f.clickhouseTLS, tls.VersionTLS12, &l.clickhouse, logger)
	if err != nil {
		return nil, err
	}
	refused := newRefused()
	streams, err := natsd.New(natsd.Config{Dir: filepath.Join(f.data, "nats"), Host: host, Port: port, SyncInterval: f.syncInterval, Logger: logger,
		Operator: operator, TLS: natsTLS, OnRefusal: func(r natsd.Refusal) { refused.WithLabelValues(string(r)).Inc() }})
	if err != nil {
		return nil, err
	}
	clickhouse := chd.Config{Dir: filepath.Join(f.data, "clickhouse"), Addr: f.clickhouseAddr, Engine: path, TLS: clickhouseTLS, Logger: logger}
	service, err := f.access.apply(&clickhouse, f.keysDir())
	if err != nil {
		return nil, err
	}
	columns, err := chd.New(clickhouse)
	if err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	group, groupCtx := errgroup.WithContext(running)
	group.Go(func() error { return streams.Run(groupCtx) })
	group.Go(func() error { return columns.Run(groupCtx) })
	failed := make(chan error, 1)
	finished := make(chan struct{})
	var result error
	go func() {
		result = group.Wait()
		failed <- result
		close(finished)
	}()
	e := &engines{links: l, keys: keys, refused: refused, failed: failed, stop: func() error {
		cancel()
		<-finished
		return result
	}}
	for _, ready := range []<-chan struct{}{streams.Ready(), columns.Ready()} {
		select {
		case <-ready:
		case err := <-failed:
			cancel()
			return nil, err
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), e.stop())
		}
	}
	at, err := url.Parse(columns.URL())
	if err != nil {
		return nil, errors.Join(err, e.stop())
	}
	at.User, at.Path = service, "/"+database
	e.natsURL, e.clickhouseURL = streams.URL(), at.String()
	return e, nil
}

func splitAddr(addr string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	port, err = strconv.Atoi(text)
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("address %s: expected a port from 0 (any) to 65535", addr)
	}
	if port == 0 {
		port = natsd.AnyPort
	}
	return host, port, nil
}

// enginePath is where the ClickHouse engine is; it is fetched if it isn't there yet.
func (env *environment) enginePath(ctx context.Context, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	return chd.Fetch(ctx, chd.FetchConfig{Progress: env.Stderr})
}

func newEngineCommand(env *environment) *cobra.Command {
	return &cobra.Command{
		Use:   "engine",
		Short: "Fetch the embedded ClickHouse engine and print where it is",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := env.enginePath(cmd.Context(), "")
			if err != nil {
				return err
			}
			fmt.Fprintln(env.Stdout, path)
			return nil
		},
	}
}
