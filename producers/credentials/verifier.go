package credentials

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
)

// The errors of [Verifier.Verify].
var (
	// ErrUnknownToken says that the token was never issued: ask for one.
	ErrUnknownToken = errors.New("credentials: unknown token")
	// ErrRevoked says that the token was withdrawn or replaced: use the new one.
	ErrRevoked = errors.New("credentials: this token was revoked or replaced")
	// ErrNotReady says that nobody knows for now which tokens are good: try again.
	ErrNotReady = errors.New("credentials: the list of credentials isn't known, or too old")
)

// Principal is who holds a token.
type Principal struct {
	// Lab is the lab's slug; for the programme [Programme].
	Lab string
	// Programme says that it is the programme itself: it may send its own kinds for any lab, and read all of them.
	Programme bool
}

// MayPublish says whether the principal may send an event of a lab; programme says that the
// event's kind is one of the programme's own.
func (p Principal) MayPublish(lab string, programme bool) bool {
	if programme || p.Programme {
		return programme && p.Programme
	}
	return p.Lab != "" && p.Lab == lab
}

// MayRead says whether the principal may see a lab's status and events.
func (p Principal) MayRead(lab string) bool { return p.Programme || p.Lab != "" && p.Lab == lab }

// Defaults of [VerifierConfig].
const (
	DefaultCheckEvery = 2 * time.Second
	DefaultStaleAfter = 30 * time.Second
)

// VerifierConfig says where a [Verifier] finds the credentials.
type VerifierConfig struct {
	// JetStream holds the bucket; its connection needs the service's credentials. Required.
	JetStream jetstream.JetStream
	// Replicas is how many servers keep the bucket at least. Default 1.
	Replicas int
	// CheckEvery is how often the state in memory is compared with the bucket's end, in case the
	// watch was lost. Default [DefaultCheckEvery].
	CheckEvery time.Duration
	// StaleAfter is how long tokens are still checked against a state that couldn't be compared;
	// after that all are refused with [ErrNotReady]. Default [DefaultStaleAfter].
	StaleAfter time.Duration
	// Registerer gets the metrics; nil: they aren't exposed.
	Registerer prometheus.Registerer
	// Logger hears of watches that broke; nil: nobody does.
	Logger *slog.Logger
	// Clock ends times of grace. nil: [time.Now].
	Clock func() time.Time
}

// Verifier checks HTTP tokens. It keeps every hash in memory, so that a check costs no round trip,
// and follows the bucket, so that a revocation counts at once. Make one with [NewVerifier] and run it.
// Verify and Ready may be called from several goroutines.
type Verifier struct {
	cfg     VerifierConfig
	metrics *verifierMetrics
	state   atomic.Pointer[state]
	// confirmed is when the state was last known to be the bucket's; monotonic, since began.
	confirmed atomic.Int64
	began     time.Time
}

// state is lab → key in the bucket → entry. A lab normally has one key; whatever else stands under
// its name is another entry and can't displace it.
type state map[string]map[string]*Entry

