package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/nats-io/nats.go"

	"vitrine/schemas"
)

// measurement is one run of a contender. CPU times are in seconds, from the start of consuming to its end.
type measurement struct {
	Events      int                `json:"events"`
	Seconds     float64            `json:"seconds"`
	NATSCPU     float64            `json:"nats_cpu"`
	ConsumerCPU float64            `json:"consumer_cpu"`
	EngineCPU   float64            `json:"engine_cpu"`
	Memory      uint64             `json:"peak_memory,omitempty"` // of the consumer, bytes
	Steps       map[string]float64 `json:"steps,omitempty"`       // seconds, of Vitrine's own metrics
	Verified    string             `json:"verified,omitempty"`
}

func (m measurement) rate() float64 { return float64(m.Events) / m.Seconds }

// round is one run of each contender, by name.
type round map[string]measurement

// arena is where contenders run: servers, and the stream that is filled.
type arena struct {
	options
	*servers
	stage *stage
	js    nats.JetStreamContext // the newer package's questions are for one sort of consumers, and bento's is of the other
	log   io.Writer
	runs  int // so far, for the databases' names
}

func (a *arena) databaseName() string {
	a.runs++
	return fmt.Sprintf("bench_%d", a.runs)
}

// measure runs the rounds.
func measure(ctx context.Context, o options, log io.Writer) (rounds []round, about machine, err error) {
	s, err := newStage(o)
	if err != nil {
		return nil, about, err
	}
	defer func() { err = errors.Join(err, s.finish()) }()
	v, err := startServers(ctx, o, s, log)
	if err != nil {
		return nil, about, err
	}
	defer func() { err = errors.Join(err, v.stop()) }()
	conn, err := nats.Connect(v.natsURL)
	if err != nil {
		return nil, about, err
	}
	defer conn.Close()
	js, err := conn.JetStream()
	if err != nil {
		return nil, about, err
	}
	a := &arena{options: o, servers: v, stage: s, js: js, log: log}
	if about, err = a.about(ctx, conn); err != nil {
		return nil, about, err
	}
	for n := range o.runs {
		r := round{}
		for _, c := range contenders() {
			if !o.wants(c) {
				continue
			}
			m, err := a.one(ctx, c)
			if err != nil {
				return nil, about, fmt.Errorf("%s: %w", c.name, err)
			}
			fmt.Fprintf(log, "round %d: %-12s %9.0f events/s in %.2f s\n", n+1, c.name, m.rate(), m.Seconds)
			r[c.name] = m
		}
		rounds = append(rounds, r)
	}
	return rounds, about, nil
}

// one runs a contender once.
func (a *arena) one(ctx context.Context, c contender) (measurement, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, a.timeout, fmt.Errorf("not done after %s", a.timeout))
	defer cancel()
	return c.run(a, ctx, c)
}

// poll is how often the harness looks at a consumer: a run's length is right to that.
const poll = 20 * time.Millisecond

// drain measures a process that reads the stream, from the moment when its durable consumer was made until every message
// is acknowledged. It gives the process to after, if that isn't nil, and then stops it.
func (a *arena) drain(ctx context.Context, durable string, launch func() (*child, error), after func(*child, *measurement) error) (m measurement, err error) {
	if err := a.js.DeleteConsumer(schemas.StreamEvents, durable); err != nil && !errors.Is(err, nats.ErrConsumerNotFound) {
		return m, err
	}
	p, err := launch()
	if err != nil {
		return m, err
	}
	defer func() {
		err = errors.Join(err, p.stop())
		if e := a.js.DeleteConsumer(schemas.StreamEvents, durable); e != nil && !errors.Is(e, nats.ErrConsumerNotFound) { // bento deletes its own
			err = errors.Join(err, e)
		}
	}()
	var before *usage
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		select {
		case <-p.done:
			return m, p.failed()
		case <-ctx.Done():
			return m, fmt.Errorf("%w; %s said last: %s", context.Cause(ctx), p.name, p.said.String())
		case <-tick.C:
		}
		info, err := a.js.ConsumerInfo(schemas.StreamEvents, durable, nats.Context(ctx))
		if errors.Is(err, nats.ErrConsumerNotFound) {
			continue
		} else if err != nil && ctx.Err() == nil {
			return m, err
		} else if err != nil {
			continue
		}
		if before == nil {
			u := a.usage(p)
			before = &u
		}
		if info.NumPending > 0 || info.NumAckPending > 0 || info.Delivered.Stream < uint64(a.stage.load.Len()) {
			continue
		}
		m.Events, m.Seconds = a.stage.load.Len(), time.Since(info.Created).Seconds()
		now := a.usage(p)
		m.NATSCPU, m.ConsumerCPU, m.EngineCPU = (now.nats - before.nats).Seconds(), (now.consumer - before.consumer).Seconds(), (now.engine - before.engine).Seconds()
		m.Memory = peakMemory(p)
		if after != nil {
			err = after(p, &m)
		}
		return m, err
	}
}

// usage is what the processes have used so far.
type usage struct{ nats, consumer, engine time.Duration }

func (a *arena) usage(consumer *child) usage {
	return usage{nats: cpuTime(a.nats), consumer: cpuTime(consumer), engine: cpuTime(a.clickhouse)}
}
