package ingest

import (
	"context"
	"math/rand/v2"
	"time"
)

// step is one named state of a loop: what to do, which gives the next step; the last one gives none. A step that fails is
// done again; each may be.
type step struct {
	name string
	do   func(context.Context) (step, error)
}

// take takes one step after the other until there is none, or ctx ends: then it gives ctx's error.
func (c *Consumer) take(ctx context.Context, at *progress, next step) error {
	backoff := time.Duration(0)
	for next.do != nil {
		now := next
		c.entering(at, now.name)
		failpoint("before", now.name)
		began := time.Now()
		var err error
		next, err = now.do(ctx)
		failpoint("after", now.name)
		c.metrics.steps.WithLabelValues(now.name).Observe(time.Since(began).Seconds())
		if err == nil {
			c.succeeded(at)
			backoff = 0
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.metrics.failures.WithLabelValues(now.name).Inc()
		c.failing(at, err)
		next, backoff = now, min(max(2*backoff, 100*time.Millisecond), 15*time.Second)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(backoff/2 + rand.N(backoff)): // jitter: many consumers mustn't come back at once
		}
	}
	c.entering(at, "")
	return nil
}
