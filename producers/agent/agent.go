package agent

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// Config is what an [Agent] is made of.
type Config struct {
	// File is the configuration as read by [ReadFile]. Required.
	File *File
	// Connectors are the sorts of sources known. Required.
	Connectors []importers.Connector
	// LocalURL is the agent's own NATS server, with JetStream; user and password stand in it. Required.
	LocalURL string
	// Ledger remembers what was sent; StateOf is a source's memory in the same file. Required.
	Ledger  importers.Ledger
	StateOf func(source string) importers.State
	// Sender carries events to the programme. Required.
	Sender Sender
	// Salt makes the codes of the lab's company customers.
	Salt []byte
	// Transport carries the connectors' HTTP requests; nil: the usual one.
	Transport http.RoundTripper
	// Registerer gets the metrics, Gatherer serves them at /metrics; nil: none.
	Registerer prometheus.Registerer
	Gatherer   prometheus.Gatherer
	// Logger hears of what happens; nil: nobody does. Clock is the time; nil: [time.Now].
	Logger *slog.Logger
	Clock  func() time.Time
}

// Agent is a lab's agent. Make one with [New], then [Agent.Run] it.
type Agent struct {
	cfg     Config
	log     *slog.Logger
	clock   func() time.Time
	metrics *metrics
	sources []*source
	csrf    string
	hooks   chan struct{} // holds a token for each webhook that is being taken

	spool     *spool // set by Run, before ready is closed
	forwarder *forwarder
	ready     chan struct{}
	full      atomic.Bool
	filled    atomic.Pointer[fill]
}

// New checks cfg and opens the sources, all of which it tells at once if they can't be. It asks
// nobody and touches no file.
func New(cfg Config) (*Agent, error) {
	if cfg.File == nil || cfg.Ledger == nil || cfg.StateOf == nil || cfg.Sender == nil || cfg.LocalURL == "" {
		return nil, errors.New("agent: configuration: File, LocalURL, Ledger, StateOf and Sender are required")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	m, err := newMetrics(cfg.Registerer)
	if err != nil {
		return nil, err
	}
	m.limit.Set(float64(cfg.File.Spool.MaxBytes))
	a := &Agent{cfg: cfg, log: cfg.Logger, clock: cfg.Clock, metrics: m, csrf: rand.Text(),
		hooks: make(chan struct{}, maxHooks), ready: make(chan struct{})}
	var errs []error
	for _, spec := range cfg.File.Sources {
		s, err := a.open(spec)
		if err != nil {
			errs = append(errs, &SourceError{Source: spec.Name, Err: err})
			continue
		}
		a.sources = append(a.sources, s)
	}
	return a, errors.Join(errs...)
}

// SourceError says that a source can't be opened as it is configured.
type SourceError struct {
	Source string
	Err    error
}

// Error is [SourceError.In] English.
func (e *SourceError) Error() string { return e.In(schemas.English) }

// In says what is wrong in a language.
func (e *SourceError) In(l schemas.Lang) string {
	return fmt.Sprintf(schemas.Text{FR: "source %s : %s", EN: "source %s: %s"}.In(l), e.Source, importers.Say(e.Err, l))
}

// Unwrap is the connector's error.
func (e *SourceError) Unwrap() error { return e.Err }

// Open opens a source as the agent does, with a memory of its own.
func Open(cfg Config, spec SourceSpec, state importers.State) (importers.Importer, importers.Connector, error) {
	for _, c := range cfg.Connectors {
		if c.Name != spec.Connector {
			continue
		}
		im, err := c.Open(importers.Options{Lab: cfg.File.Lab, Zone: cfg.File.Zone, Salt: cfg.Salt, Values: spec.Values, State: state,
			Transport: cfg.Transport, Logger: cfg.Logger.With("source", spec.Name), Clock: cfg.Clock})
		return im, c, err
	}
	return nil, importers.Connector{}, fmt.Errorf("there is no connector %q", spec.Connector)
}

func (a *Agent) open(spec SourceSpec) (*source, error) {
	name := a.cfg.File.Lab + "/" + spec.Name
	im, c, err := Open(a.cfg, spec, a.cfg.StateOf(name))
	if err != nil {
		return nil, err
	}
	if _, receives := im.(importers.Receiver); c.Feed != importers.NoFeed && !receives {
		return nil, fmt.Errorf("connector %s has a feed and doesn't receive", c.Name)
	}
	s := &source{spec: spec, title: c.Title, feed: c.Feed, importer: im, memory: a.cfg.StateOf("agent/" + name),
		busy: make(chan struct{}, 1), now: make(chan struct{}, 1)}
	return s, nil
}

// Run asks, spools and forwards until ctx ends; then it returns nil.
func (a *Agent) Run(ctx context.Context) error {
	conn, err := nats.Connect(a.cfg.LocalURL, nats.Name("vitrine-agent"), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond))
	if err != nil {
		return fmt.Errorf("agent: its own NATS server: %w", err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(apiTimeout))
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	if a.spool, err = openSpool(ctx, js, a.cfg.File.Spool, a.cfg.StateOf("agent/spool")); err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	a.forwarder = &forwarder{spool: a.spool, sender: a.cfg.Sender, metrics: a.metrics, agent: a, sent: map[string]int{}}
	for _, s := range a.sources {
		if raw, err := s.memory.Get(keepDone); err == nil && raw != nil {
			s.update(func(st *sourceState) { _ = json.Unmarshal(raw, &st.LastDone) }) // at worst it is read once more
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	feed, err := a.openFeed(ctx, js)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	if feed != nil {
		group.Go(func() error { return feed.run(ctx) })
	}
	if err := a.look(ctx); err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	close(a.ready)
	group.Go(func() error { return a.forwarder.run(ctx) })
	group.Go(func() error { a.watch(ctx); return nil })
	for i, s := range a.sources {
		group.Go(func() error { a.runSource(ctx, s, i); return nil })
	}
	a.log.Info("agent running", "lab", a.cfg.File.Lab, "sources", len(a.sources))
	err = group.Wait()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Ready is closed once the agent's spool is open. It is never closed when Run fails first.
func (a *Agent) Ready() <-chan struct{} { return a.ready }
