package verify

import (
	"context"
	"slices"
	"time"
)

// smaller makes a failing schedule as small as it can within a time. Rapid would try thousands of
// candidates one after the other, and its choices depend on those before; here a whole round of
// candidates is one lot.
func (r *rig) smaller(ctx context.Context, asOf time.Time, f failure, within time.Duration) failure {
	for began := time.Now(); time.Since(began) < within; {
		candidates := f.plan.parts()
		if len(candidates) == 0 {
			return f
		}
		wrong, err := r.try(ctx, asOf, candidates)
		if err != nil {
			return f
		}
		best := -1
		for i := range wrong {
			if best < 0 || candidates[i].size() < candidates[best].size() || candidates[i].size() == candidates[best].size() && i < best {
				best = i
			}
		}
		if best < 0 {
			return f
		}
		f = failure{candidates[best], wrong[best]}
	}
	return f
}

func (s schedule) size() int { return len(s.events) + len(s.steps) }

// parts are the schedule without half, a quarter, or one of its events or steps.
func (s schedule) parts() (all schedules) {
	for _, cut := range cuts(len(s.events)) {
		part := s
		if part.events = slices.Delete(slices.Clone(s.events), cut[0], cut[1]); len(part.events) > 0 {
			all = append(all, part)
		}
	}
	for _, cut := range cuts(len(s.steps)) {
		part := s
		part.steps = slices.Delete(slices.Clone(s.steps), cut[0], cut[1])
		all = append(all, part)
	}
	return all
}

// cuts are the ranges of n things to leave out.
func cuts(n int) (all [][2]int) {
	before := 0
	for _, size := range []int{n / 2, n / 4, 1} {
		if size == 0 || size == before {
			continue
		}
		before = size
		for from := 0; from < n; from += size {
			all = append(all, [2]int{from, min(n, from+size)})
		}
	}
	return all
}
