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
	pause := s.firstPause(time.Now().In(a.cfg.File.Zone), index)
	for {
		next := time.Now().Add(pause)
		s.update(func(st *sourceState) {
			if st.Next = next; pause == never {
				st.Next = time.Time{}
			}
		})
		if s.spec.At >= 0 && !waitForClock(ctx, next, s.now) || s.spec.At < 0 && !wait(ctx, pause, s.now) {
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

// firstPause is the time until the first reading since the agent started. What the schedule had wanted while the agent
// didn't run is made up for: a computer that is off at that minute of each day would never read the source.
func (s *source) firstPause(now time.Time, index int) time.Duration {
	switch {
	case s.spec.At >= 0 && !s.snapshot().LastDone.Before(lastAt(now, s.spec.At)):
		return nextAt(now, s.spec.At).Sub(now)
	case s.spec.Every == 0 && s.spec.At < 0:
		return never
	}
	return time.Duration(index) * firstRunSpread
}

// clockLook is how often the clock is looked at where a time of the day is waited for.
const clockLook = 30 * time.Second

// waitForClock waits until the clock shows a time, or for a token; false if ctx ended first. A timer alone would come late by as long as
// the computer slept.
func waitForClock(ctx context.Context, at time.Time, token <-chan struct{}) bool {
	at = at.Round(0) // what the clock shows, not what has elapsed
	for {
		timer := time.NewTimer(min(time.Until(at), clockLook))
		select {
		case <-timer.C:
			if !time.Now().Round(0).Before(at) {
				return true
			}
		case <-token:
			timer.Stop()
			return true
		case <-ctx.Done():
			timer.Stop()
			return false
		}
	}
}

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

// lastAt is the last time that the clock showed a minute of the day; now counts.
func lastAt(now time.Time, minute int) time.Time {
	for day := 0; ; day-- {
		y, m, d := now.Date()
		if at := time.Date(y, m, d+day, minute/60, minute%60, 0, 0, now.Location()); !at.After(now) {
			return at
		}
	}
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
