// Package loops are what Vitrine's consumer is measured against: limits of single parts, and pipelines from the
// stream into a plain table that count nothing and keep no promise.
package loops

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/procfs"

	"vitrine/internal/bench/load"
	"vitrine/schemas"
)

// PlainTable makes the table of the pipelines without exactness, named plain; {fsync} stands for 0 or 1.
//
//go:embed plain.sql
var PlainTable string

// Config is what a loop works on.
type Config struct {
	// NATS is the server's URL; ClickHouse the URL of a database over HTTP, with the plain table in it.
	NATS, ClickHouse string
	// Messages is how many there are in the stream.
	Messages int
	// Load is what the loops without a stream (decode, insert) make themselves.
	Load load.Config
}

// Rate is what a loop without a stream measures of itself.
type Rate struct {
	Events int           `json:"events"`
	Took   time.Duration `json:"took"` // what was prepared before isn't in it
	CPU    time.Duration `json:"cpu"`  // of this process meanwhile; 0 where there is no /proc
}

type loop func(context.Context, Config) (Rate, error)

func loops() map[string]loop {
	return map[string]loop{"fetch": fetch, "fetch-ackall": fetchAckAll, "decode": decode, "insert": insert, "plain": plain, "plain-best": plainBest}
}

// Names are the loops, sorted.
func Names() []string { return slices.Sorted(maps.Keys(loops())) }

// Run runs a loop until all messages are handled; those that read the stream stay until ctx ends. They name
// their durable consumer as the loop.
func Run(ctx context.Context, name string, c Config) (Rate, error) {
	l, known := loops()[name]
	if !known {
		return Rate{}, fmt.Errorf("loop %q isn't one of %v", name, Names())
	}
	return l(ctx, c)
}

// consumer makes the durable consumer of a loop. As Vitrine's, it takes 100,000 messages before the first must be acknowledged.
func consumer(ctx context.Context, c Config, name string, policy jetstream.AckPolicy) (*nats.Conn, jetstream.Consumer, error) {
	conn, err := nats.Connect(c.NATS)
	if err != nil {
		return nil, nil, err
	}
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, nil, err
	}
	pull, err := js.CreateConsumer(ctx, schemas.StreamEvents, jetstream.ConsumerConfig{
		Durable: name, AckPolicy: policy, AckWait: time.Minute, MaxDeliver: -1, MaxAckPending: maxAckPending})
	return conn, pull, err
}

const maxAckPending = 200_000

// fetch acknowledges each message, and does nothing else with it.
func fetch(ctx context.Context, c Config) (Rate, error) {
	conn, pull, err := consumer(ctx, c, "fetch", jetstream.AckExplicitPolicy)
	if err != nil {
		return Rate{}, err
	}
	defer conn.Close()
	messages, err := pull.Messages(jetstream.PullMaxMessages(5000))
	if err != nil {
		return Rate{}, err
	}
	defer context.AfterFunc(ctx, messages.Stop)()
	for {
		m, err := messages.Next()
		if err != nil {
			return Rate{}, ended(ctx, err)
		}
		if err := m.Ack(); err != nil {
			return Rate{}, err
		}
	}
}

// fetchAckAll takes messages as fast as they come, and acknowledges them 10,000 at a time.
func fetchAckAll(ctx context.Context, c Config) (Rate, error) {
	conn, pull, err := consumer(ctx, c, "fetch-ackall", jetstream.AckAllPolicy)
	if err != nil {
		return Rate{}, err
	}
	defer conn.Close()
	for batch := range stream(ctx, conn, pull.CachedInfo(), c.Messages, 10_000) {
		if err := batch[len(batch)-1].Respond(ackBytes()); err != nil {
			return Rate{}, err
		}
	}
	<-ctx.Done()
	return Rate{}, nil
}

// ended hides what a loop that was asked to end says about it.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func ackBytes() []byte { return []byte("+ACK") }

// WriteRate and ReadRate are how a loop's process tells the harness.
func WriteRate(w io.Writer, r Rate) error {
	_, err := fmt.Fprintf(w, "%d events in %d ns with %d ns of CPU time\n", r.Events, r.Took.Nanoseconds(), r.CPU.Nanoseconds())
	return err
}

// ReadRate reads what WriteRate wrote.
func ReadRate(text string) (r Rate, err error) {
	if _, err := fmt.Sscanf(text, "%d events in %d ns with %d ns of CPU time", &r.Events, &r.Took, &r.CPU); err != nil {
		return r, fmt.Errorf("a loop said %q: %w", text, err)
	}
	return r, nil
}

// clock measures time and this process's CPU time together.
type clock struct {
	began time.Time
	cpu   time.Duration
}

func startClock() clock { return clock{time.Now(), cpuTime()} }

func (c clock) rate(events int) Rate {
	return Rate{Events: events, Took: time.Since(c.began), CPU: cpuTime() - c.cpu}
}

func cpuTime() time.Duration {
	self, err := procfs.Self()
	if err != nil {
		return 0
	}
	stat, err := self.Stat()
	if err != nil {
		return 0
	}
	return time.Duration(stat.CPUTime() * float64(time.Second))
}
