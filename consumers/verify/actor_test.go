package verify

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
)

// actor is a consumer that does one step of the protocol at a time, when it is told to, and that can
// die at each. The consumer itself is the real one; its store and its stream stand still before each call.
type actor struct {
	stage   *stage
	ctx     context.Context
	kill    context.CancelFunc // it is dead from now on: what it says isn't heard any more
	freed   chan struct{}      // closed: it doesn't stand still any more
	arrive  chan gate
	ended   chan error
	at      gate        // where it stands
	hand    *hand       // the batch that it has, or had when it died
	torn    bool        // half of its last step was done; to be read when it has ended
	idle    atomic.Bool // it is free and there is nothing to fetch
	answers gatedAnswers
}

// gate is where an actor stands: before a step.
type gate struct {
	step string
	size int // rows, cells or messages that the step is about
	told chan order
}

// order says what becomes of the step in front of an actor.
type order struct {
	how string
	n   int // fetch: at most so many messages
}

// Ways to take a step.
const (
	howDo     = "do"
	howDie    = "die before"
	howVanish = "die after"
	howTear   = "die amid"
	howRead   = "read now, write later" // settle and recompute
)

// Steps at which something special may happen.
const gateFetch, gateSettle, gateRecompute, gateAck = "fetch", "settle", "recompute", "ack"

var errDead = errors.New("this consumer is dead")

// stuckAfter is how long a step may take on a busy machine.
const stuckAfter = time.Minute

// born makes a consumer, which stands before its first fetch.
func (s *stage) born() (*actor, error) {
	ctx, kill := context.WithCancel(s.ctx)
	a := &actor{stage: s, ctx: ctx, kill: kill, freed: make(chan struct{}), arrive: make(chan gate), ended: make(chan error, 1)}
	c, err := ingest.New(ingest.Config{
		JetStream: gatedStream{s.js, a}, Answers: &a.answers, Store: gatedStore{s.rig.store, a}, Catalogue: s.rig.catalogue,
		BatchSize: maxBatch, Hands: 1, AckWait: time.Hour, ShutdownTimeout: time.Nanosecond, ShelfBytes: smallShelf, Seen: clickhouse.NewSeen(s.name),
	})
	if err != nil {
		kill()
		return nil, err
	}
	go func() { a.ended <- c.Run(ctx) }()
	return a, a.await()
}

// smallShelf has room for some ten events, so that cells are forgotten again, and in half of the batches.
const smallShelf = 10_000

// maxBatch is more than any order to fetch says.
const maxBatch = 1000

func (a *actor) dead() bool { return a.ctx.Err() != nil }

// await waits until the actor stands before its next step.
func (a *actor) await() error {
	select {
	case a.at = <-a.arrive:
		return nil
	case err := <-a.ended:
		a.ended <- err
		return fmt.Errorf("a consumer ended by itself: %v", err)
	case <-time.After(stuckAfter):
		return fmt.Errorf("a consumer doesn't get from %s to the next step", a.at.step)
	}
}

// take has the actor take the step in front of it in some way.
func (a *actor) take(o order) error {
	a.at.told <- o
	if o.how == howDo || o.how == howRead {
		return a.await()
	}
	err := a.bury()
	if o.how == howTear && !a.torn { // what can't be done by half was done
		o.how = howVanish
	}
	a.stage.rig.tally.crash(a.at.step, o.how)
	return err
}

// bury waits for the end of an actor that dies.
func (a *actor) bury() error {
	stuck := time.After(stuckAfter)
	for {
		select {
		case err := <-a.ended:
			a.ended <- err
			return err
		case g := <-a.arrive: // its last step failed
			g.told <- order{how: howDie}
		case <-stuck:
			return fmt.Errorf("a consumer that dies at %s doesn't end", a.at.step)
		}
	}
}

// free lets it run on by itself.
func (a *actor) free() {
	close(a.freed)
	a.at.told <- a.freely()
}

func (a *actor) freely() order { return order{howDo, a.stage.plan.batch()} }

// pass stands still before a step until the actor is told what to do. do does the step, and half a part
// of it where it has parts.
func (a *actor) pass(step string, size int, do, half func() error) error {
	return a.passAs(step, size, func(o order) error {
		if o.how == howTear && half != nil {
			return a.tear(size, do, half)
		}
		return do()
	})
}

// tear does half of a step, or all of it if it is about one thing or none.
func (a *actor) tear(size int, do, half func() error) error {
	if size < 2 {
		return do()
	}
	a.torn = true
	return half()
}

// passAs is pass for steps that are taken in ways of their own.
func (a *actor) passAs(step string, size int, do func(order) error) error {
	o := a.ask(step, size)
	if o.how == howDie {
		a.kill()
	}
	if a.dead() {
		return errDead
	}
	if err := do(o); err != nil {
		return err
	}
	if o.how == howVanish || o.how == howTear {
		a.kill()
		return errDead
	}
	return nil
}

func (a *actor) ask(step string, size int) order {
	select {
	case <-a.ctx.Done():
		return order{how: howDie}
	case <-a.freed:
		return a.freely()
	default:
	}
	g := gate{step, size, make(chan order, 1)}
	select {
	case a.arrive <- g:
		return <-g.told
	case <-a.freed:
		return a.freely()
	case <-a.ctx.Done():
		return order{how: howDie}
	}
}
