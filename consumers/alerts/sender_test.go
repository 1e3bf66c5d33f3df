package alerts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
	"pgregory.net/rapid"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// inbox is a destination that keeps what it gets.
type inbox struct {
	name string
	mu   sync.Mutex
	got  []Digest
	fail error // before it takes anything
	lose error // after it took it: the answer got lost, or the process was killed
}

func (i *inbox) Name() string { return "inbox" + i.name }

func (i *inbox) Send(_ context.Context, d Digest) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.fail != nil {
		return i.fail
	}
	i.got = append(i.got, d)
	return i.lose
}

// clock is a clock that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type rig struct {
	js     jetstream.JetStream
	places jetstream.KeyValue
	w      *world
	clock  *clock
	inbox  *inbox
	urgent bool
}

func newRig(t testing.TB) *rig {
	t.Helper()
	js := testkit.Streams(t)
	places, err := EnsureBucket(t.Context(), js, 1)
	if err != nil {
		t.Fatal(err)
	}
	return &rig{js: js, places: places, w: &world{}, clock: &clock{now: on("2026-06-30").Add(12 * time.Hour)}, inbox: &inbox{}}
}

func (r *rig) sender(t testing.TB) *Sender {
	t.Helper()
	s, err := NewSender(SenderConfig{JetStream: r.js, Places: r.places, Destination: r.inbox, Schedule: Schedule{At: 8 * time.Hour, Urgent: r.urgent}, Now: r.clock.read})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (r *rig) step(t testing.TB, s *Sender) {
	t.Helper()
	if err := s.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// labs are n labs with as many late commitments each.
func lateLabs(labs, each int) (all []clickhouse.CommitmentStatus) {
	for l := range labs {
		for c := range each {
			all = append(all, promise(fmt.Sprintf("lab-%d", l), fmt.Sprintf("T%02d", c), "late", 0.5))
		}
	}
	return all
}

// A programme that has been running for long gets one digest, not one message for each alert; and then one a
// day at most, with what changed.
func TestOneDigestADay(t *testing.T) {
	r := newRig(t)
	f, s := newFinder(t, r.js, r.w), r.sender(t)
	r.w.stand(lateLabs(14, 15)...)
	look(t, f)
	for range 24 { // noon to noon
		r.step(t, s)
		r.clock.add(time.Hour)
	}
	if len(r.inbox.got) != 1 || r.inbox.got[0].Raised != 210 || len(r.inbox.got[0].Labs) != 14 {
		t.Fatalf("%d digests", len(r.inbox.got))
	}
	if at := r.inbox.got[0].At; at.Hour() != 8 || at.Day() != 1 {
		t.Errorf("it was made at %s", at)
	}
	for range 48 {
		r.step(t, s)
		r.clock.add(time.Hour)
	}
	if len(r.inbox.got) != 1 {
		t.Errorf("nothing changed, and %d digests came", len(r.inbox.got))
	}
	r.w.stand(lateLabs(14, 14)...)
	look(t, f)
	for range 48 {
		r.step(t, s)
		r.clock.add(time.Hour)
	}
	if len(r.inbox.got) != 2 || r.inbox.got[1].Raised != 0 || r.inbox.got[1].Over != 14 {
		t.Errorf("%d digests", len(r.inbox.got))
	}
}

// A digest that was sent while the clock was ahead doesn't keep the next ones until that time comes.
func TestAClockThatWasAheadHoldsNothingUp(t *testing.T) {
	r := newRig(t)
	f, s := newFinder(t, r.js, r.w), r.sender(t)
	r.w.stand(lateLabs(1, 2)...)
	look(t, f)
	r.step(t, s)
	const ahead = 400 * 24 * time.Hour
	r.clock.add(ahead)
	r.step(t, s)
	r.clock.add(-ahead)
	r.w.stand(lateLabs(1, 1)...)
	look(t, f)
	for range 48 {
		r.step(t, s)
		r.clock.add(time.Hour)
	}
	if len(r.inbox.got) != 2 || r.inbox.got[1].Over != 1 {
		t.Errorf("%d digests, want the one that was sent ahead of time, and one since", len(r.inbox.got))
	}
}

func TestCriticalAlertsNeedNotWait(t *testing.T) {
	r := newRig(t)
	r.urgent = true
	f, s := newFinder(t, r.js, r.w), r.sender(t)
	r.w.stand(promise("a", "T01", "late", 0.5))
	look(t, f)
	r.step(t, s)
	r.clock.add(24 * time.Hour)
	r.step(t, s)
	if len(r.inbox.got) != 1 {
		t.Fatalf("%d digests", len(r.inbox.got))
	}
	r.clock.add(2 * time.Hour)
	r.w.stand(promise("a", "T01", "late", 0.5), promise("b", "T01", "late", 0.5))
	look(t, f)
	r.step(t, s)
	if len(r.inbox.got) != 1 {
		t.Error("a warning didn't wait")
	}
	r.w.stand(promise("a", "T01", "missed", 0.5), promise("b", "T01", "late", 0.5))
	look(t, f)
	r.step(t, s)
	if len(r.inbox.got) != 2 || r.inbox.got[1].Raised != 2 || r.inbox.got[1].Over != 0 {
		t.Fatalf("%d digests, %+v", len(r.inbox.got), r.inbox.got)
	}
	if got := r.inbox.got[1].Labs[0].Over; len(got) != 1 || got[0].Became != CommitmentMissed {
		t.Errorf("what became worse isn't told as such: %+v", got)
	}
	r.w.stand(promise("b", "T01", "missed", 0.5))
	look(t, f)
	r.step(t, s)
	if len(r.inbox.got) != 2 {
		t.Error("a second one didn't wait for an hour")
	}
	r.clock.add(time.Hour)
	r.step(t, s)
	if len(r.inbox.got) != 3 {
		t.Error("a second one didn't come after an hour")
	}
}

// A process that is killed after it sent, before that was written down, leaves a digest that another one sends
// again: the very same, and only after the lease.
func TestADigestThatMayHaveArrivedIsSentAgainAsItWas(t *testing.T) {
	r := newRig(t)
	f, killed, other := newFinder(t, r.js, r.w), r.sender(t), r.sender(t)
	r.w.stand(promise("a", "T01", "late", 0.5))
	look(t, f)
	r.step(t, killed) // makes the place
	r.clock.add(24 * time.Hour)
	r.inbox.lose = errors.New("killed")
	if err := killed.Step(t.Context()); !errors.Is(err, r.inbox.lose) {
		t.Fatal(err)
	}
	r.inbox.lose = nil
	r.w.stand(promise("a", "T01", "late", 0.5), promise("b", "T01", "late", 0.5))
	look(t, f)
	r.step(t, other)
	r.clock.add(time.Minute)
	r.step(t, other)
	if len(r.inbox.got) != 1 {
		t.Fatal("it didn't wait for the one that is at it")
	}
	r.clock.add(time.Minute)
	r.step(t, other)
	r.step(t, other)
	if len(r.inbox.got) != 2 || !same(t, r.inbox.got[0], r.inbox.got[1]) {
		t.Fatalf("%d digests: %+v", len(r.inbox.got), r.inbox.got)
	}
	r.clock.add(24 * time.Hour)
	r.step(t, other)
	if len(r.inbox.got) != 3 || r.inbox.got[2].ID == r.inbox.got[1].ID || r.inbox.got[2].Raised != 1 || r.inbox.got[2].Labs[0].Lab != "b" {
		t.Errorf("%+v", r.inbox.got)
	}
}

func same(t testing.TB, a, b Digest) bool {
	t.Helper()
	one, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	other, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(one) == string(other)
}

// Two processes at once send one digest.
func TestTwoSendersSendOneDigest(t *testing.T) {
	r := newRig(t)
	r.w.stand(lateLabs(3, 3)...)
	look(t, newFinder(t, r.js, r.w))
	r.step(t, r.sender(t))
	for day := range 5 {
		r.clock.add(24 * time.Hour)
		r.w.stand(lateLabs(3, 4+day)...)
		look(t, newFinder(t, r.js, r.w))
		var group sync.WaitGroup
		for range 4 {
			s := r.sender(t)
			group.Go(func() {
				if err := s.Step(t.Context()); err != nil && !errors.Is(err, errOther) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if len(r.inbox.got) != day+1 {
			t.Fatalf("day %d: %d digests", day, len(r.inbox.got))
		}
	}
}

// A destination that is down misses nothing: it gets the digest that it refused, then what came since.
func TestADestinationThatWasDown(t *testing.T) {
	r := newRig(t)
	f, s := newFinder(t, r.js, r.w), r.sender(t)
	r.w.stand(promise("a", "T01", "late", 0.5))
	look(t, f)
	r.step(t, s)
	r.inbox.fail = errors.New("down")
	for range 3 {
		r.clock.add(24 * time.Hour)
		if err := s.Step(t.Context()); !errors.Is(err, r.inbox.fail) {
			t.Fatal(err)
		}
	}
	r.w.stand()
	look(t, f)
	r.inbox.fail = nil
	r.step(t, s)
	r.clock.add(24 * time.Hour)
	r.step(t, s)
	if len(r.inbox.got) != 2 || r.inbox.got[0].Raised != 1 || r.inbox.got[0].Over != 0 || r.inbox.got[1].Raised != 0 || r.inbox.got[1].Over != 1 {
		t.Errorf("%+v", r.inbox.got)
	}
}

// Whatever happens in whatever order, each alert is told once when it was raised and once when it was over, but for
// digests that were sent again as they were.
func TestEachChangeIsToldOnce(t *testing.T) {
	r, run := newRig(t), 0
	stream, err := r.js.Stream(t.Context(), schemas.StreamAlerts)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		run++
		if err := stream.Purge(t.Context()); err != nil { // made anew at once, it sometimes holds the old one's messages again
			t.Fatal(err)
		}
		r.inbox, r.w = &inbox{name: fmt.Sprint("-", run)}, &world{}
		finders := []*Finder{newFinder(t, r.js, r.w), newFinder(t, r.js, r.w)}
		senders := []*Sender{r.sender(t), r.sender(t)}
		z := promise("z", "T01", "late", 0.5)
		r.w.stand(z)
		look(t, finders[0])
		r.step(t, senders[0])
		r.clock.add(24 * time.Hour)
		r.step(t, senders[0]) // the first digest leaves out what is over: it is behind us now
		for range rapid.IntRange(1, 16).Draw(rt, "steps") {
			which := rapid.IntRange(0, 1).Draw(rt, "which")
			switch rapid.SampledFrom([]string{"look", "look", "send", "send", "lose", "fail", "kill", "wait"}).Draw(rt, "step") {
			case "look":
				all := []clickhouse.CommitmentStatus{z}
				for _, lab := range []string{"a", "b"} {
					for _, indicator := range []string{"T01", "T02"} {
						status := rapid.SampledFrom([]string{"on_track", "at_risk", "late", "missed", "achieved"}).Draw(rt, "status")
						all = append(all, promise(lab, indicator, status, map[string]float64{"on_track": 1, "at_risk": 0.8, "late": 0.5, "missed": 0.5, "achieved": 1}[status]))
					}
				}
				r.w.stand(all...)
				look(t, finders[which])
			case "send":
				r.step(t, senders[which])
			case "lose":
				r.inbox.lose = errors.New("lost")
				_ = senders[which].Step(t.Context())
				r.inbox.lose = nil
			case "fail":
				r.inbox.fail = errors.New("down")
				_ = senders[which].Step(t.Context())
				r.inbox.fail = nil
			case "kill":
				senders[which] = r.sender(t)
			case "wait":
				r.clock.add(rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 24 * time.Hour}).Draw(rt, "time"))
			}
		}
		for range 3 { // a digest in hand may wait for its lease
			r.clock.add(24 * time.Hour)
			r.step(t, senders[0])
		}
		checkTold(t, rt, r)
	})
}

// checkTold compares what the inbox got with what the stream says.
func checkTold(t *testing.T, rt *rapid.T, r *rig) {
	t.Helper()
	digests, raised, over := map[uuid.UUID]Digest{}, map[uuid.UUID]int{}, map[uuid.UUID]int{}
	for i, d := range r.inbox.got {
		if before, again := digests[d.ID]; again {
			if !same(t, before, d) {
				rt.Errorf("digest %s was sent again as another", d.ID)
			}
			continue
		}
		digests[d.ID] = d
		if len(d.Labs) == 0 {
			rt.Errorf("digest %d says nothing", i)
		}
		for _, l := range d.Labs {
			for _, a := range l.Raised {
				raised[a.ID]++
				if a.Cleared != nil {
					over[a.ID]++
				}
			}
			for _, a := range l.Over {
				over[a.ID]++
			}
		}
	}
	stream, err := r.js.Stream(t.Context(), schemas.StreamAlerts)
	if err != nil {
		t.Fatal(err)
	}
	said, cleared := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}
	err = NewLog(r.js).read(t.Context(), 1, stream.CachedInfo().State.LastSeq, func(e entry) {
		if e.alert.Cleared == nil {
			said[e.alert.ID] = true
		} else {
			cleared[e.alert.ID] = true
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, n := range raised {
		if n != 1 || !said[id] {
			rt.Errorf("the raising of %s was told %d times", id, n)
		}
	}
	for id, n := range over {
		if n != 1 || !cleared[id] {
			rt.Errorf("the end of %s was told %d times", id, n)
		}
	}
	for id := range said {
		if raised[id] == 0 {
			rt.Errorf("the raising of %s was never told", id)
		}
		if cleared[id] && over[id] == 0 {
			rt.Errorf("the end of %s was never told: %v", id, story(t, r.js))
		}
	}
}
