package agent

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"vitrine/producers"
	"vitrine/producers/importers"
	"vitrine/schemas"
)

// Sender carries events to the programme: [producers.Ordered] over NATS, the client's over HTTP.
type Sender interface {
	// Send gives the results of the first parcels, in order: nil for one that the programme has, an
	// error for one that it refuses for good. err says why the others have none: they are sent again.
	Send(ctx context.Context, parcels []producers.Parcel) (settled []error, err error)
	// Check says whether the programme can be reached.
	Check(ctx context.Context) error
}

const (
	// forwardEvents and forwardBytes bound what is in flight.
	forwardEvents = 200
	forwardBytes  = 2 << 20
	// Pauses between attempts, doubling.
	forwardPauseMin = 200 * time.Millisecond
	forwardPauseMax = 30 * time.Second
)

// forwarder brings the spool's events to the programme, the first ones first. There is one, and it
// has one request under way: what fails is sent again before anything later, so that the programme
// gets each source's events in their order.
type forwarder struct {
	spool   *spool
	sender  Sender
	metrics *metrics
	agent   *Agent

	mu       sync.Mutex
	problem  error // of the last attempt; nil: it worked
	accepted time.Time
	sent     map[string]int // since the start, by source
}

func (f *forwarder) run(ctx context.Context) error {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval, pauses.Multiplier = forwardPauseMin, forwardPauseMax, 2
	for ctx.Err() == nil {
		n, err := f.once(ctx)
		f.note(n, err)
		pause := time.Minute // the spool says when there is something
		switch {
		case err != nil && ctx.Err() == nil:
			pause = pauses.NextBackOff()
			var busy interface{ RetryAfter() time.Duration }
			if errors.As(err, &busy) {
				pause = max(pause, busy.RetryAfter())
			}
			f.agent.log.Warn("the programme doesn't take events for now; they wait in the spool", "error", err, "pause", pause.Round(time.Millisecond))
			f.metrics.attempts.WithLabelValues("failed").Inc()
			if !wait(ctx, pause, nil) {
				return nil
			}
			continue
		case n > 0:
			pauses.Reset()
			f.metrics.attempts.WithLabelValues("done").Inc()
			continue
		}
		wait(ctx, pause, f.spool.added)
	}
	return nil
}

// wait waits for a time, or for a token; false if ctx ended first.
func wait(ctx context.Context, d time.Duration, token <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-token:
	case <-ctx.Done():
		return false
	}
	return true
}

// once forwards what is first in the spool; n is how many events are settled.
func (f *forwarder) once(ctx context.Context) (n int, err error) {
	events, err := f.spool.next(ctx, forwardEvents, forwardBytes)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	parcels := make([]producers.Parcel, len(events))
	for i, e := range events {
		parcels[i] = e.parcel
	}
	settled, sendErr := f.sender.Send(ctx, parcels)
	// What is settled is settled, also when the agent is told to stop.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), apiTimeout)
	defer cancel()
	counts := map[string]int{}
	for i, result := range settled {
		if result == nil {
			counts[events[i].source]++
			continue
		}
		if err := f.refuse(ctx, events[i], result); err != nil {
			settled, sendErr = settled[:i], errors.Join(sendErr, err)
			break
		}
	}
	if len(settled) > 0 {
		if err := f.spool.done(ctx, events[len(settled)-1].seq); err != nil {
			return 0, errors.Join(sendErr, err) // sent again, under the same ids
		}
	}
	f.count(counts)
	return len(settled), sendErr
}

func (f *forwarder) refuse(ctx context.Context, e waitingEvent, reason error) error {
	if err := f.spool.park(ctx, e, importers.Say(reason, schemas.French), importers.Say(reason, schemas.English)); err != nil {
		return err
	}
	f.metrics.parked.WithLabelValues(e.source).Inc()
	f.agent.log.Error("the programme refuses an event; it is put aside", "source", e.source, "error", reason)
	return nil
}

func (f *forwarder) count(counts map[string]int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for source, n := range counts {
		f.sent[source] += n
		f.accepted = f.agent.clock()
		f.metrics.forwarded.WithLabelValues(source).Add(float64(n))
	}
}

// note remembers how an attempt went; an idle one says nothing.
func (f *forwarder) note(n int, err error) {
	if n == 0 && err == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.problem = err
	f.metrics.connected.Set(b2f(err == nil))
}

func (f *forwarder) state() (accepted time.Time, problem error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.accepted, f.problem
}

func (f *forwarder) sentOf(source string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sent[source]
}
