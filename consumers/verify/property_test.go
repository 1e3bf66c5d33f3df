package verify

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// tries is how many schedules are tried: as many as show every way of dying. For more, and what is rarer: make schedules N=2000
var tries = flag.Int("schedules", 100, "schedules that TestAnyScheduleIsExact tries, at least")

// figuresAlone shows that what is wrong is seen in the figures, however their versions are compared.
var figuresAlone = flag.Bool("figures-alone", false, "don't compare the versions of cells")

// shrink is how long a schedule that fails may be made smaller.
var shrink = flag.Duration("shrink", 3*time.Minute, "how long a schedule that fails is made smaller")

// Whatever is sent, in whatever batches, by however many consumers, wherever they die, however slow
// they are, and replayed or not: every message, cell, figure and status is exact.
func TestAnyScheduleIsExact(t *testing.T) {
	r := newRig(t)
	began := time.Now()
	t.Cleanup(func() { t.Logf("%s\nin %s", &r.tally, time.Since(began).Round(time.Millisecond)) })
	set(t, "rapid.checks", "1")
	set(t, "rapid.nofailfile", "true") // a failure is printed as Go instead
	set(t, "rapid.shrinktime", "1ns")  // see smaller
	verdicts := map[string]string{}
	caught := map[string]failure{} // made small
	for !t.Failed() {
		before := int(r.tally.schedules.Load())
		if before >= *tries {
			r.tally.require(t)
			return
		}
		rapid.Check(t, func(rt *rapid.T) {
			l := rapid.Custom(drawLot(before)).Draw(rt, "lot")
			failed, err := r.judge(t.Context(), l, verdicts)
			if err != nil { // there is no schedule to make small
				t.Fatalf("after %d schedules, and by none of them: %v", r.tally.schedules.Load(), err)
			}
			if failed == nil {
				return
			}
			key := fmt.Sprintf("%#v", failed.plan)
			if _, known := caught[key]; !known { // rapid asks again
				t.Logf("caught after %d schedules and %.1f s: %s", r.tally.schedules.Load(), time.Since(began).Seconds(), failed.first())
				caught[key] = r.smaller(t.Context(), l.asOf, *failed, *shrink)
			}
			small := caught[key]
			rt.Fatalf("not exact, as of %s (add it to TestKnownSchedules):\n%#v\n%s", l.asOf.Format(time.DateOnly), small.plan, small.why)
		})
	}
}

func set(t *testing.T, name, value string) {
	t.Helper()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
}

// failure is a schedule after which something differs.
type failure struct {
	plan schedule
	why  string // one difference per line
}

func (f *failure) first() string { return strings.SplitN(f.why, "\n", 2)[0] }

// judge tries those schedules of a lot that weren't tried before, and gives the first that fails, if any.
// What was tried before is in verdicts: rapid comes again with a lot that failed.
func (r *rig) judge(ctx context.Context, l lot, verdicts map[string]string) (*failure, error) {
	key := func(s schedule) string { return fmt.Sprintf("%s %#v", l.asOf, s) }
	var unknown schedules
	for _, s := range l.schedules {
		if _, known := verdicts[key(s)]; !known && len(s.events) > 0 {
			unknown = append(unknown, s)
		}
	}
	if len(unknown) > 0 {
		wrong, err := r.try(ctx, l.asOf, unknown)
		if err != nil {
			return nil, err
		}
		for i, s := range unknown {
			verdicts[key(s)] = wrong[i]
		}
	}
	for _, s := range l.schedules {
		if why := verdicts[key(s)]; why != "" {
			return &failure{s, why}, nil
		}
	}
	return nil, nil
}