// NewVerifier checks cfg. It reads nothing yet.
func NewVerifier(cfg VerifierConfig) (*Verifier, error) {
	if cfg.JetStream == nil {
		return nil, errors.New("credentials: configuration: JetStream is missing")
	}
	if cfg.CheckEvery == 0 {
		cfg.CheckEvery = DefaultCheckEvery
	}
	if cfg.StaleAfter == 0 {
		cfg.StaleAfter = DefaultStaleAfter
	}
	if cfg.CheckEvery < 0 || cfg.StaleAfter < cfg.CheckEvery {
		return nil, fmt.Errorf("credentials: configuration: CheckEvery is %s and StaleAfter %s: neither may be negative, nor the second less than the first", cfg.CheckEvery, cfg.StaleAfter)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	m, err := newVerifierMetrics(cfg.Registerer)
	if err != nil {
		return nil, err
	}
	return &Verifier{cfg: cfg, metrics: m, began: time.Now()}, nil
}

// Verify says who holds a token. Its errors are [ErrUnknownToken], [ErrRevoked] and [ErrNotReady].
func (v *Verifier) Verify(token string) (Principal, error) {
	p, err := v.verify(token)
	v.metrics.checked(err)
	return p, err
}

func (v *Verifier) verify(token string) (Principal, error) {
	if v.Ready() != nil {
		return Principal{}, ErrNotReady
	}
	lab, ok := labOf(token)
	if !ok {
		return Principal{}, ErrUnknownToken
	}
	sum, now := hash(token), v.cfg.Clock()
	err := ErrUnknownToken
	for _, e := range (*v.state.Load())[lab] {
		for _, t := range e.Tokens {
			switch {
			case !t.is(sum):
			case t.Live(now):
				return Principal{Lab: e.Lab, Programme: e.Role == RoleProgramme}, nil
			default:
				err = ErrRevoked
			}
		}
	}
	return Principal{}, err
}

// Ready is nil once all credentials were read, for as long as they are known to be the latest
// ([VerifierConfig.StaleAfter]).
func (v *Verifier) Ready() error {
	if v.state.Load() == nil {
		return fmt.Errorf("%w: they weren't read yet", ErrNotReady)
	}
	if age := time.Since(v.began) - time.Duration(v.confirmed.Load()); age > v.cfg.StaleAfter {
		return fmt.Errorf("%w: not compared with the bucket for %s", ErrNotReady, age.Round(time.Second))
	}
	return nil
}

// Run follows the bucket until ctx is done; it returns nil then. A watch that breaks is made anew,
// for as long as it takes.
func (v *Verifier) Run(ctx context.Context) error {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = 50*time.Millisecond, 2*time.Second
	for ctx.Err() == nil {
		began := time.Now()
		err := v.follow(ctx)
		if ctx.Err() != nil {
			break
		}
		v.metrics.rewatches.Inc()
		if time.Since(began) > time.Minute { // it worked for a while
			pauses.Reset()
		}
		pause := pauses.NextBackOff()
		v.cfg.Logger.Warn("credentials aren't followed, trying again", "error", err, "pause", pause)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	return nil
}

// errLost says that the watch ended or misses what the bucket has.
var errLost = errors.New("the watch of the credentials was lost")

// follow reads the whole bucket, then each change, until something breaks.
func (v *Verifier) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	kv, err := EnsureBucket(ctx, v.cfg.JetStream, max(v.cfg.Replicas, 1))
	if err != nil {
		return err
	}
	bucket, _, err := v.bucketState(ctx)
	if err != nil {
		return err
	}
	asOf := time.Since(v.began)
	watch, err := kv.WatchAll(ctx)
	if err != nil {
		return fmt.Errorf("watch bucket %s: %w", Bucket, err)
	}
	defer func() { _ = watch.Stop() }() // its consumer ends by itself anyway
	seen, whole := uint64(0), false
	read := state{}
	tick := time.NewTicker(v.cfg.CheckEvery)
	defer tick.Stop()
	late := 0
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case change, more := <-watch.Updates():
			switch {
			case !more:
				return errLost
			case change == nil:
				whole = true
				v.publish(read, asOf)
			default:
				seen = max(seen, change.Revision())
				if !whole {
					v.apply(read, change)
					continue
				}
				next := read.clone(change) // a variable of its own: readers hold a pointer to the former one
				v.apply(next, change)
				v.state.Store(&next)
				read = next
			}
		case <-tick.C:
			asOf := time.Since(v.began)
			made, last, err := v.bucketState(ctx)
			switch {
			case errors.Is(err, jetstream.ErrStreamNotFound), err == nil && !made.Equal(bucket):
				return errLost // the bucket was deleted, or it is another one
			case err != nil: // Ready tells when it lasts
				v.cfg.Logger.Debug("credentials can't be compared", "error", err)
			case whole && seen >= last:
				v.confirmed.Store(int64(asOf))
				late = 0
			default:
				if late++; late > 2 {
					return errLost
				}
			}
		}
	}
}

func (v *Verifier) publish(read state, asOf time.Duration) {
	v.state.Store(&read)
	v.confirmed.Store(int64(asOf))
	v.metrics.entries.Set(float64(len(read)))
}

// bucketState is when the bucket was made, and the sequence of its last change; 0 if it has none.
func (v *Verifier) bucketState(ctx context.Context) (made time.Time, last uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, v.cfg.CheckEvery)
	defer cancel()
	stream, err := v.cfg.JetStream.Stream(ctx, "KV_"+Bucket)
	if err != nil {
		return time.Time{}, 0, err
	}
	info := stream.CachedInfo()
	if info.State.Msgs > 0 {
		last = info.State.LastSeq
	}
	return info.Created, last, nil
}

// clone copies what a change will touch: readers hold the former state.
func (s state) clone(change jetstream.KeyValueEntry) state {
	out := maps.Clone(s)
	lab := keyLab(change.Key())
	out[lab] = maps.Clone(s[lab])
	return out
}

// apply brings a change in. What isn't an entry is ignored, and the one that stood there before
// stays: nobody gets a lab out, or in, by writing nonsense over it.
func (v *Verifier) apply(to state, change jetstream.KeyValueEntry) {
	lab := keyLab(change.Key())
	if change.Operation() != jetstream.KeyValuePut {
		delete(to[lab], change.Key())
		return
	}
	e, err := entryAt(change)
	if err != nil {
		v.metrics.unreadable.Inc()
		v.cfg.Logger.Error("an entry of the credentials' bucket is ignored", "revision", change.Revision(), "error", err)
		return
	}
	if to[lab] == nil {
		to[lab] = map[string]*Entry{}
	}
	to[lab][change.Key()] = e
}
