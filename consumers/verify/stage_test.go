package verify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/schemas"
)

// stage is where one schedule happens: labs of its own, and a durable consumer of its own that gets
// nothing else. It knows what became of each message, so that nothing has to be waited for in vain.
type stage struct {
	rig  *rig
	name string // begins the names of its labs
	plan schedule
	js   jetstream.JetStream
	ctx  context.Context

	actors [consumers]*actor // nil: not born yet, or dead
	lost   []*hand           // what the dead had in hand
	sent   int               // of plan.events

	mu    sync.Mutex
	moved sync.Cond // on mu: a message came, was given back or acknowledged, or an actor died
	fates map[uint64]*fate
	taken int // messages that are being fetched right now
}

// fate is what became of a message.
type fate struct {
	acked bool
	held  int // times it was delivered and not given back
}

// hand is a batch as it was fetched.
type hand struct {
	messages []jetstream.Msg
	acked    int
	how      string // how its acknowledgement is taken
	expired  bool
}

func newStage(ctx context.Context, r *rig, name string, plan schedule) *stage {
	s := &stage{rig: r, name: name, plan: plan, ctx: ctx, fates: map[uint64]*fate{}}
	s.moved.L = &s.mu
	s.js = ownStream{r.js, s}
	return s
}

// lab is a lab's name on this stage.
func (s *stage) lab(name string) string {
	if name == "" {
		name = "a"
	}
	return s.name + "-" + name
}

// labs are the names that events may have: the last is where misaddressed ones go.
func labNames() []string { return []string{"a", "b", "c", "z"} }

func (s *stage) run() error {
	defer func() {
		for _, a := range s.actors {
			if a != nil {
				a.kill()
			}
		}
	}()
	for i, st := range s.plan.steps {
		if err := s.step(st); err != nil {
			return fmt.Errorf("step %d (%v): %w", i, st, err)
		}
	}
	return s.finish()
}

func (s *stage) step(st step) error {
	switch st.do {
	case stepSend:
		return s.send(st.n)
	case stepReplay:
		return s.replay(st.n)
	}
	a, err := s.actor(st.who)
	if err != nil {
		return err
	}
	switch st.do {
	case stepExpire:
		return errors.Join(s.expire(a.hand), s.expireLost())
	case stepFetch:
		if err := s.goOn(a, maxBatch); err != nil {
			return err
		}
		return s.give(a, st.n)
	}
	if a.at.step == gateFetch {
		if err := s.give(a, 2); err != nil || a.at.step == gateFetch { // there is nothing left
			return err
		}
	}
	switch st.do {
	case stepGoOn:
		return s.goOn(a, st.n)
	case stepRead:
		return s.read(a, []string{gateSettle, gateRecompute}[st.n%2])
	case stepDie:
		return s.crash(st, howDie)
	case stepVanish:
		return s.crash(st, howVanish)
	case stepTear:
		return s.crash(st, howTear)
	}
	return fmt.Errorf("nothing is known of %q", st.do)
}

// replay takes everything through the pipeline again, while the actors stand still where they are.
func (s *stage) replay(batch int) error {
	if s.sent == 0 { // it would wait for the first message
		return nil
	}
	s.rig.tally.replays.Add(1)
	return ingest.Replay(s.ctx, ingest.Config{JetStream: s.js, Store: s.rig.store, Catalogue: s.rig.catalogue,
		Seen: clickhouse.NewSeen(s.name), BatchSize: max(1, batch), BatchAge: 5 * time.Millisecond}, nil)
}

// read has an actor go on to a step, if its batch has that before it, and read but not yet write.
func (s *stage) read(a *actor, step string) error {
	for a.at.step != step {
		if a.at.step == gateFetch {
			return nil
		}
		if err := a.take(order{how: howDo}); err != nil {
			return err
		}
	}
	return a.take(order{how: howRead})
}

// crash has an actor go on for n steps and die, unless its batch ends before.
func (s *stage) crash(st step, how string) error {
	a := s.actors[st.who]
	if err := s.goOn(a, st.n); err != nil || a.at.step == gateFetch {
		return err
	}
	s.lost = append(s.lost, a.hand)
	s.actors[st.who] = nil
	return a.take(order{how: how})
}

func (s *stage) actor(who int) (_ *actor, err error) {
	if s.actors[who] == nil {
		s.actors[who], err = s.born()
	}
	return s.actors[who], err
}

// goOn takes at most n steps, and none after the batch's last.
func (s *stage) goOn(a *actor, n int) error {
	for range n {
		if a.at.step == gateFetch {
			return nil
		}
		if err := a.take(order{how: howDo}); err != nil {
			return err
		}
	}
	return nil
}

// give has an actor fetch up to n messages, if there are any.
func (s *stage) give(a *actor, n int) error {
	if s.waiting() == 0 {
		if err := s.send(n); err != nil {
			return err
		}
	}
	if s.waiting() == 0 {
		return nil
	}
	return a.take(order{howDo, max(1, n)})
}

// send publishes the next n events.
func (s *stage) send(n int) error {
	for ; n > 0 && s.sent < len(s.plan.events); n-- {
		e := s.plan.events[s.sent]
		s.sent++
		e.lab = s.lab(e.lab)
		e.subject = schemas.Subject(e.lab, e.kind)
		if e.astray {
			e.subject = schemas.Subject(s.lab("z"), e.kind)
		}
		raw, err := e.raw()
		if err != nil {
			return err
		}
		ack, err := s.rig.js.Publish(s.ctx, e.subject, raw)
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.fates[ack.Sequence] = &fate{}
		s.moved.Broadcast()
		s.mu.Unlock()
	}
	return nil
}

