package natsd

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	natsserver "github.com/nats-io/nats-server/v2/server"
)

// readyPoll is how long one look at the server's readiness may take; between
// looks Run sees whether it was told to stop or the server gave up.
const readyPoll = 250 * time.Millisecond

const (
	// spacePoll is how often a full disk is looked at.
	spacePoll = time.Second
	// spaceNeeded is how much must be free for a restart to be worthwhile: one block of messages, in bytes.
	spaceNeeded = 8 << 20
)

// Server is an embedded NATS server. Make one with New.
type Server struct {
	cfg     Config
	started atomic.Bool
	ready   chan struct{}
	url     atomic.Pointer[string]
}

// New checks cfg. It starts nothing and touches no file.
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

// URL is the address for clients, e.g. nats://127.0.0.1:4222, or tls://… with TLS. It is empty until Ready.
func (s *Server) URL() string {
	if u := s.url.Load(); u != nil {
		return *u
	}
	return ""
}

// Run serves until ctx is done, then flushes the store and stops; that is the
// only way in which it returns nil. Its errors are *AddrInUseError,
// *LockedError and *StoreError where one of those is the cause.
func (s *Server) Run(ctx context.Context) error {
	if !s.started.CompareAndSwap(false, true) {
		return ErrStarted
	}
	lock, err := lockStore(s.cfg.Dir)
	if err != nil {
		return err
	}
	// The file stays: removing it would let two processes hold two locks.
	defer func() { _ = lock.Unlock() }()

	for {
		if err := s.once(ctx); !errors.Is(err, errSpaceAgain) {
			return err
		}
		s.cfg.Logger.Warn("the disk was full and has space again: restarting the NATS server")
	}
}

// errSpaceAgain ends a server whose disk was full: its streams refuse every message from the first
// failed write on, until they are opened again.
var errSpaceAgain = errors.New("natsd: the disk has space again")

// once runs one server until ctx is done, it gives up, or it must be started again.
func (s *Server) once(ctx context.Context) error {
	if err := s.checkAddr(); err != nil {
		return err
	}
	options := s.options()
	if s.cfg.Operator != nil {
		if err := s.cfg.Operator.prepare(s.cfg, options); err != nil {
			return err
		}
	}
	ns, err := natsserver.NewServer(options)
	if err != nil {
		return fmt.Errorf("natsd: configure the server: %w", err)
	}
	log := newLogAdapter(s.cfg.Logger, s.cfg.OnRefusal)
	ns.SetLoggerV2(log, false, false, false)

	go ns.Start()
	err = s.serve(ctx, ns, log)
	stopped := s.stop(ns)
	if stopped != nil && errors.Is(err, errSpaceAgain) {
		return stopped // it still has the folder
	}
	return errors.Join(err, stopped)
}

// serve waits until the server accepts clients, then until ctx is done or a full disk has space again.
func (s *Server) serve(ctx context.Context, ns *natsserver.Server, log *logAdapter) error {
	for !ns.ReadyForConnections(readyPoll) {
		select {
		case <-ctx.Done():
			return nil
		case msg := <-log.fatal:
			return s.classify(msg)
		default:
		}
	}
	url := ns.ClientURL()
	if addr, ok := ns.Addr().(*net.TCPAddr); ok {
		s.cfg.Port = addr.Port // clients come back to it after a restart
	}
	if s.url.Swap(&url) == nil {
		close(s.ready)
	}
	s.cfg.Logger.Info("NATS server ready", "url", url, "store", s.cfg.Dir)

	tick := time.NewTicker(spacePoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case msg := <-log.fatal:
			return s.classify(msg)
		case <-tick.C:
			if log.full.Load() && s.hasSpace() {
				return errSpaceAgain
			}
		}
	}
}

// hasSpace says whether the store's disk takes some more megabytes.
func (s *Server) hasSpace() bool {
	probe, err := os.CreateTemp(s.cfg.Dir, ".space-*")
	if err != nil {
		return false
	}
	_, err = probe.Write(make([]byte, spaceNeeded))
	return errors.Join(err, probe.Close(), os.Remove(probe.Name())) == nil
}

// stop shuts the server down, which closes the clients and flushes the streams.
func (s *Server) stop(ns *natsserver.Server) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		ns.Shutdown()
		ns.WaitForShutdown()
	}()
	timer := time.NewTimer(s.cfg.StopTimeout)
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-timer.C:
		return fmt.Errorf("natsd: the server didn't stop within %s", s.cfg.StopTimeout)
	}
}

func (s *Server) options() *natsserver.Options {
	options := &natsserver.Options{
		ServerName:        s.cfg.Name,
		Host:              s.cfg.Host,
		Port:              s.cfg.Port,
		Username:          s.cfg.User,
		Password:          s.cfg.Password,
		JetStream:         true,
		StoreDir:          s.cfg.Dir,
		JetStreamMaxStore: s.cfg.MaxStore,
		SyncAlways:        s.cfg.SyncInterval == 0,
		SyncInterval:      cmp.Or(s.cfg.SyncInterval, syncFolders),
		MaxPayload:        s.cfg.MaxPayload,
		// Signals belong to the program, not to a library.
		NoSigs: true,
	}
	if s.cfg.TLS != nil {
		options.TLS, options.TLSConfig = true, s.cfg.TLS
		options.TLSVerify = s.cfg.TLS.ClientAuth == tls.RequireAndVerifyClientCert // told to clients, no more
	}
	if s.cfg.MQTT != nil {
		s.cfg.MQTT.apply(s.cfg, options)
	}
	return options
}

// checkAddr tries the address beforehand, because the server itself reports a
// taken port only in its log. Between this look and the server's own the port
// may still go; the log's message then ends Run (see classify).
func (s *Server) checkAddr() error {
	if s.cfg.Port == AnyPort {
		return nil
	}
	l, err := net.Listen("tcp", s.addr())
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return &AddrInUseError{Addr: s.addr(), Err: err}
	case err != nil:
		return fmt.Errorf("natsd: listen on %s: %w", s.addr(), err)
	}
	return l.Close()
}

// classify turns the message of a server that gave up into an error.
func (s *Server) classify(msg string) error {
	if err := s.checkAddr(); err != nil {
		return err
	}
	return fmt.Errorf("natsd: the server gave up: %s", msg)
}

func (s *Server) addr() string {
	return net.JoinHostPort(s.cfg.Host, strconv.Itoa(s.cfg.Port))
}

// lockStore makes the folder, proves that it can be written and takes its lock,
// which ends with the process whatever way it ends. JetStream itself would let
// two servers share a store and destroy it.
func lockStore(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, &StoreError{Dir: dir, Err: err}
	}
	probe, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return nil, &StoreError{Dir: dir, Err: err}
	}
	err = errors.Join(probe.Close(), os.Remove(probe.Name()))
	if err != nil {
		return nil, &StoreError{Dir: dir, Err: err}
	}
	lock := flock.New(filepath.Join(dir, "natsd.lock"))
	held, err := lock.TryLock()
	if err != nil {
		return nil, &StoreError{Dir: dir, Err: err}
	}
	if !held {
		return nil, &LockedError{Dir: dir}
	}
	return lock, nil
}
