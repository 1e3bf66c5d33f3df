package showcase

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"vitrine/internal/pages"
)

// cache keeps the last answer of a Source for a while, and asks it one question
// at a time however many visitors wait. Failures aren't kept: the next visitor asks again. While
// everything is made again the last answer stays.
type cache struct {
	source  Source
	keep    time.Duration
	timeout time.Duration
	clock   func() time.Time

	flight singleflight.Group

	mu     sync.Mutex
	answer *snapshot // nil: none yet
	since  time.Time
}

// snapshot is an answer of the Source with the home pages made of it: there are
// only a few, and one of a thousand labs takes 60 ms to render.
type snapshot struct {
	Programme

	mu    sync.Mutex
	homes map[visitor]pages.Sheet
}

// home returns the home page for a visitor, and makes it when it's the first one of its kind.
func (s *snapshot) home(v visitor, render func() (pages.Sheet, error)) (pages.Sheet, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if page, ok := s.homes[v]; ok {
		return page, nil
	}
	page, err := render()
	if err == nil {
		s.homes[v] = page
	}
	return page, err
}

// get returns the answer kept, or a new one. It ends with ctx, but the
// question goes on for the other visitors who wait for it.
func (c *cache) get(ctx context.Context) (*snapshot, error) {
	if s := c.fresh(); s != nil {
		return s, nil
	}
	ch := c.flight.DoChan("", func() (any, error) {
		// A flight may have ended between the look above and this one.
		if s := c.fresh(); s != nil {
			return s, nil
		}
		return c.ask(context.WithoutCancel(ctx))
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-ch:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*snapshot), nil
	}
}

func (c *cache) fresh() *snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answer == nil || c.clock().Sub(c.since) >= c.keep {
		return nil
	}
	return c.answer
}

func (c *cache) ask(ctx context.Context) (_ *snapshot, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	// singleflight turns a panic into one that no handler can catch: it would end the process.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("showcase: the source panicked: %v", r)
		}
	}()
	p, err := c.source.Programme(ctx)
	if errors.Is(err, ErrRemaking) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.answer != nil { // its figures are those of the last release, which stay; only what labs say of themselves may be a little older
			c.since = c.clock()
			return c.answer, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("showcase: read the programme: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer, c.since = &snapshot{Programme: p, homes: map[visitor]pages.Sheet{}}, c.clock()
	return c.answer, nil
}
