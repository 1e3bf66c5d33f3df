package agent

import (
	"context"
	"time"
)

// firstRunSpread keeps the sources of many agents that start together from asking at once; it is
// what lies between the first readings of one agent's sources.
const firstRunSpread = 2 * time.Second

// runSource reads a source by its schedule, until ctx ends.
func (a *Agent) runSource(ctx context.Context, s *source, index int) {
	pause := time.Duration(index) * firstRunSpread
	if s.spec.At >= 0 {
		pause = time.Until(nextAt(time.Now().In(a.cfg.File.Zone), s.spec.At))
	}
	if s.spec.Every == 0 && s.spec.At < 0 {
		pause = never
	}
	for {
		next := time.Now().Add(pause)
		s.update(func(st *sourceState) {
			if st.Next = next; pause == never {
				st.Next = time.Time{}
			}
		})
		if !wait(ctx, pause, s.now) {
			return
		}
		err := a.read(ctx, s)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			a.log.Warn("a source couldn't be read; it is tried again", "source", s.spec.Name, "error", err)
		}
		pause = s.pause(time.Now().In(a.cfg.File.Zone), err)
	}
}

// never is longer than any agent runs.
const never = 100 * 365 * 24 * time.Hour

// pause is the time until the next reading: what the schedule says, less after a failure.
func (s *source) pause(now time.Time, err error) time.Duration {
	pause := never
	switch {
	case s.spec.At >= 0:
		pause = nextAt(now, s.spec.At).Sub(now)
	case s.spec.Every > 0:
		pause = s.spec.Every
	}
	if err == nil {
		return pause
	}
	failures := s.snapshot().Failures
	return min(pause, retryMax, retryMin<<min(max(failures-1, 0), 10))
}

// nextAt is the next time that the clock shows a minute of the day. Where that minute is skipped,
// at the beginning of summer time, it is the hour after.
func nextAt(now time.Time, minute int) time.Time {
	for day := 0; ; day++ {
		y, m, d := now.Date()
		if at := time.Date(y, m, d+day, minute/60, minute%60, 0, 0, now.Location()); at.After(now) {
			return at
		}
	}
}
