package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

// run is a scenario at work. A script counts in struck only what it saw happen.
type run struct {
	*stack
	scenario
	amount
	ctx    context.Context
	rng    *rand.Rand
	crew   *crew
	kills  int // of servers
	struck int // faults that struck, without the plan's
}

// evidenceWithin is how long a fault may take until something shows that it struck.
const evidenceWithin = 60 * time.Second

// pause waits for a random time between the two.
func (r *run) pause(least, most time.Duration) {
	select {
	case <-time.After(least + rand.N(most-least)): // what it does to the timing of several processes can't be repeated anyhow
	case <-r.ctx.Done():
	}
}

// until waits for evidence that a fault struck.
func (r *run) until(what string, is func() (bool, error)) error {
	for deadline := time.Now().Add(evidenceWithin); ; {
		yes, err := is()
		if err = errors.Join(err, r.crew.failed()); yes || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the fault did not strike: not seen within %s: %s", evidenceWithin, what)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-r.ctx.Done():
			return fmt.Errorf("waiting for: %s: %w", what, r.ctx.Err())
		}
	}
}

// repeat strikes until as many rounds struck as the scenario has. A strike says whether something happened; one
// that hit nobody is done again, but not for ever.
func (r *run) repeat(strike func() (bool, error)) error {
	want := r.struck + r.rounds
	for tries := 0; r.struck < want; tries++ {
		if err := r.ctx.Err(); err != nil {
			return fmt.Errorf("%d of %d faults struck: %w", r.struck, want, err)
		}
		if tries == 20+5*r.rounds {
			return fmt.Errorf("%d of %d faults struck in %d tries", r.struck, want, tries)
		}
		struck, err := strike()
		if err != nil {
			return err
		}
		if struck {
			r.struck++
		}
	}
	return nil
}

// consumer is the state of the consumers' one, past the gates; nil if there is none yet.
func (s *stack) consumer(ctx context.Context) (*jetstream.ConsumerInfo, error) {
	js, err := jetstream.New(s.conn)
	if err != nil {
		return nil, err
	}
	c, err := js.Consumer(ctx, schemas.StreamEvents, schemas.ConsumerDurable)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return c.CachedInfo(), nil
}

// deliveries is how many there were.
func (s *stack) deliveries(ctx context.Context) (uint64, error) {
	info, err := s.consumer(ctx)
	if info == nil {
		return 0, err
	}
	return info.Delivered.Consumer, nil
}

// atWork waits until this crew takes messages: faults are for those at work.
func (r *run) atWork(before uint64) error {
	return r.until("the consumers take messages", func() (bool, error) {
		now, err := r.deliveries(r.ctx)
		return now > before, err
	})
}

func killAtRandom(r *run) error {
	return r.repeat(func() (bool, error) {
		r.pause(150*time.Millisecond, 900*time.Millisecond)
		return r.kill()
	})
}

// kill ends a random consumer by kill -9, if it is running.
func (r *run) kill() (bool, error) {
	before := r.crew.kills.Load()
	if !r.crew.signal(r.rng.IntN(len(r.crew.members)), syscall.SIGKILL) {
		return false, nil
	}
	return true, r.until("the consumer is dead", func() (bool, error) { return r.crew.kills.Load() > before, nil })
}

func cutNATS(r *run) error {
	defer r.natsGate.heal()
	return r.repeat(func() (bool, error) {
		r.pause(200*time.Millisecond, 600*time.Millisecond)
		_, before := r.natsGate.struck()
		switch r.rng.IntN(3) {
		case 0:
			r.natsGate.cut()
		case 1:
			r.natsGate.slow(time.Duration(1+r.rng.IntN(200))*time.Millisecond, 0)
			r.pause(200*time.Millisecond, time.Second)
			r.natsGate.slow(0, 0)
		case 2:
			r.natsGate.shut()
			r.pause(100*time.Millisecond, 2*time.Second)
			r.natsGate.open()
		}
		_, after := r.natsGate.struck()
		return after > before, nil
	})
}

