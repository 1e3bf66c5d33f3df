package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"

	"vitrine/producers"
	"vitrine/schemas"
)

// Client sends events to a gateway. Its methods may be called from several goroutines.
type Client struct {
	cfg    Config
	events string // where they are posted
	ready  string
	http   *http.Client
}

// New checks cfg. It asks nobody.
func New(cfg Config) (*Client, error) {
	cfg, address, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Client{cfg: cfg, events: address.JoinPath("v1", "events").String(), ready: address.JoinPath("readyz").String(),
		http: &http.Client{Transport: cfg.Transport,
			// The token is for this address; where a gateway moves, its labs are told.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}}, nil
}

// Publish sends one event and returns once the gateway has accepted it, trying again after whatever may pass.
func (c *Client) Publish(ctx context.Context, event *schemas.Event) error {
	var result error
	_, err := c.PublishAll(ctx, func(yield func(*schemas.Event) bool) { yield(event) },
		producers.Options{OnResult: func(_ int, _ producers.Receipt, err error) { result = err }})
	return errors.Join(err, notTwice(err, result))
}

// notTwice drops a result that the series' error says already.
func notTwice(err, result error) error {
	if err != nil {
		return nil
	}
	return result
}

// PublishAll sends a series of events in batches, one after the other: the stream keeps their
// order. [producers.Options.Window] is the batch's size; 0: [Config.Batch]. A receipt tells the event and
// the attempts; where the event is stored the gateway doesn't say. An invalid or rejected event is
// refused and the series goes on; any other failure ends it, and the batch's events count as failed.
func (c *Client) PublishAll(ctx context.Context, events iter.Seq[*schemas.Event], o producers.Options) (producers.Totals, error) {
	s := &series{client: c, o: o}
	if s.o.OnResult == nil {
		s.o.OnResult = func(int, producers.Receipt, error) {}
	}
	if s.o.Window <= 0 {
		s.o.Window = c.cfg.Batch
	}
	for e := range events {
		if err := s.add(ctx, e); err != nil {
			return s.totals, err
		}
	}
	return s.totals, s.flush(ctx)
}

// series is one PublishAll at work.
type series struct {
	client  *Client
	o       producers.Options
	totals  producers.Totals
	next    int // index of the next result
	waiting []item
	bytes   int
}

// item is an event that waits for its result; raw is nil where err says why it isn't sent.
type item struct {
	event *schemas.Event
	raw   []byte
	err   error
}

func (s *series) add(ctx context.Context, e *schemas.Event) error {
	it := item{event: e}
	raw, err := json.Marshal(e)
	if err == nil {
		_, err = schemas.Decode(raw, s.client.cfg.Clock())
	} else {
		err = &schemas.Invalid{ID: e.ID.String(), Lab: e.Lab(), Kind: e.Kind(), Problems: []schemas.Problem{{Code: schemas.CodeNotJSON, Found: err.Error()}}}
	}
	if it.err = err; err == nil {
		it.raw = raw
	}
	if len(s.waiting) >= s.o.Window || s.bytes+len(it.raw) > maxBatchBytes {
		if err := s.flush(ctx); err != nil {
			return err
		}
	}
	s.waiting, s.bytes = append(s.waiting, it), s.bytes+len(it.raw)
	return nil
}

func (s *series) flush(ctx context.Context) error {
	var raws [][]byte
	for _, it := range s.waiting {
		if it.raw != nil {
			raws = append(raws, it.raw)
		}
	}
	results, attempts, failed := s.client.send(ctx, raws)
	for _, it := range s.waiting {
		err := it.err
		if it.raw != nil {
			if len(results) > 0 {
				err, results = results[0], results[1:]
			} else {
				err = failed
			}
		}
		switch {
		case err == nil:
			s.totals.Accepted++
		case refused(err):
			s.totals.Refused++
		default:
			s.totals.Failed++
		}
		receipt := producers.Receipt{}
		if err == nil {
			receipt = producers.Receipt{Attempts: attempts, Event: it.event}
		}
		s.o.OnResult(s.next, receipt, err)
		s.next++
	}
	s.waiting, s.bytes = s.waiting[:0], 0
	return failed
}

func refused(err error) bool {
	var invalid *schemas.Invalid
	var rejected *RejectedError
	return errors.As(err, &invalid) || errors.As(err, &rejected)
}

// send posts events until they have their results. Fewer results than events come with the error
// that ended it.
func (c *Client) send(ctx context.Context, raws [][]byte) (results []error, attempts int, err error) {
	if len(raws) == 0 {
		return nil, 0, nil
	}
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval, pauses.Multiplier = c.cfg.BackoffMin, c.cfg.BackoffMax, 2
	for {
		attempts++
		results, err = c.post(ctx, raws)
		var forbidden *ForbiddenError
		var large *tooLargeError
		var busy *answerError
		switch {
		case err == nil:
			return results, attempts, nil
		case errors.As(err, &forbidden):
			return nil, attempts, err
		case errors.As(err, &large):
			return c.halves(ctx, raws, large, attempts)
		case c.cfg.Attempts > 0 && attempts >= c.cfg.Attempts, ctx.Err() != nil, errors.As(err, &busy) && busy.lasting():
			return nil, attempts, c.gaveUp(ctx, attempts, err)
		}
		pause := pauses.NextBackOff()
		if errors.As(err, &busy) {
			pause = max(pause, busy.after)
		}
		c.cfg.Logger.Debug("sending to the gateway again", "error", err, "attempt", attempts, "pause", pause)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, attempts, c.gaveUp(ctx, attempts, err)
		}
	}
}

// gaveUp is the error of a batch that wasn't confirmed; it also says so where ctx ended the tries.
func (c *Client) gaveUp(ctx context.Context, attempts int, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		err = errors.Join(cause, err)
	}
	return &producers.UnavailableError{Op: "POST " + c.events, Attempts: attempts, Err: err}
}

