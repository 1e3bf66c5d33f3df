package programme

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// maxKept bounds how many answers are kept: days and labs that somebody looks at just now.
const maxKept = 32

// cache keeps answers by what was asked for a while, and asks each question once however many wait for it.
// Failures aren't kept. An answer that is older stays for as long as there is room: it is shown while figures are made again.
type cache struct {
	keep    time.Duration
	timeout time.Duration
	clock   func() time.Time
	flight  singleflight.Group

	mu      sync.Mutex
	answers map[string]answer
}

type answer struct {
	value any
	since time.Time
}

// ask is the answer kept for key, or a new one. It ends with ctx; the question goes on for the others.
func ask[T any](ctx context.Context, c *cache, key string, question func(context.Context) (T, error)) (T, error) {
	var none T
	if v, ok := c.fresh(key); ok {
		return v.(T), nil
	}
	ch := c.flight.DoChan(key, func() (_ any, err error) {
		if v, ok := c.fresh(key); ok { // a flight may have ended in between
			return v, nil
		}
		// singleflight turns a panic into one that no handler can catch: it would end the process.
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("programme: %s: the source panicked: %v", key, r)
			}
		}()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timeout)
		defer cancel()
		v, err := question(ctx)
		if err == nil {
			c.put(key, v)
		}
		return v, err
	})
	select {
	case <-ctx.Done():
		return none, ctx.Err()
	case r := <-ch:
		if r.Err != nil {
			return none, fmt.Errorf("programme: read %s: %w", key, r.Err)
		}
		return r.Val.(T), nil
	}
}

func (c *cache) fresh(key string) (any, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.answers[key]
	return a.value, ok && c.clock().Sub(a.since) < c.keep
}

// kept is the last answer to a question, however old.
func (c *cache) kept(key string) (answer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.answers[key]
	return a, ok
}

func (c *cache) put(key string, value any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock()
	if len(c.answers) >= maxKept {
		for k, a := range c.answers {
			if now.Sub(a.since) >= c.keep {
				delete(c.answers, k)
			}
		}
		if len(c.answers) >= maxKept {
			clear(c.answers)
		}
	}
	c.answers[key] = answer{value: value, since: now}
}

// forget drops everything: something was just changed here, and must be seen.
func (c *cache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.answers)
}
