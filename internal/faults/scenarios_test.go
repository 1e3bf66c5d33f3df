package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// scenario is one sort of fault, repeated under load.
type scenario struct {
	name      string
	consumers int
	batch     int    // of each consumer
	tmpfs     bool   // the servers' disks are small
	clock     bool   // the processes' clocks can be moved
	long      amount // no rounds: not in that form
	short     amount
	// plan gives the consumers' failpoints, one per process started. It may be nil.
	plan func(rng *rand.Rand, rounds int) []string
	// script does what is done beside that, and heals it in the end. It may be nil.
	script func(r *run) error
}

// amount is how much of a scenario a form has.
type amount struct {
	rounds int
	events int
	rate   int // per second, at most
	points int // how many of the plan's failpoints; 0: all
}

// times is a share of it, at least one round.
func (a amount) times(share float64) amount {
	a.rounds, a.events = max(1, int(float64(a.rounds)*share)), int(float64(a.events)*share)
	return a
}

// run is a scenario at work.
type run struct {
	*stack
	scenario
	amount
	ctx   context.Context
	rng   *rand.Rand
	crew  *crew
	kills int // of servers
}

// pause waits for a random time between the two.
func (r *run) pause(least, most time.Duration) {
	select {
	case <-time.After(least + rand.N(most-least)): // what it does to the timing of several processes can't be repeated anyhow
	case <-r.ctx.Done():
	}
}

func scenarios() []scenario {
	return []scenario{
		{name: "kill -9 at each step, 1 consumer", consumers: 1, batch: 1000, plan: eachStep,
			long: amount{rounds: 3, events: 50_000, rate: 2000}},
		{name: "kill -9 at each step, 3 consumers", consumers: 3, batch: 500, plan: eachStep,
			long: amount{rounds: 6, events: 80_000, rate: 3000}, short: amount{rounds: 1, events: 3000, rate: 1000, points: 7}},
		{name: "kill -9 at random, 3 consumers", consumers: 3, batch: 1000, script: killAtRandom,
			long: amount{rounds: 60, events: 90_000, rate: 3000}},
		{name: "consumers' NATS connections cut, delayed", consumers: 2, batch: 1000, script: cutNATS,
			long: amount{rounds: 30, events: 60_000, rate: 3000}},
		{name: "acknowledgements cut off", consumers: 2, batch: 1000, script: strike(consumersNATS, fault{trigger: "$JS.ACK"}, 20_000),
			long: amount{rounds: 30, events: 60_000, rate: 3000}, short: amount{rounds: 1, events: 1000, rate: 1000}},
		{name: "PubAck lost", consumers: 2, batch: 2000, script: strike(publishersNATS, fault{trigger: "HPUB vitrine.", loseReply: true}, 0),
			long: amount{rounds: 30, events: 60_000, rate: 3000}, short: amount{rounds: 2, events: 1000, rate: 1000}},
		{name: "publishing cut off", consumers: 2, batch: 2000, script: strike(publishersNATS, fault{trigger: "HPUB vitrine."}, 20_000),
			long: amount{rounds: 30, events: 60_000, rate: 3000}},
		{name: "inserts into ClickHouse cut off", consumers: 2, batch: 1000, script: strikeStatements(false),
			long: amount{rounds: 10, events: 60_000, rate: 3000}},
		{name: "ClickHouse's reply lost after the commit", consumers: 2, batch: 1000, script: strikeStatements(true),
			long: amount{rounds: 10, events: 60_000, rate: 3000}, short: amount{rounds: 1, events: 2000, rate: 1000}},
		{name: "slow ClickHouse", consumers: 2, batch: 5000, script: slowClickHouse,
			long: amount{rounds: 3, events: 40_000, rate: 3000}},
		{name: "NATS restarted", consumers: 2, batch: 1000, script: restart(natsServer, syscall.SIGTERM),
			long: amount{rounds: 8, events: 60_000, rate: 3000}},
		{name: "NATS killed", consumers: 2, batch: 1000, script: restart(natsServer, syscall.SIGKILL),
			long: amount{rounds: 12, events: 70_000, rate: 3000}, short: amount{rounds: 1, events: 2000, rate: 1000}},
		{name: "ClickHouse restarted", consumers: 2, batch: 1000, script: restart(clickhouseServer, syscall.SIGTERM),
			long: amount{rounds: 6, events: 60_000, rate: 3000}},
		{name: "ClickHouse killed", consumers: 2, batch: 1000, script: restart(clickhouseServer, syscall.SIGKILL),
			long: amount{rounds: 12, events: 80_000, rate: 3000}, short: amount{rounds: 1, events: 2000, rate: 1000}},
		{name: "consumer stopped past its AckWait", consumers: 3, batch: 1000, script: stopAndContinue,
			long: amount{rounds: 10, events: 70_000, rate: 3000}, short: amount{rounds: 1, events: 2000, rate: 500}},
		{name: "everything at once", consumers: 3, batch: 1000, script: everything,
			long: amount{rounds: 60, events: 100_000, rate: 3000}},
		{name: "disk full under NATS", consumers: 2, batch: 1000, tmpfs: true, script: fillDisk(natsServer),
			long: amount{rounds: 4, events: 40_000, rate: 2000}, short: amount{rounds: 1, events: 1500, rate: 500}},
		{name: "disk full under ClickHouse", consumers: 2, batch: 1000, tmpfs: true, script: fillDisk(clickhouseServer),
			long: amount{rounds: 4, events: 40_000, rate: 2000}, short: amount{rounds: 1, events: 1500, rate: 500}},
		{name: "clocks jump by hours", consumers: 2, batch: 1000, clock: true, script: jumpClocks,
			long: amount{rounds: 12, events: 50_000, rate: 2000}},
	}
}

