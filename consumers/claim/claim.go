// Package claim says whose turn it is with the figures: of those who hold the consumers, to make figures again, to erase or to compare, one works at a time.
// Two at once would undo each other's work: JetStream has one pause for all, and a rebuild empties what another one fills.
package claim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/bucket"
)

const (
	// Bucket is the JetStream key-value bucket of the claim. No backup holds it.
	Bucket = "VITRINE_CLAIM"
	// Lease is how long a claim lasts by itself, by the server's clock: should its holder be killed, others go on then.
	Lease = 30 * time.Second

	key     = "figures" // the only one
	subject = "$KV." + Bucket + "." + key
	// patience is enough for the claim of one who was killed to expire.
	patience = Lease + 5*time.Second
	// lookEvery is how often one who waits tries again.
	lookEvery = 250 * time.Millisecond
	askWithin = 5 * time.Second
	// wrongSequenceInFlight is the server's code where another message of the subject is on its way into a replicated stream.
	wrongSequenceInFlight = 10164
)

// Holder is who has the claim.
type Holder struct {
	ID      uuid.UUID `json:"id"`
	Command string    `json:"command"` // such as rebuild
	Host    string    `json:"host"`
	Process int       `json:"process"`
	Since   time.Time `json:"since"` // by the holder's clock
}

// HeldError says that somebody else has the claim.
type HeldError struct{ By Holder }

func (e *HeldError) Error() string {
	return fmt.Sprintf("vitrine %s is at work on the figures since %s, on host %s (process %d)", e.By.Command, e.By.Since.Format(time.RFC3339), e.By.Host, e.By.Process)
}

// ErrLost says that a claim expired, as where a machine was suspended, and that somebody else had it since.
var ErrLost = errors.New("another process has begun to work on the figures meanwhile, as this one wasn't heard of for some time")

// Config says what a claim is for.
type Config struct {
	// JetStream keeps the claim; its connection needs the service's credentials. Required.
	JetStream jetstream.JetStream
	// Replicas is how many servers keep it at least. Default 1.
	Replicas int
	// Command is what is done with the figures. Required.
	Command string
	// Patience is how long to wait for somebody else's. Default: a little longer than [Lease], after which that of one who was killed has expired;
	// less than 0: for as long as it takes.
	Patience time.Duration
	// Succeeds says that a holder with the same Command is gone for sure: it was this installation's former run.
	Succeeds bool
	// Logger hears whom it waits for. nil: nobody does.
	Logger *slog.Logger
}

// Claim is held until [Claim.Release], and renewed by itself.
type Claim struct {
	config Config
	kv     jetstream.KeyValue
	value  []byte
	holder Holder
	ctx    context.Context
	cancel context.CancelCauseFunc
	renews sync.WaitGroup

	mu  sync.Mutex
	seq uint64 // of the bucket's last message, as long as it is this claim's
}

// Take waits until nobody else has the claim, and takes it. Its error is a [HeldError] where somebody keeps it.
func Take(ctx context.Context, c Config) (*Claim, error) {
	if c.Patience == 0 {
		c.Patience = patience
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	kv, err := bucket.Ensure(ctx, c.JetStream, jetstream.KeyValueConfig{Bucket: Bucket, Description: "Vitrine: who is at work on the figures", TTL: Lease,
		Storage: jetstream.FileStorage, Replicas: max(c.Replicas, 1)})
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	h := &Claim{config: c, kv: kv, holder: Holder{ID: uuid.New(), Command: c.Command, Host: host, Process: os.Getpid(), Since: time.Now().UTC().Truncate(time.Second)}}
	if h.value, err = json.Marshal(h.holder); err != nil {
		return nil, err
	}
	if err := h.await(ctx); err != nil {
		return nil, err
	}
	h.ctx, h.cancel = context.WithCancelCause(ctx)
	h.renews.Go(h.keep)
	return h, nil
}

// await tries until the claim is taken, or patience ends.
func (h *Claim) await(ctx context.Context) error {
	began, told := time.Now(), false
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		err := h.try(ctx)
		var held *HeldError
		if !errors.As(err, &held) || h.config.Patience > 0 && time.Since(began) > h.config.Patience {
			return err
		}
		if !told {
			told = true
			h.config.Logger.InfoContext(ctx, "waiting: somebody else is at work on the figures", "command", held.By.Command, "since", held.By.Since, "host", held.By.Host, "process", held.By.Process)
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-tick.C:
		}
	}
}

