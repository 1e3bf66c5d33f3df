package producers

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

// DefaultWindow is how many events may be in flight at once, unless [Options.Window] says otherwise.
const DefaultWindow = 1024

// Options are those of [Publisher.PublishAll].
type Options struct {
	// Window is how many events may be sent and not yet acknowledged. 1 sends them one by one.
	// Default [DefaultWindow].
	Window int
	// Allow is asked about each valid event before it is sent; what it returns refuses the event and is
	// its result, and the series goes on. May be nil: every valid event is sent.
	Allow func(*schemas.Event) error
	// OnResult hears of each event, in the order in which they came, never twice at a time. err is
	// nil, one of [Publisher.Publish]'s errors or Allow's. May be nil.
	OnResult func(index int, receipt Receipt, err error)
}

// Totals say how a series of events fared.
type Totals struct {
	// Accepted events are stored; Refused ones were invalid or not allowed; Failed ones may or may not be stored
	// and should be sent again.
	Accepted, Refused, Failed int
}

// PublishAll publishes a series of events with many in flight at once, and returns when each has
// its result. The stream keeps the series' order, but for an event that had to be sent again: it
// comes later. A later version of an event never overtakes an earlier one, retried or not: it
// waits for that one's result.
//
// An invalid event is refused and the series goes on. Any other failure ends it: events that were
// not begun then have no result. The error says why it ended early.
func (p *Publisher) PublishAll(ctx context.Context, events iter.Seq[*schemas.Event], o Options) (Totals, error) {
	return p.publishAll(ctx, func(yield func([]byte, error) bool) {
		for e := range events {
			if raw, err := marshal(e); !yield(raw, err) {
				return
			}
		}
	}, o)
}

// PublishAllRaw is [Publisher.PublishAll] for events in CloudEvents' structured JSON. Each slice
// must be left alone until its result is there.
func (p *Publisher) PublishAllRaw(ctx context.Context, raws iter.Seq[[]byte], o Options) (Totals, error) {
	return p.publishAll(ctx, func(yield func([]byte, error) bool) {
		for raw := range raws {
			if !yield(raw, nil) {
				return
			}
		}
	}, o)
}

// flight is one event of a series between being taken up and having its result.
type flight struct {
	m      *message // nil if it was refused
	err    error    // why it was refused, or why sending it failed at once
	future jetstream.PubAckFuture
	done   chan struct{} // closed once the result is there
}

// identity tells events of a series apart.
type identity struct {
	lab string
	id  uuid.UUID
}

// series is one PublishAll at work: the caller's goroutine sends, a second one collects results
// in the same order.
type series struct {
	*Publisher
	o      Options
	ctx    context.Context
	totals Totals
	// cause is why the series ends early; the collector sets it, before it closes failed.
	cause  error
	failed chan struct{}
	// slots holds a token for each event in flight: the window.
	slots chan struct{}

	mu     sync.Mutex
	flying map[identity]*flight
}

func (p *Publisher) publishAll(ctx context.Context, raws iter.Seq2[[]byte, error], o Options) (Totals, error) {
	if o.Window <= 0 {
		o.Window = DefaultWindow
	}
	if o.OnResult == nil {
		o.OnResult = func(int, Receipt, error) {}
	}
	s := &series{Publisher: p, o: o, ctx: ctx, failed: make(chan struct{}), slots: make(chan struct{}, o.Window), flying: map[identity]*flight{}}
	flights := make(chan *flight, o.Window)
	collected := make(chan struct{})
	go func() {
		defer close(collected)
		for i := 0; ; i++ {
			f, more := <-flights
			if !more {
				return
			}
			s.collect(i, f)
			<-s.slots
		}
	}()
	ended := s.take(raws, flights)
	close(flights)
	<-collected
	if s.cause != nil {
		return s.totals, s.cause
	}
	return s.totals, ended
}