// eachStep visits every failpoint of the commit protocol, rounds times, in random order.
func eachStep(rng *rand.Rand, rounds int) []string {
	var plan []string
	for range rounds {
		for _, step := range []string{"fetch", "decide", "store", "settle", "recompute", "reject", "ack"} {
			for _, moment := range []string{"before", "after"} {
				plan = append(plan, fmt.Sprintf("%s:%s:%d", moment, step, 1+rng.IntN(3)))
			}
		}
		plan = append(plan, fmt.Sprintf("during:ack:%d", 1+rng.IntN(900)), fmt.Sprintf("during:reject:%d", 1+rng.IntN(10)))
	}
	rng.Shuffle(len(plan), func(i, j int) { plan[i], plan[j] = plan[j], plan[i] })
	return plan
}

func killAtRandom(r *run) error {
	for done := 0; done < r.rounds && r.ctx.Err() == nil; {
		r.pause(150*time.Millisecond, 900*time.Millisecond)
		if r.crew.kill(r.rng) {
			done++
		}
	}
	return r.ctx.Err()
}

func cutNATS(r *run) error {
	defer r.natsGate.heal()
	for range r.rounds {
		r.pause(200*time.Millisecond, 600*time.Millisecond)
		switch r.rng.IntN(3) {
		case 0:
			r.natsGate.cut()
		case 1:
			r.natsGate.slow(time.Duration(r.rng.IntN(200))*time.Millisecond, 0)
			r.pause(200*time.Millisecond, time.Second)
			r.natsGate.slow(0, 0)
		case 2:
			r.natsGate.shut()
			r.pause(100*time.Millisecond, 2*time.Second)
			r.natsGate.open()
		}
	}
	return r.ctx.Err()
}

func consumersNATS(s *stack) *gate  { return s.natsGate }
func publishersNATS(s *stack) *gate { return s.publisherGate }

// strike has a gate strike again and again, somewhere in the first bytes after the trigger.
func strike(of func(*stack) *gate, f fault, within int) func(*run) error {
	return func(r *run) error { return r.strikes(of(r.stack), r.rounds, f, within) }
}

func (r *run) strikes(g *gate, times int, f fault, within int) error {
	defer g.heal()
	for range times {
		f.after = 0
		if within > 0 {
			f.after = 1 + r.rng.IntN(within)
		}
		before := g.fired.Load()
		g.arm(f)
		for g.fired.Load() == before {
			select {
			case <-r.ctx.Done():
				return fmt.Errorf("no request with %q came by: %w", f.trigger, r.ctx.Err())
			case <-time.After(5 * time.Millisecond):
			}
		}
		r.pause(50*time.Millisecond, 300*time.Millisecond)
	}
	return nil
}