// halves sends a batch that was too large in two; an event that is too large alone is refused.
func (c *Client) halves(ctx context.Context, raws [][]byte, large *tooLargeError, attempts int) ([]error, int, error) {
	if len(raws) == 1 {
		return []error{&RejectedError{Reason: large.In(schemas.Lang(c.cfg.Language))}}, attempts, nil
	}
	middle := len(raws) / 2
	first, n, err := c.send(ctx, raws[:middle])
	if err != nil {
		return first, attempts + n, err
	}
	second, m, err := c.send(ctx, raws[middle:])
	return append(first, second...), attempts + n + m, err
}

// Send posts parcels once and gives the results of the first ones, as [producers.Ordered.Send]
// does; when to try the others again is the caller's to say. The error of a gateway that wants
// to be left alone for a while has a method RetryAfter.
func (c *Client) Send(ctx context.Context, parcels []producers.Parcel) (settled []error, err error) {
	once := *c
	once.cfg.Attempts = 1
	for len(parcels) > 0 {
		n, size := 0, 0
		for n < min(len(parcels), c.cfg.Batch) && (n == 0 || size+len(parcels[n].Raw) <= maxBatchBytes) {
			size += len(parcels[n].Raw)
			n++
		}
		raws := make([][]byte, n)
		for i := range raws {
			raws[i] = parcels[i].Raw
		}
		results, _, err := once.send(ctx, raws)
		settled = append(settled, results...)
		if err != nil {
			return settled, err
		}
		parcels = parcels[n:]
	}
	return settled, nil
}

// Check says whether the gateway can be reached and takes events; the token isn't tried.
func (c *Client) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.AttemptTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.ready, nil)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err == nil {
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return nil
		}
		err = fmt.Errorf("it answers %s", resp.Status)
	}
	return &producers.UnavailableError{Op: "GET " + c.ready, Attempts: 1, Err: err}
}

// Close lets go of idle connections.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}
