package chd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// headerTimeout bounds how long a client takes to send its headers.
	headerTimeout = 10 * time.Second
	// idleTimeout is how long an idle client connection is kept; longer than the
	// clients' own, so that they are the ones to close.
	idleTimeout = 2 * time.Minute
	// killGrace is how long cancelled statements get to end.
	killGrace = 10 * time.Second
)

// Server serves the engine over HTTP. Make one with New.
type Server struct {
	cfg     Config
	started atomic.Bool
	ready   chan struct{}
	url     atomic.Pointer[string]
}

// New checks cfg. It starts nothing, loads nothing and touches no file.
func New(cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Server{cfg: cfg, ready: make(chan struct{})}, nil
}

// Ready is closed once the server accepts clients. It is never closed when Run
// fails first, so wait for Run's return as well.
func (s *Server) Ready() <-chan struct{} { return s.ready }

// URL is the address for clients, e.g. http://127.0.0.1:8123, or https://… with TLS. It is empty until Ready.
func (s *Server) URL() string {
	if u := s.url.Load(); u != nil {
		return *u
	}
	return ""
}

// Run loads the engine, opens the data, and serves until ctx is done. Then it
// takes no more statements, lets the running ones finish within StopTimeout,
// cancels the rest, and closes the data, so that another process, or another
// Server in this one, can open it. Its errors are *EngineMissingError,
// *WrongEngineError, *AddrInUseError, *LockedError, *DataError and ErrEngineBusy
// where one of those is the cause.
func (s *Server) Run(ctx context.Context) error {
	if !s.started.CompareAndSwap(false, true) {
		return ErrStarted
	}
	listener, err := net.Listen("tcp", s.cfg.Addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return &AddrInUseError{Addr: s.cfg.Addr, Err: err}
	case err != nil:
		return fmt.Errorf("chd: listen on %s: %w", s.cfg.Addr, err)
	}
	defer func() { _ = listener.Close() }()

	e, err := startEngine(s.cfg)
	if err != nil {
		return err
	}
	stop, cancelAll := context.WithCancel(context.Background())
	defer cancelAll()
	h := newHandler(s.cfg, e, stop)
	server := &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, TLSConfig: s.cfg.TLS,
		ErrorLog: slog.NewLogLogger(s.cfg.Logger.Handler(), slog.LevelInfo)} // handshakes that failed

	h.active.Add(1)
	go h.watchRoom()

	url := "http://" + listener.Addr().String()
	if s.cfg.TLS != nil {
		url = "https://" + listener.Addr().String()
	}
	s.url.Store(&url)
	served := make(chan error, 1)
	go func() {
		if s.cfg.TLS != nil {
			served <- server.ServeTLS(listener, "", "")
			return
		}
		served <- server.Serve(listener)
	}()
	close(s.ready)
	s.cfg.Logger.Info("ClickHouse engine ready", "url", url, "data", s.cfg.Dir, "version", e.version)

	select {
	case <-ctx.Done():
		err = nil
	case err = <-served:
		err = fmt.Errorf("chd: serve: %w", err)
	}
	return errors.Join(err, s.shutDown(server, h, cancelAll))
}

// shutDown stops in this order: no new requests, running ones end or are
// cancelled, connections close, and with the last of them the engine.
func (s *Server) shutDown(server *http.Server, h *handler, cancelAll context.CancelFunc) error {
	grace, cancel := context.WithTimeout(context.Background(), s.cfg.StopTimeout)
	defer cancel()
	err := server.Shutdown(grace)
	if err != nil {
		cancelAll()
		killed, cancel := context.WithTimeout(context.Background(), killGrace)
		defer cancel()
		if err = server.Shutdown(killed); err != nil {
			// What still runs waits for its client to read.
			_ = server.Close()
		}
	}
	cancelAll() // what isn't a request
	if !waitFor(&h.active, killGrace) {
		// Closing the connections under a running statement would crash the process.
		return fmt.Errorf("chd: statements were still running %s after they were cancelled; the data stays open until the process ends", 2*killGrace)
	}
	h.close()
	return h.engine.stop()
}

// waitFor tells whether the group was done in time.
func waitFor(group *sync.WaitGroup, timeout time.Duration) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		group.Wait()
	}()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}
