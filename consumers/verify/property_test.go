package verify

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// tries is how many schedules are tried. For more:
// go test ./consumers/verify -run Schedule -schedules 2000 -timeout 60m -v
var tries = flag.Int("schedules", 200, "schedules that TestAnyScheduleIsExact tries, at least")

// Whatever is sent, in whatever batches, by however many consumers, wherever they die, however slow
// they are, and replayed or not: every message, cell, figure and status is exact.
func TestAnyScheduleIsExact(t *testing.T) {
	r := newRig(t)
	began := time.Now()
	t.Cleanup(func() { t.Logf("%s\nin %s", &r.tally, time.Since(began).Round(time.Millisecond)) })
	set(t, "rapid.checks", "1")
	set(t, "rapid.nofailfile", "true") // a failure is printed as Go instead
	if f := flag.Lookup("rapid.shrinktime"); f.Value.String() == f.DefValue {
		set(t, f.Name, "3m") // an attempt takes a second
	}
	verdicts := map[string]string{}
	for int(r.tally.schedules.Load()) < *tries && !t.Failed() {
		rapid.Check(t, func(rt *rapid.T) {
			l := rapid.Custom(drawLot).Draw(rt, "lot")
			failed, err := r.judge(t, l, verdicts)
			if err != nil {
				rt.Fatal(err)
			}
			if failed == nil {
				return
			}
			if r.caught == "" {
				r.caught = fmt.Sprintf("after %d schedules and %.1f s", r.tally.schedules.Load(), time.Since(began).Seconds())
				t.Logf("caught %s: %s", r.caught, failed.first())
			}
			rt.Fatalf("not exact, as of %s (add it to TestKnownSchedules):\n%#v\n%s", l.asOf.Format(time.DateOnly), failed.plan, failed.why)
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
// What was tried before is in verdicts: while rapid makes a failing lot smaller it comes again and again.
func (r *rig) judge(t *testing.T, l lot, verdicts map[string]string) (*failure, error) {
	key := func(s schedule) string { return fmt.Sprintf("%s %#v", l.asOf, s) }
	var unknown schedules
	for _, s := range l.schedules {
		if _, known := verdicts[key(s)]; !known && len(s.events) > 0 {
			unknown = append(unknown, s)
		}
	}
	if len(unknown) > 0 {
		wrong, err := r.try(t.Context(), l.asOf, unknown)
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