func consumersNATS(s *stack) *gate  { return s.natsGate }
func publishersNATS(s *stack) *gate { return s.publisherGate }

// What the gates look for. A statement stands in a request's address, or as it is in its body.
var (
	publishing      = []string{"HPUB vitrine."}
	acknowledgement = []string{"$JS.ACK"}
)

func inserting(table string) []string {
	return []string{"INSERT+INTO+" + table, "INSERT%20INTO%20" + table, "INSERT INTO " + table}
}

// written are the tables that the consumers write to with each batch.
func written() []string { return []string{"event_store", "kpi_cells", "rejection_store"} }

// strike has a gate strike again and again.
func strike(of func(*stack) *gate, triggers []string, loseReply bool) func(*run) error {
	return func(r *run) error {
		return r.repeat(func() (bool, error) {
			r.pause(50*time.Millisecond, 300*time.Millisecond)
			return true, r.strike(of(r.stack), triggers, loseReply)
		})
	}
}

// strike has a gate strike the next request with a trigger, anywhere in it, and returns when it did.
func (r *run) strike(g *gate, triggers []string, loseReply bool) error {
	defer g.heal()
	before, _ := g.struck()
	g.arm(fault{triggers: triggers, loseReply: loseReply, part: r.rng.Float64()})
	return r.until("a request with "+triggers[0], func() (bool, error) {
		now, _ := g.struck()
		return now > before, nil
	})
}

// strikeStatements strikes each sort of statement that the consumers write with, in each round.
func strikeStatements(loseReply bool) func(*run) error {
	return func(r *run) error {
		for range r.rounds {
			for _, table := range written() {
				if err := r.strike(r.clickhouseGate, inserting(table), loseReply); err != nil {
					return err
				}
				r.struck++
			}
		}
		return nil
	}
}

// slowClickHouse lets a batch take longer than AckWait.
func slowClickHouse(r *run) error {
	g := r.clickhouseGate
	defer g.heal()
	return r.repeat(func() (bool, error) {
		g.slow(50*time.Millisecond, 200_000)
		err := r.until("a statement that takes longer than AckWait", func() (bool, error) { return g.slowestRequest() > ackWait, nil })
		g.slow(0, 0)
		r.pause(time.Second, 2*time.Second)
		return true, err
	})
}

func natsServer(s *stack) *engine       { return s.nats }
func clickhouseServer(s *stack) *engine { return s.clickhouse }

func restart(of func(*stack) *engine, signal syscall.Signal) func(*run) error {
	return func(r *run) error {
		return r.repeat(func() (bool, error) {
			r.pause(500*time.Millisecond, 1500*time.Millisecond)
			return true, r.restart(of(r.stack), signal)
		})
	}
}

func (r *run) restart(e *engine, signal syscall.Signal) error {
	if err := e.restart(signal, rand.N(time.Second)); err != nil {
		return err
	}
	if signal == syscall.SIGKILL {
		r.kills++
	}
	if e == r.nats {
		return r.dial()
	}
	return nil
}

func stopAndContinue(r *run) error {
	return r.repeat(func() (bool, error) {
		r.pause(300*time.Millisecond, 800*time.Millisecond)
		return r.stopAndContinue()
	})
}

// stopAndContinue stops a random consumer past AckWait; it struck if something was delivered again meanwhile.
func (r *run) stopAndContinue() (bool, error) {
	before, err := r.consumer(r.ctx)
	if err != nil || before == nil {
		return false, err
	}
	i := r.rng.IntN(len(r.crew.members))
	if !r.crew.signal(i, syscall.SIGSTOP) {
		return false, nil
	}
	r.pause(ackWait+500*time.Millisecond, 2*ackWait)
	r.crew.signal(i, syscall.SIGCONT)
	after, err := r.consumer(r.ctx)
	return err == nil && after != nil && redelivered(after) > redelivered(before), err
}

