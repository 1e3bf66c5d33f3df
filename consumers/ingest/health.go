package ingest

import (
	"errors"
	"fmt"
	"time"

	"vitrine/consumers/clickhouse"
)

// Health is how a consumer fares, for readiness and metrics.
type Health struct {
	// Step is the step in hand, begun at Began; "fetch" is also what an idle consumer does.
	Step  string
	Began time.Time
	// Err is why the step in hand failed last; nil if it didn't. It is being repeated since Since.
	Err   error
	Since time.Time
	// Backlog is what waited when it was last looked at.
	Backlog Backlog
	// BacklogErr is why the backlog couldn't be looked at; nil if it could.
	BacklogErr error

	stallAfter, maxLag time.Duration
}

// Backlog is what the durable consumer, all processes that share it together, has before it.
type Backlog struct {
	// Waiting is how many messages aren't acknowledged: not delivered yet, or in hand.
	Waiting uint64
	// First is the sequence of the first of them, and Stored when the stream stored it; zero if none waits.
	First  uint64
	Stored time.Time
	// Paused is true while somebody holds the consumer, as verify and rebuild do.
	Paused bool
	// MovedAt is when First was last seen to change, or nothing to wait.
	MovedAt time.Time
}

// Stalled is for how long nothing has moved though messages wait; 0 if none does.
func (b Backlog) Stalled(now time.Time) time.Duration {
	if b.Waiting == 0 || b.MovedAt.IsZero() {
		return 0
	}
	return max(0, now.Sub(b.MovedAt))
}

// Age is for how long the oldest message has waited, by the stream's clock against this machine's; 0 if none waits.
func (b Backlog) Age(now time.Time) time.Duration {
	if b.Waiting == 0 || b.Stored.IsZero() {
		return 0
	}
	return max(0, now.Sub(b.Stored))
}

// Problem says in words why the consumer isn't well at a time; nil if it is. Whatever it is, the
// consumer goes on trying, and recovers by itself when the cause is gone.
func (h Health) Problem(now time.Time) error {
	var problems []error
	b := h.Backlog
	switch {
	case h.Err != nil:
		err := fmt.Errorf("the consumer's step %s has been failing for %s: %w", h.Step, age(now.Sub(h.Since)), h.Err)
		if refusal, refused := clickhouse.RefusalOf(h.Err); refused {
			err = fmt.Errorf("ClickHouse refuses inserts, %s: %w", refusal, err)
		}
		problems = append(problems, err)
	case b.Stalled(now) > h.stallAfter:
		problems = append(problems, fmt.Errorf("no progress for %s though %d messages wait, from %d on: %s", age(b.Stalled(now)), b.Waiting, b.First, h.doing(now)))
	}
	if b.Age(now) > h.maxLag {
		err := fmt.Errorf("the figures are behind: the oldest message that isn't counted, %d, was stored %s ago (%d wait)", b.First, age(b.Age(now)), b.Waiting)
		if b.Paused {
			err = fmt.Errorf("%w; the consumer is paused, as verify and rebuild do", err)
		}
		problems = append(problems, err)
	}
	if h.BacklogErr != nil {
		problems = append(problems, fmt.Errorf("how much waits can't be told: %w", h.BacklogErr))
	}
	return errors.Join(problems...)
}

// doing says what this process does meanwhile.
func (h Health) doing(now time.Time) string {
	if h.Step == "fetch" {
		return "nothing is delivered to this process; another one may have it in hand"
	}
	return fmt.Sprintf("the step %s has been under way for %s", h.Step, age(now.Sub(h.Began)))
}

func age(d time.Duration) time.Duration { return d.Round(time.Second) }

// Health is safe to call at any time.
func (c *Consumer) Health() Health {
	c.mu.Lock()
	defer c.mu.Unlock()
	h, p := c.health, c.gathering
	for _, counting := range c.counting { // what fails is shown first, then what has been counted for longest
		if counting.err != nil && p.err == nil || p.err == nil && counting.step != "" && (p.step == c.gathering.step || counting.began.Before(p.began)) {
			p = counting
		}
	}
	h.Step, h.Began, h.Err, h.Since = p.step, p.began, p.err, p.since
	return h
}

// Problem is [Health.Problem] now.
func (c *Consumer) Problem() error { return c.Health().Problem(time.Now()) }

func (c *Consumer) updateHealth(change func(h *Health)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.health)
}

// progress is what one of the loops is at; no step is none.
type progress struct {
	step  string
	began time.Time
	err   error     // why it failed last; nil if it didn't
	since time.Time // the first time
}

func (c *Consumer) entering(p *progress, step string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.step != step {
		p.step, p.began = step, time.Now()
	}
}

func (c *Consumer) failing(p *progress, err error) {
	c.mu.Lock()
	if p.err == nil {
		p.since = time.Now()
	}
	p.err = err
	step := p.step
	c.mu.Unlock()
	c.config.Logger.Error("a step failed and will be repeated", "step", step, "error", err)
}

func (c *Consumer) succeeded(p *progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.err = nil
}