// take sends one event after the other until there are no more, ctx ends or one has failed.
func (s *series) take(raws iter.Seq2[[]byte, error], flights chan<- *flight) error {
	for raw, err := range raws {
		// Looked at first: select takes any of the ready cases.
		if s.ctx.Err() != nil {
			return &UnavailableError{Op: "publish", Err: context.Cause(s.ctx)}
		}
		s.slots <- struct{}{} // the collector gives each back, also after a failure
		if s.hasFailed() {
			return nil
		}
		f := s.check(raw, err)
		if f.m != nil && !s.alone(f) {
			return nil // one before it has failed
		}
		s.launch(f)
		flights <- f
	}
	return nil
}

func (s *series) hasFailed() bool {
	select {
	case <-s.failed:
		return true
	default:
		return false
	}
}

func (s *series) check(raw []byte, err error) *flight {
	f := &flight{done: make(chan struct{})}
	if err != nil {
		f.err = s.refuse(err)
		return f
	}
	f.m, f.err = s.prepare(raw)
	if f.m != nil && s.o.Allow != nil {
		if err := s.o.Allow(f.m.event); err != nil {
			f.m, f.err = nil, err
		}
	}
	return f
}

// alone waits until no earlier version of the event is in flight, and marks f as in flight.
func (s *series) alone(f *flight) bool {
	key := identity{f.m.event.Lab(), f.m.event.ID}
	for {
		s.mu.Lock()
		earlier := s.flying[key]
		if earlier == nil {
			s.flying[key] = f
			s.mu.Unlock()
			return true
		}
		s.mu.Unlock()
		select {
		case <-earlier.done:
		case <-s.failed:
			return false
		}
	}
}

// launch sends f without waiting for the acknowledgement.
func (s *series) launch(f *flight) {
	if f.m == nil {
		return
	}
	f.m.began = time.Now()
	s.metrics.inFlight.Inc()
	l, err := s.link()
	if err == nil {
		f.m.tries++
		f.future, err = l.js.PublishMsgAsync(f.m.msg, jetstream.WithRetryAttempts(0))
	}
	f.err = err
}

// collect waits for a flight's acknowledgement, sends it again if that fails, and tells the result.
// Those behind it in the window stay in flight meanwhile; they are sent again after it, in order.
func (s *series) collect(i int, f *flight) {
	if f.m == nil {
		s.totals.Refused++
		s.o.OnResult(i, Receipt{}, f.err)
		return
	}
	receipt, err := s.settle(s.ctx, f.m, s.await(f))
	s.land(f)
	if err == nil {
		s.totals.Accepted++
	} else {
		s.totals.Failed++
		if s.cause == nil {
			s.cause = err
			close(s.failed)
		}
	}
	s.o.OnResult(i, receipt, err)
}

func (s *series) land(f *flight) {
	s.mu.Lock()
	delete(s.flying, identity{f.m.event.Lab(), f.m.event.ID})
	s.mu.Unlock()
	close(f.done)
}

// await waits for the first attempt's outcome and makes the further attempts.
func (s *series) await(f *flight) error {
	if f.future != nil {
		select {
		case f.m.ack = <-f.future.Ok():
			return nil
		case f.err = <-f.future.Err():
			f.err = s.orDenied(f.m, f.err)
		case <-s.ctx.Done():
			return context.Cause(s.ctx)
		}
	}
	switch {
	case permanent(f.err):
		return f.err
	case s.cause != nil: // one before it has failed after all its attempts
		return f.err
	case s.cfg.Attempts > 0 && f.m.tries >= s.cfg.Attempts:
		return f.err
	}
	s.metrics.retries.Inc()
	s.unanswered()
	return s.resend(f)
}

// resend makes the attempts that are left, the first of them at once: the flights before this one
// have waited already.
func (s *series) resend(f *flight) error {
	cfg := s.cfg
	if cfg.Attempts > 0 {
		cfg.Attempts -= f.m.tries
	}
	return s.sendWith(s.ctx, &cfg, f.m)
}