// fillDisk leaves a server no byte of its disk until suffering shows that it needed some, and a while longer.
func fillDisk(of func(*stack) *engine, suffering func(*run) error) func(*run) error {
	return func(r *run) error {
		return r.repeat(func() (bool, error) {
			r.pause(500*time.Millisecond, 1500*time.Millisecond)
			if err := of(r.stack).tell(commandFill); err != nil {
				return false, err
			}
			err := suffering(r)
			r.pause(500*time.Millisecond, 2*time.Second)
			return true, errors.Join(err, of(r.stack).tell(commandFree))
		})
	}
}

// publishingFails waits until nothing is accepted for a second though messages wait for it.
func publishingFails(r *run) error {
	since, last := time.Now(), -1
	return r.until("publishing that fails", func() (bool, error) {
		sent, _, accepted, refused, _ := r.ledger.counts()
		if accepted != last || sent == accepted+refused {
			since, last = time.Now(), accepted
		}
		return time.Since(since) > time.Second, nil
	})
}

// insertsFail waits until ClickHouse refuses something of the consumers for want of space.
func insertsFail(r *run) error {
	before, err := r.wantOfSpace()
	if err != nil {
		return err
	}
	return r.until("an insert that fails for want of space", func() (bool, error) {
		now, err := r.wantOfSpace()
		return now > before, err
	})
}

// everything strikes at random, whatever it may be.
func everything(r *run) error {
	defer r.natsGate.heal()
	defer r.publisherGate.heal()
	defer r.clickhouseGate.heal()
	return r.repeat(func() (bool, error) {
		r.pause(100*time.Millisecond, 600*time.Millisecond)
		switch dice := r.rng.IntN(20); {
		case dice < 8:
			return r.kill()
		case dice < 10:
			return true, r.strike(r.natsGate, acknowledgement, false)
		case dice < 12:
			return true, r.strike(r.publisherGate, publishing, true)
		case dice < 15:
			return true, r.strike(r.clickhouseGate, inserting(written()[r.rng.IntN(3)]), r.rng.IntN(2) == 0)
		case dice < 16:
			return cutNow(r.natsGate), nil
		case dice < 17:
			return cutNow(r.clickhouseGate), nil
		case dice < 18:
			return true, r.restart(r.nats, syscall.SIGKILL)
		case dice < 19:
			return true, r.restart(r.clickhouse, syscall.SIGKILL)
		default:
			return r.stopAndContinue()
		}
	})
}

// cutNow cuts all connections of a gate, and says whether there was one.
func cutNow(g *gate) bool {
	_, before := g.struck()
	g.cut()
	_, after := g.struck()
	return after > before
}

// clockFile holds by how many seconds the processes' clocks are off.
func clockFile(dir string) string { return filepath.Join(dir, "clock") }

// mostOff is how far a clock is off, either way.
const mostOff = 6 * time.Hour

// jumpClocks moves the wall clocks of NATS, `vitrine consume` and the ClickHouse server's shell by hours, to and fro.
func jumpClocks(r *run) error {
	if err := r.repeat(func() (bool, error) {
		err := r.setClocks(time.Duration(r.rng.Int64N(int64(2*mostOff))) - mostOff)
		r.pause(time.Second, 2*time.Second)
		return true, err
	}); err != nil {
		return err
	}
	// The server waits for an acknowledgement by this clock: what was in a dead consumer's hand when it was
	// furthest ahead comes again when it is there again.
	return r.setClocks(mostOff)
}

// setClocks returns when NATS has the new time.
func (r *run) setClocks(off time.Duration) error {
	path := clockFile(r.dir)
	if err := os.WriteFile(path+".new", []byte(strconv.Itoa(int(off.Seconds()))), 0o600); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return r.until("NATS's clock moves", func() (bool, error) {
		info, err := r.consumer(r.ctx)
		if err != nil || info == nil {
			return false, err
		}
		return (time.Until(info.TimeStamp) - off).Abs() < time.Minute, nil
	})
}