// strikeStatements strikes each sort of statement that the consumers write with.
func strikeStatements(loseReply bool) func(*run) error {
	return func(r *run) error {
		for range r.rounds {
			for _, table := range []string{"event_store", "kpi_cells", "rejection_store"} {
				within := 0
				if !loseReply {
					within = 30_000
				}
				if err := r.strikes(r.clickhouseGate, 1, fault{trigger: table, loseReply: loseReply}, within); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

func slowClickHouse(r *run) error {
	defer r.clickhouseGate.heal()
	for range r.rounds {
		r.clickhouseGate.slow(30*time.Millisecond, 500_000)
		r.pause(5*time.Second, 6*time.Second)
		r.clickhouseGate.slow(0, 0)
		r.pause(time.Second, 2*time.Second)
	}
	return r.ctx.Err()
}

func natsServer(s *stack) *engine       { return s.nats }
func clickhouseServer(s *stack) *engine { return s.clickhouse }

func restart(of func(*stack) *engine, signal syscall.Signal) func(*run) error {
	return func(r *run) error {
		for range r.rounds {
			r.pause(500*time.Millisecond, 1500*time.Millisecond)
			if err := r.restart(of(r.stack), signal); err != nil {
				return err
			}
		}
		return r.ctx.Err()
	}
}

func (r *run) restart(e *engine, signal syscall.Signal) error {
	if signal == syscall.SIGKILL {
		r.kills++
	}
	return e.restart(signal, rand.N(time.Second))
}

func stopAndContinue(r *run) error {
	for range r.rounds {
		r.pause(300*time.Millisecond, 800*time.Millisecond)
		i := r.rng.IntN(len(r.crew.members))
		if !r.crew.signal(i, syscall.SIGSTOP) {
			continue
		}
		r.pause(ackWait+500*time.Millisecond, 2*ackWait)
		r.crew.signal(i, syscall.SIGCONT)
	}
	return r.ctx.Err()
}

// fillDisk leaves a server no byte of its disk for a while.
func fillDisk(of func(*stack) *engine) func(*run) error {
	return func(r *run) error {
		for range r.rounds {
			r.pause(500*time.Millisecond, 1500*time.Millisecond)
			if err := of(r.stack).tell(commandFill); err != nil {
				return err
			}
			r.pause(2*time.Second, 4*time.Second)
			if err := of(r.stack).tell(commandFree); err != nil {
				return err
			}
		}
		return r.ctx.Err()
	}
}

// everything strikes at random, whatever it may be.
func everything(r *run) error {
	defer r.natsGate.heal()
	defer r.publisherGate.heal()
	defer r.clickhouseGate.heal()
	for range r.rounds {
		r.pause(100*time.Millisecond, 600*time.Millisecond)
		switch dice := r.rng.IntN(20); {
		case dice < 8:
			r.crew.kill(r.rng)
		case dice < 10:
			r.natsGate.arm(fault{trigger: "$JS.ACK", after: 1 + r.rng.IntN(50_000)})
		case dice < 12:
			r.publisherGate.arm(fault{trigger: "HPUB vitrine.", loseReply: true})
		case dice < 15:
			r.clickhouseGate.arm(fault{trigger: []string{"event_store", "kpi_cells", "rejection_store"}[r.rng.IntN(3)], loseReply: r.rng.IntN(2) == 0, after: 1 + r.rng.IntN(30_000)})
		case dice < 16:
			r.natsGate.cut()
		case dice < 17:
			r.clickhouseGate.cut()
		case dice < 18:
			if err := r.restart(r.nats, syscall.SIGKILL); err != nil {
				return err
			}
		case dice < 19:
			if err := r.restart(r.clickhouse, syscall.SIGKILL); err != nil {
				return err
			}
		default:
			i := r.rng.IntN(len(r.crew.members))
			r.crew.signal(i, syscall.SIGSTOP)
			r.pause(ackWait, ackWait+time.Second)
			r.crew.signal(i, syscall.SIGCONT)
		}
	}
	return r.ctx.Err()
}

// clockFile holds by how many seconds the processes' clocks are off.
func clockFile(dir string) string { return filepath.Join(dir, "clock") }

// jumpClocks moves the wall clocks of NATS, its clients and the engine by hours, to and fro.
func jumpClocks(r *run) error {
	set := func(seconds int) error {
		path := clockFile(r.dir)
		if err := os.WriteFile(path+".new", []byte(strconv.Itoa(seconds)), 0o600); err != nil {
			return err
		}
		return os.Rename(path+".new", path)
	}
	for range r.rounds {
		if err := set(r.rng.IntN(2*6*3600) - 6*3600); err != nil {
			return err
		}
		r.pause(time.Second, 2*time.Second)
	}
	return set(0)
}
