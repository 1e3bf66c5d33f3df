package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

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

// MovedError says that events kept arriving during the comparison, so that its differences prove nothing.
type MovedError struct{ From, To uint64 }

func (e *MovedError) Error() string {
	return fmt.Sprintf("events kept arriving while the figures were compared (messages %d to %d): verify again at a quieter time", e.From+1, e.To)
}

// How often the pipeline is looked at: seldom enough not to burden it, often enough not to be waited for.
const (
	lookFirst = 20 * time.Millisecond
	lookMost  = time.Second
)

// rest waits until everything in the stream has been counted and nothing arrives, and gives the
// stream's state then.
func (c Config) rest(ctx context.Context) (jetstream.StreamState, error) {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	var (
		before jetstream.StreamState
		calm   bool // it was at rest when last looked at
		behind = &BehindError{Cause: errors.New("it wasn't looked at")}
	)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for wait := lookFirst; ; wait = min(2*wait, lookMost) {
		select {
		case <-ctx.Done():
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return before, ctx.Err()
			}
			behind.After = time.Since(start)
			return before, behind
		case <-timer.C:
		}
		state, now := c.look(ctx)
		if ctx.Err() == nil {
			behind = now
			if atRest := now.Cause == nil && now.Pending == 0 && now.Unacknowledged == 0; atRest && calm && state.LastSeq == before.LastSeq {
				return state, nil
			} else if calm = atRest; calm {
				wait = lookFirst // only to be sure
			}
			before = state
		}
		timer.Reset(wait)
	}
}

// look is the stream's state and how far the ingest is behind.
func (c Config) look(ctx context.Context) (jetstream.StreamState, *BehindError) {
	stream, err := c.JetStream.Stream(ctx, schemas.StreamEvents)
	if err != nil {
		return jetstream.StreamState{}, &BehindError{Cause: fmt.Errorf("stream %s: %w", schemas.StreamEvents, err)}
	}
	consumer, err := stream.Consumer(ctx, c.Consumer)
	if err != nil {
		return jetstream.StreamState{}, &BehindError{Cause: fmt.Errorf("consumer %s: %w", c.Consumer, err)}
	}
	info := consumer.CachedInfo()
	return stream.CachedInfo().State, &BehindError{Pending: info.NumPending, Unacknowledged: info.NumAckPending}
}