func (h *Claim) try(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	seq, err := h.kv.Create(ctx, key, h.value)
	if err == nil {
		h.seq = seq
		return nil
	}
	if !errors.Is(err, jetstream.ErrKeyExists) {
		return fmt.Errorf("claim the figures: %w", err)
	}
	by, seq, err := h.read(ctx)
	switch {
	case err != nil:
		return err
	case by.ID == h.holder.ID: // the answer to an attempt was lost
		h.seq = seq
		return nil
	case h.config.Succeeds && by.Command == h.config.Command:
		if seq, err := h.kv.Update(ctx, key, h.value, seq); err == nil {
			h.seq = seq
			return nil
		}
	}
	return &HeldError{by}
}

// read is who has the claim, and where that stands; nobody's is a zero Holder.
func (h *Claim) read(ctx context.Context) (by Holder, seq uint64, err error) {
	entry, err := h.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return Holder{}, 0, nil
	}
	if err == nil {
		err = json.Unmarshal(entry.Value(), &by)
	}
	if err != nil {
		return Holder{}, 0, fmt.Errorf("read who has claimed the figures: %w", err)
	}
	return by, entry.Revision(), nil
}

// keep renews the claim until it is released or lost.
func (h *Claim) keep() {
	tick := time.NewTicker(Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
			if err := h.Renew(h.ctx); err != nil && h.ctx.Err() == nil {
				h.config.Logger.WarnContext(h.ctx, "the claim on the figures could not be renewed", "error", err)
			}
		}
	}
}

// Renew makes sure that the claim is still this one's, for another [Lease]. Where it was lost, which is [ErrLost], its context ends.
func (h *Claim) Renew(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	// It may have expired, as while the server was away: what counts is that nobody else has had it since.
	ack, err := h.config.JetStream.Publish(ctx, subject, h.value, jetstream.WithExpectLastSequence(h.seq))
	if err == nil {
		h.seq = ack.Sequence
		return nil
	}
	var refused *jetstream.APIError
	if !errors.As(err, &refused) || refused.ErrorCode != jetstream.JSErrCodeStreamWrongLastSequence && refused.ErrorCode != wrongSequenceInFlight {
		return fmt.Errorf("renew the claim on the figures: %w", err)
	}
	by, seq, err := h.read(ctx)
	switch {
	case err != nil:
		return err
	case by.ID == h.holder.ID: // the answer to the last renewal was lost
		h.seq = seq
		return nil
	}
	h.cancel(ErrLost)
	return ErrLost
}

// Context ends with the context that the claim was taken with, or when the claim is released or lost: see [Cause].
func (h *Claim) Context() context.Context { return h.ctx }

// Release gives the claim back.
func (h *Claim) Release() {
	h.cancel(nil)
	h.renews.Wait()
	if errors.Is(context.Cause(h.ctx), ErrLost) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.ctx), askWithin)
	defer cancel()
	if err := h.kv.Delete(ctx, key, jetstream.LastRevision(h.seq)); err != nil {
		h.config.Logger.WarnContext(ctx, "the claim on the figures could not be given back; it ends by itself", "within", Lease, "error", err)
	}
}

// Cause is the error of what was done with a claim's context, and that the claim was lost where that is why.
func Cause(claimed context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(claimed), ErrLost) {
		return errors.Join(ErrLost, err)
	}
	return err
}
