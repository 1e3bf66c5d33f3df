package alerts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"vitrine/schemas"
)

// Destination is where digests are sent. Send returns nil only once the other side has taken the digest; any error means
// that the same digest is sent again later.
type Destination interface {
	// Name tells destinations apart, in the bucket, logs and metrics: letters, digits and "-", no address. Under another
	// name a destination is a new one.
	Name() string
	Send(ctx context.Context, d Digest) error
}

// SenderConfig says what a sender sends, where and when.
type SenderConfig struct {
	// JetStream is where the stream of alerts is; it must exist.
	JetStream jetstream.JetStream
	// Places is the bucket that remembers what was sent; see [EnsureBucket].
	Places jetstream.KeyValue
	// Destination is told what changed.
	Destination Destination
	// Schedule says when.
	Schedule Schedule
	// Letterhead says how digests are worded.
	Letterhead Letterhead
	// Look is how often the sender looks whether there is something to send. Default 30 seconds.
	Look time.Duration
	// Patience bounds one attempt to send. Default 30 seconds.
	Patience time.Duration
	// Lease is for how long a process that took a digest on may give no sign of life before another one sends the same
	// digest. Default 2 minutes; at least twice Patience, or two might send at once.
	Lease time.Duration
	// RetryAtMost bounds the pauses between attempts, which grow. Default 15 minutes.
	RetryAtMost time.Duration
	// Now is the clock. Default time.Now.
	Now func() time.Time
	// Logger gets what went wrong. Default: discarded.
	Logger *slog.Logger
	// Metrics are shared by the senders of a process. Default: none.
	Metrics *SenderMetrics
}

// Sender tells one destination what changed, each change once, as long as nobody is killed between sending and
// writing down that it was sent: then the same digest, of the same id, is sent again. Any number of processes may run
// one for a destination.
type Sender struct {
	config SenderConfig
	log    *Log
	owner  uuid.UUID
	pauses *backoff.ExponentialBackOff

	// The claim of another process, and since when it has stood unchanged, by this process's own clock: clocks
	// of different machines needn't agree.
	foreign uint64
	seen    time.Time
}

