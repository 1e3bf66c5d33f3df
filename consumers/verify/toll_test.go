package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// toll counts what happened.
type toll struct {
	schedules, events, rejected, redelivered, late, replays, fresh, corrected atomic.Int64 // fresh: rows whose ids weren't looked up; corrected: events, of a quarter
	mu                                                                        sync.Mutex
	crashes                                                                   map[string]int
	proved                                                                    census
}

func (c *toll) crash(step, how string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.crashes == nil {
		c.crashes = map[string]int{}
	}
	c.crashes[how+" "+step]++
}

func (c *toll) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	crashes, where := 0, []string{}
	for _, at := range slices.Sorted(maps.Keys(c.crashes)) {
		crashes += c.crashes[at]
		where = append(where, fmt.Sprintf("%s %d", at, c.crashes[at]))
	}
	return fmt.Sprintf("schedules: %d, events: %d (%d rejected), redelivered: %d, crashes: %d, stale writes: %d, replays: %d, taken for new: %d, corrected in a quarter: %d\ncrashes: %s\nproved by so many schedules: %s",
		c.schedules.Load(), c.events.Load(), c.rejected.Load(), c.redelivered.Load(), crashes, c.late.Load(), c.replays.Load(), c.fresh.Load(), c.corrected.Load(), strings.Join(where, ", "), &c.proved)
}

// require fails a test whose schedules did less than they should have: each way of dying at each step in every
// hundred, and, in every two hundred, figures and statuses that aren't trivial. The draw goes round the deaths and themes;
// of what is left to chance, the bounds are a quarter of the mean or less: the rarest, exceeded, has a mean of
// 11, and was seen 7 times at least in 20 draws of 200.
func (c *toll) require(t *testing.T) {
	t.Helper()
	tried := int(c.schedules.Load())
	if tried < 100 { // the deaths take 78 to go round
		return
	}
	for what, n := range map[string]int64{"rejected": c.rejected.Load(), "redelivered": c.redelivered.Load(), "stale writes": c.late.Load(), "replays": c.replays.Load(), "events taken for new": c.fresh.Load(), "corrected": c.corrected.Load()} {
		if n == 0 {
			t.Errorf("no %s in %d schedules: they prove too little", what, tried)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for how, steps := range mortal() {
		for _, step := range steps {
			if c.crashes[how+" "+step] == 0 {
				t.Errorf("nobody did %s %s in %d schedules: they prove too little", how, step, tried)
			}
		}
	}
	if tried < 200 {
		return
	}
	for feature, least := range leastOf200() {
		if n := c.proved.has[feature]; n < least*(tried/200) {
			t.Errorf("%d of %d schedules have %s, want %d of 200: they prove too little", n, tried, feature, least)
		}
	}
}

// mortal are the steps that one can die at, by the way of dying; amid are those of several rows or messages.
func mortal() map[string][]string {
	amid := []string{"store", gateSettle, "announce", gateRecompute, "reject", gateAck, gateSettle + "'s write", gateRecompute + "'s write"}
	all := append([]string{"decide", "recall", "publish a rejection"}, amid...)
	return map[string][]string{howDie: all, howVanish: all, howTear: amid}
}

// leastOf200 is how many of 200 schedules must have a feature, at least.
func leastOf200() map[string]int {
	least := map[string]int{
		hasCell: 40, hasUnion: 8, hasParts: 25, hasFall: 2, hasRepeat: 2, hasPromise: 60, hasAmendment: 25,
		hasFrozen: 6, hasAdjusted: 8, hasReversal: 2,
		"not_started": 12, "no_data": 12, "achieved": 15, "on_track": 10, "at_risk": 10, "late": 15, "missed": 15, "within": 2, "exceeded": 1,
	}
	for name, n := range map[string]int{
		"sum": 25, "distinct": 6, "last": 2, "stock": 8, "ratio": 8, "max": 2, "first": 12, "cumulative": 12, "rolling": 2, "repeat": 6, "age": 50,
	} {
		least[several+name] = n
	}
	return least
}
