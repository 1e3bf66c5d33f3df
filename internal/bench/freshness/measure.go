package main

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"vitrine/internal/bench/load"
	"vitrine/internal/bench/running"
)

// result is what was measured.
type result struct {
	sent, probes               int
	took                       time.Duration
	accepted, counted, visible []time.Duration // of each probe, from before it was published
	pollAtRest, polls          []time.Duration
	pollCPU, cpu               time.Duration
	steps                      []step
}

// seenWithin is how long the last probes may take to show.
const seenWithin = 2 * time.Minute

func measure(ctx context.Context, up *running.Up, s settings) (*result, error) {
	conn, js, err := up.Connect(jetstream.WithPublishAsyncMaxPending(4096))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	events, err := load.New(load.Config{Labs: s.labs, Events: max(1, s.rate*int(s.during/time.Second)), Seed: uint64(time.Now().UnixNano()), Until: time.Now()})
	if err != nil {
		return nil, err
	}
	p, err := newProbe(ctx, up, js)
	if err != nil {
		return nil, err
	}
	// The labs register first; what is measured is a programme under way.
	if err := running.Send(ctx, js, events, 0, 2*s.labs, 0); err != nil {
		return nil, err
	}
	if err := p.awaitAll(ctx); err != nil {
		return nil, err
	}
	r := &result{}
	if err := r.atRest(ctx, up, p); err != nil {
		return nil, err
	}
	stepsBefore, err := stepsOf(ctx, up)
	if err != nil {
		return nil, err
	}
	cpu, err := running.CPU(up.PID())
	if err != nil {
		return nil, err
	}
	began := time.Now()
	group, working := errgroup.WithContext(ctx)
	group.Go(func() error {
		if s.rate == 0 {
			return nil
		}
		r.sent = s.rate * int(s.during/time.Second)
		return running.Send(working, js, events, 2*s.labs, r.sent, float64(s.rate))
	})
	group.Go(func() error { return p.publish(working, s) })
	group.Go(func() error { return p.watchConsumer(working) })
	group.Go(func() error { return p.watchStatus(working, s.pause) })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	r.took = time.Since(began)
	after, err := running.CPU(up.PID())
	if err != nil {
		return nil, err
	}
	r.cpu = after - cpu
	stepsAfter, err := stepsOf(ctx, up)
	if err != nil {
		return nil, err
	}
	r.steps = since(stepsBefore, stepsAfter)
	r.probes, r.accepted, r.counted, r.visible, r.polls = p.published(), p.accepted, p.counted, p.visible, p.polls
	return r, nil
}

// atRest measures what a poll costs alone.
func (r *result) atRest(ctx context.Context, up *running.Up, p *probe) error {
	const polls = 20
	before, err := running.CPU(up.PID())
	if err != nil {
		return err
	}
	for range polls {
		began := time.Now()
		if _, err := p.actual(ctx); err != nil {
			return err
		}
		r.pollAtRest = append(r.pollAtRest, time.Since(began))
	}
	after, err := running.CPU(up.PID())
	r.pollCPU = (after - before) / polls
	return err
}