// NewSender checks the configuration and starts nothing.
func NewSender(c SenderConfig) (*Sender, error) {
	if c.JetStream == nil || c.Places == nil || c.Destination == nil {
		return nil, errors.New("alerts: JetStream, Places and Destination are needed")
	}
	var err error
	if c.Schedule, err = c.Schedule.withDefaults(); err != nil {
		return nil, err
	}
	if c.Letterhead, err = c.Letterhead.withDefaults(); err != nil {
		return nil, err
	}
	c.Look = cmp.Or(c.Look, 30*time.Second)
	c.Patience = cmp.Or(c.Patience, 30*time.Second)
	c.Lease = cmp.Or(c.Lease, max(2*time.Minute, 2*c.Patience))
	c.RetryAtMost = cmp.Or(c.RetryAtMost, 15*time.Minute)
	if c.Look < 0 || c.Patience < 0 || c.RetryAtMost < 0 || c.Lease < 2*c.Patience {
		return nil, fmt.Errorf("alerts: look every %s, patience %s, lease %s, pauses up to %s: expected more than 0, and a lease of twice the patience",
			c.Look, c.Patience, c.Lease, c.RetryAtMost)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Metrics == nil {
		c.Metrics = NewSenderMetrics(prometheus.NewRegistry())
	}
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = min(c.Look, c.RetryAtMost), c.RetryAtMost
	return &Sender{config: c, log: NewLog(c.JetStream), owner: uuid.New(), pauses: pauses}, nil
}

// Run sends what is due until its context ends.
func (s *Sender) Run(ctx context.Context) error {
	for {
		pause := s.config.Look
		err := s.Step(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errOther):
		case err != nil:
			pause = s.pauses.NextBackOff()
			s.config.Metrics.failures.WithLabelValues(s.config.Destination.Name()).Inc()
			s.config.Logger.Warn("could not send alerts; they are sent later", "destination", s.config.Destination.Name(), "in", pause.Round(time.Second), "error", err)
		default:
			s.pauses.Reset()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// Step sends the digest that was begun, or the one that is due; nil as well if there is nothing to do.
func (s *Sender) Step(ctx context.Context) error {
	name, now := s.config.Destination.Name(), s.config.Now()
	stream, err := s.config.JetStream.Stream(ctx, schemas.StreamAlerts)
	if err != nil {
		return fmt.Errorf("stream %s: %w", schemas.StreamAlerts, err)
	}
	info := stream.CachedInfo()
	at, err := readPlace(ctx, s.config.Places, name, info.Created, now)
	if err != nil {
		return err
	}
	if at.Claim == nil {
		if err := s.claim(ctx, &at, info.State.LastSeq, now); err != nil || at.Claim == nil {
			return err
		}
	}
	if at.Claim.Owner != s.owner && !s.abandoned(at) {
		return nil // another process is at it
	}
	// Each attempt is written down before: whoever sees it waits, and nobody sends what another one has sent.
	at.Claim.Owner, at.Claim.Attempt = s.owner, at.Claim.Attempt+1
	if err := writePlace(ctx, s.config.Places, name, &at); err != nil {
		return err
	}
	return s.send(ctx, at)
}

// claim takes a digest on if one is due; the claim stays nil if not. It isn't written yet.
func (s *Sender) claim(ctx context.Context, at *told, last uint64, now time.Time) error {
	s.config.Metrics.waiting(s.config.Destination.Name(), last > at.Through, at.Sent, now)
	if last <= at.Through {
		return nil
	}
	// What was sent by a clock that was ahead holds nothing up: its time may be years away. Clocks of several machines differ by less than an hour.
	due := s.config.Schedule.last(now).After(at.Sent) || at.Sent.Sub(now) > time.Hour
	if !due && s.config.Schedule.Urgent && at.Told && now.Sub(at.Sent) >= urgentGap {
		err := s.log.read(ctx, at.Through+1, last, func(e entry) {
			due = due || !e.foreign && e.alert.Cleared == nil && e.alert.Severity == Critical
		})
		if err != nil {
			return err
		}
	}
	if due {
		at.Claim = &claim{Digest: digestID(s.config.Destination.Name(), at.Stream, at.Through+1, last), Through: last, At: now.UTC(), Owner: s.owner}
	}
	return nil
}

// abandoned says that another process's claim has stood without a sign of life for as long as the lease.
func (s *Sender) abandoned(at told) bool {
	if s.foreign != at.revision {
		s.foreign, s.seen = at.revision, s.config.Now()
	}
	return s.config.Now().Sub(s.seen) >= s.config.Lease
}

func (s *Sender) send(ctx context.Context, at told) error {
	name, claim := s.config.Destination.Name(), at.Claim
	labs, err := s.log.gather(ctx, at.Through+1, claim.Through, !at.Told)
	if err != nil {
		return err
	}
	sent := len(labs) > 0 // else what there was is over before it was ever told
	if sent {
		attempt, cancel := context.WithTimeout(ctx, s.config.Patience)
		err = s.config.Destination.Send(attempt, newDigest(claim.Digest, claim.At, labs, s.config.Letterhead))
		cancel()
		if err != nil {
			return fmt.Errorf("send digest %s, attempt %d: %w", claim.Digest, claim.Attempt, err)
		}
	}
	at.Through, at.Sent, at.Told, at.Claim = claim.Through, claim.At, true, nil
	// It arrived: that must be written down even if the process is asked to stop now.
	writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.Patience)
	defer cancel()
	if err := writePlace(writing, s.config.Places, name, &at); err != nil {
		return fmt.Errorf("digest %s was sent: %w", claim.Digest, err)
	}
	if sent {
		s.config.Metrics.digests.WithLabelValues(name).Inc()
		s.config.Logger.Info("sent alerts", "destination", name, "digest", claim.Digest, "labs", len(labs))
	}
	return nil
}
