package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vitrine/consumers/claim"
	"vitrine/consumers/ingest"
	"vitrine/schemas"
)

// BehindError says that the pipeline hadn't caught up in time, so nothing can be said about its figures.
type BehindError struct {
	// Pending messages weren't delivered to the ingest yet; Unacknowledged ones it is at work on.
	Pending        uint64
	Unacknowledged int
	// Cause is why the state couldn't be told, where that is so: no stream or consumer, or no answer.
	Cause error
	After time.Duration
}

func (e *BehindError) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("the pipeline's state isn't known after %s: %v", e.After.Round(time.Millisecond), e.Cause)
	}
	return fmt.Sprintf("the pipeline hasn't caught up after %s: %d messages wait, %d are being counted",
		e.After.Round(time.Millisecond), e.Pending, e.Unacknowledged)
}

func (e *BehindError) Unwrap() error { return e.Cause }

// MovedError says that messages were counted during the comparison although the ingest was paused (the
// pause ended too early, or whoever counted had another durable consumer), so that its differences prove nothing.
type MovedError struct{ From, To uint64 }

func (e *MovedError) Error() string {
	return fmt.Sprintf("messages %d to %d were counted while the figures were compared: verify again", e.From+1, e.To)
}

// How often the pipeline is looked at: seldom enough not to burden it, often enough not to be waited for.
const (
	lookFirst = 20 * time.Millisecond
	lookMost  = time.Second
	// lookWithin bounds a look: its questions are answered in milliseconds.
	lookWithin = 10 * time.Second
)

// caughtUp waits until everything that is in the stream now has been counted, and gives its last
// sequence. More may arrive meanwhile.
func (c Config) caughtUp(ctx context.Context) (last uint64, err error) {
	return c.await(ctx, untilCounted())
}

// untilCounted says of one state after the other whether what was in the stream at the first is counted. A state
// that couldn't be told says nothing of what was in the stream.
func untilCounted() func(state) (uint64, bool) {
	var target *uint64
	return func(s state) (uint64, bool) {
		if s.Cause != nil {
			return 0, false
		}
		if target == nil {
			target = &s.last
		}
		return *target, s.counted >= *target
	}
}

// hold pauses the ingest, so that the figures stand still on a system that events keep arriving in:
// they are counted after release. It gives the last message that is counted. While somebody else makes figures again or erases, it waits for up to Timeout.
func (c Config) hold(ctx context.Context) (last uint64, held context.Context, release func(), err error) {
	held, release, err = ingest.Hold(ctx, c.Consumer, claim.Config{JetStream: c.JetStream, Replicas: c.Replicas, Command: "verify", Patience: c.Timeout, Logger: c.Logger})
	if err != nil {
		return 0, nil, nil, err
	}
	last, err = c.await(held, func(s state) (uint64, bool) { return s.delivered, s.Unacknowledged == 0 })
	if err != nil {
		err = claim.Cause(held, err)
		release()
		return 0, nil, nil, err
	}
	return last, held, release, nil
}

// await looks at the pipeline until done says so, up to Timeout.
func (c Config) await(ctx context.Context, done func(state) (uint64, bool)) (uint64, error) {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	behind := BehindError{Cause: errors.New("it wasn't looked at")}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for wait := lookFirst; ; wait = min(2*wait, lookMost) {
		select {
		case <-ctx.Done():
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return 0, ctx.Err()
			}
			behind.After = time.Since(start)
			return 0, &behind
		case <-timer.C:
		}
		s := c.look(ctx)
		if ctx.Err() == nil {
			behind = s.BehindError
			if last, ok := done(s); ok && s.Cause == nil {
				return last, nil
			}
		}
		timer.Reset(wait)
	}
}

// state is how far the ingest is in the stream.
type state struct {
	last      uint64 // the stream's last message
	counted   uint64 // up to here everything is counted
	delivered uint64 // up to here everything was delivered
	BehindError
}

// look is the pipeline's state now; Cause says why it can't be told.
func (c Config) look(ctx context.Context) state {
	ctx, cancel := context.WithTimeout(ctx, lookWithin) // a question that was lost with its server is asked again
	defer cancel()
	stream, err := c.JetStream.Stream(ctx, schemas.StreamEvents)
	if err != nil {
		return state{BehindError: BehindError{Cause: fmt.Errorf("stream %s: %w", schemas.StreamEvents, err)}}
	}
	consumer, err := stream.Consumer(ctx, c.Consumer)
	if err != nil {
		return state{BehindError: BehindError{Cause: fmt.Errorf("consumer %s: %w", c.Consumer, err)}}
	}
	// What the stream has just got its consumer hears of later, and says until then that nothing waits.
	counted, err := ingest.Counted(ctx, c.JetStream, c.Consumer)
	if err != nil {
		return state{BehindError: BehindError{Cause: err}}
	}
	info := consumer.CachedInfo()
	return state{
		last: stream.CachedInfo().State.LastSeq, counted: counted, delivered: info.Delivered.Stream,
		BehindError: BehindError{Pending: info.NumPending, Unacknowledged: info.NumAckPending},
	}
}

// awaitFrozen waits until the figures of all approved periods are frozen, up to Timeout: what isn't then is a difference.
func (c Config) awaitFrozen(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for start, wait := time.Now(), lookFirst; ; wait = min(2*wait, lookMost) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
		waiting, err := c.Store.WaitingApprovals(ctx)
		if err != nil || len(waiting) == 0 {
			return err
		}
		if time.Since(start) > c.Timeout {
			c.Logger.WarnContext(ctx, "approved periods aren't frozen: does a consumer run?", "approvals", len(waiting), "after", time.Since(start))
			return nil
		}
		timer.Reset(wait)
	}
}
