package faults

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/producers"
	"vitrine/producers/credentials"
)

// ledger is what the publisher knows: what it sent, and what JetStream said that it accepted.
type ledger struct {
	mu         sync.Mutex
	sent       int
	duplicates int             // bytes that were sent before, under another message id
	accepted   map[uint64]bool // sequences acknowledged
	twice      int             // sequences acknowledged to two different messages: one of them is lost
	pulse      *pulse          // may be nil
	refused    int             // too large for the stream, or not fit for the publisher's own door
}

func (l *ledger) sending(m message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent++
	if m.duplicate {
		l.duplicates++
	}
}

func (l *ledger) accept(seq uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.accepted[seq] {
		l.twice++
	}
	l.accepted[seq] = true
	if l.pulse != nil {
		l.pulse.beat(0)
	}
}

func (l *ledger) refuse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused++
}

func (l *ledger) counts() (sent, duplicates, accepted, refused, twice int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sent, l.duplicates, len(l.accepted), l.refused, l.twice
}

// load is a publisher at work.
type load struct {
	seed   uint64
	url    string
	creds  string // credentials file; empty: none
	log    string // file
	ledger *ledger
	atMost int // messages per second
}

// attemptTimeout is how long the publisher waits for an acknowledgement before it sends the same again.
const attemptTimeout = 2 * time.Second

// run publishes at least n messages, and on until enough is closed, and returns when each is accepted, or
// refused for good. However often a message is sent, it keeps its message id.
func (l *load) run(ctx context.Context, n int, enough <-chan struct{}) error {
	log, err := os.OpenFile(l.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	valid, rest := make(chan []byte), make(chan message)
	errs := make(chan error, 2)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	lane := func(run func() error) {
		err := run()
		if err != nil {
			cancel(err)
		}
		errs <- err
	}
	logger := slog.New(slog.NewTextHandler(log, nil))
	go lane(func() error { return l.publishValid(ctx, logger, valid) })
	go lane(func() error { return l.publishRest(ctx, logger, rest) })
	l.feed(ctx, n, enough, valid, rest)
	close(valid)
	close(rest)
	return errors.Join(<-errs, <-errs)
}

func (l *load) feed(ctx context.Context, n int, enough <-chan struct{}, valid chan<- []byte, rest chan<- message) {
	due, i, every := time.Now(), 0, time.Second/time.Duration(l.atMost)
	for m := range messages(l.seed) {
		if i >= n {
			select {
			case <-enough:
				return
			default:
			}
			due = due.Add(4 * every) // some load until all faults have struck, and no mountain of events
		}
		due = due.Add(every)
		if ahead := time.Until(due); ahead > 10*time.Millisecond {
			time.Sleep(ahead) // the rate asked for
		}
		if m.valid {
			select {
			case valid <- m.raw:
			case <-ctx.Done():
				return
			}
		} else {
			select {
			case rest <- m:
			case <-ctx.Done():
				return
			}
		}
		l.ledger.sending(m)
		i++
	}
}

// publishValid is how labs' programs publish.
func (l *load) publishValid(ctx context.Context, log *slog.Logger, raws <-chan []byte) error {
	p, err := producers.New(producers.Config{URL: l.url, CredentialsFile: l.creds, AttemptTimeout: attemptTimeout, BackoffMax: time.Second, Logger: log})
	if err != nil {
		return err
	}
	if err := p.Connect(ctx); err != nil {
		return err
	}
	defer p.Close()
	totals, err := p.PublishAllRaw(ctx, func(yield func([]byte) bool) {
		for raw := range raws {
			if !yield(raw) {
				return
			}
		}
	}, producers.Options{OnResult: func(_ int, r producers.Receipt, err error) {
		if err == nil {
			l.ledger.accept(r.Seq)
		}
	}})
	if err != nil || totals.Failed > 0 || totals.Refused > 0 {
		return fmt.Errorf("the publisher gave up: %+v: %w", totals, err)
	}
	return nil
}

// publishRest publishes what the publisher's door would refuse.
func (l *load) publishRest(ctx context.Context, log *slog.Logger, rest <-chan message) error {
	options, err := credentials.ConnectOptions(l.creds, nil)
	if err != nil {
		return err
	}
	conn, err := nats.Connect(l.url, append(options, nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond), nats.ReconnectBufSize(-1), nats.RetryOnFailedConnect(true))...)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	for m := range rest {
		for id, tries := uuid.NewString(), 1; ; tries++ {
			attempt, cancel := context.WithTimeout(ctx, attemptTimeout)
			ack, err := js.PublishMsg(attempt, &nats.Msg{Subject: m.subject, Data: m.raw, Header: nats.Header{}}, jetstream.WithMsgID(id), jetstream.WithRetryAttempts(0))
			cancel()
			var api *jetstream.APIError
			if err == nil {
				if m.tooLarge {
					return fmt.Errorf("a message of %d bytes was accepted as %d", len(m.raw), ack.Sequence)
				}
				l.ledger.accept(ack.Sequence)
				break
			}
			if m.tooLarge && (errors.Is(err, nats.ErrMaxPayload) || errors.As(err, &api) && api.Code == 400) {
				l.ledger.refuse()
				break
			}
			if tries%50 == 0 && len(conn.Servers()) > 1 { // this one may be cut off
				_ = conn.ForceReconnect()
			}
			log.Info("publishing past the door again", "subject", m.subject, "bytes", len(m.raw), "id", id, "error", err)
			select {
			case <-ctx.Done():
				return fmt.Errorf("publish past the door: %w, last %w", context.Cause(ctx), err)
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
	return nil
}

func logFile(dir, name string) string { return filepath.Join(dir, name+".log") }