// waiting is how many messages would be delivered now.
func (s *stage) waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waitingLocked()
}

func (s *stage) waitingLocked() int {
	n := -s.taken
	for _, f := range s.fates {
		if !f.acked && f.held == 0 {
			n++
		}
	}
	return max(0, n)
}

// fetch takes at most n messages for an actor; one that runs freely waits for the first.
func (s *stage) fetch(from jetstream.Consumer, a *actor, n int) (*hand, error) {
	s.mu.Lock()
	a.idle.Store(true)
	for s.waitingLocked() == 0 && !a.dead() {
		s.moved.Broadcast()
		s.moved.Wait()
	}
	a.idle.Store(false)
	n = min(n, s.waitingLocked())
	s.taken += n
	s.mu.Unlock()
	h := &hand{}
	defer func() {
		s.mu.Lock()
		s.taken -= n
		s.mu.Unlock()
	}()
	if a.dead() {
		return h, errDead
	}
	// A message may have been acknowledged by somebody else meanwhile; then there is one less.
	batch, err := from.Fetch(n, jetstream.FetchMaxWait(fetchWait))
	if err != nil {
		return h, err
	}
	for m := range batch.Messages() {
		h.messages = append(h.messages, m)
		at, err := m.Metadata()
		if err != nil {
			return h, err
		}
		if at.NumDelivered > 1 {
			s.rig.tally.redelivered.Add(1)
		}
		s.mu.Lock()
		s.fates[at.Sequence.Stream].held++
		s.mu.Unlock()
	}
	return h, nil
}

// fetchWait is how long a message may be on its way that is known to be there.
const fetchWait = 2 * time.Second

// ack is heard by the stream when it returns, unless somebody else was faster.
func (s *stage) ack(ctx context.Context, m jetstream.Msg) error {
	at, err := m.Metadata()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, fetchWait)
	defer cancel()
	if err := m.DoubleAck(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fates[at.Sequence.Stream].acked = true
	s.moved.Broadcast()
	return nil
}

// giveBack has the stream deliver a message again, without the message's own knowledge: whoever has it
// may still acknowledge it.
func (s *stage) giveBack(m jetstream.Msg) error {
	at, err := m.Metadata()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fates[at.Sequence.Stream]
	if f.acked {
		return nil
	}
	if err := s.rig.js.Conn().Publish(m.Reply(), []byte("-NAK")); err != nil {
		return err
	}
	f.held = 0
	s.moved.Broadcast()
	return nil
}

// expire is what happens when AckWait passes.
func (s *stage) expire(h *hand) error {
	if h == nil || h.expired {
		return nil
	}
	h.expired = true
	for _, m := range h.messages {
		if err := s.giveBack(m); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) expireLost() error {
	for _, h := range s.lost {
		if err := s.expire(h); err != nil {
			return err
		}
	}
	s.lost = nil
	return nil
}

// finish sends what is left, and lets everybody run until all is counted.
func (s *stage) finish() error {
	if err := s.send(len(s.plan.events)); err != nil {
		return err
	}
	if err := s.expireLost(); err != nil {
		return err
	}
	if _, err := s.actor(0); err != nil {
		return err
	}
	for _, a := range s.actors {
		if a != nil {
			a.free()
		}
	}
	ctx, cancel := context.WithTimeout(s.ctx, stuckAfter)
	defer cancel()
	defer context.AfterFunc(ctx, s.wake)()
	s.mu.Lock()
	for !s.doneLocked() && ctx.Err() == nil {
		s.moved.Wait()
	}
	done := s.doneLocked()
	s.mu.Unlock()
	for _, a := range s.actors {
		if a == nil {
			continue
		}
		a.kill()
		s.wake()
		if err := a.bury(); err != nil {
			return err
		}
	}
	if !done {
		return fmt.Errorf("%d messages aren't counted after %s", s.waiting(), stuckAfter)
	}
	return nil
}

func (s *stage) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moved.Broadcast()
}

// doneLocked says whether everything is counted and everybody waits for more.
func (s *stage) doneLocked() bool {
	for _, f := range s.fates {
		if !f.acked {
			return false
		}
	}
	for _, a := range s.actors {
		if a != nil && !a.idle.Load() {
			return false
		}
	}
	return true
}

// ownStream gives a stage's consumers names and messages of their own.
type ownStream struct {
	jetstream.JetStream
	stage *stage
}

func (o ownStream) name(durable string) string { return durable + "-" + o.stage.name }

func (o ownStream) CreateOrUpdateConsumer(ctx context.Context, stream string, config jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	config.Durable = o.name(config.Durable)
	for _, lab := range labNames() {
		for _, of := range []string{"vitrine.events.", "vitrine.programme."} {
			config.FilterSubjects = append(config.FilterSubjects, of+o.stage.lab(lab)+".>")
		}
	}
	return o.JetStream.CreateOrUpdateConsumer(ctx, stream, config)
}

func (o ownStream) Consumer(ctx context.Context, stream, durable string) (jetstream.Consumer, error) {
	return o.JetStream.Consumer(ctx, stream, o.name(durable))
}

func (o ownStream) DeleteConsumer(ctx context.Context, stream, durable string) error {
	return o.JetStream.DeleteConsumer(ctx, stream, o.name(durable))
}

// batch is the most messages at once when the consumers run freely.
func (s schedule) batch() int {
	if s.free == 0 {
		return 3
	}
	return s.free
}
