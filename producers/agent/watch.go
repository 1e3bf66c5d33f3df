package agent

import (
	"context"
	"strings"
	"time"
)

const (
	// lookEvery is how often the spool's fill is looked at.
	lookEvery = 2 * time.Second
	// warnFrom is the share of the spool's bounds from which it warns, and fullFrom that from which
	// sources aren't asked.
	warnFrom, fullFrom = 0.8, 0.98
)

// watch looks at the spool's fill and warns before it is full.
func (a *Agent) watch(ctx context.Context) {
	warned := false
	for wait(ctx, lookEvery, nil) {
		if err := a.look(ctx); err != nil {
			if ctx.Err() == nil {
				a.log.Error("the spool can't be looked at", "error", err)
			}
			continue
		}
		share, bound := a.share()
		switch {
		case share >= warnFrom && !warned:
			a.log.Warn("the spool is filling up; at its bound the sources wait", "percent", int(100*share), "bound", bound)
			warned = true
		case share < warnFrom-0.1:
			warned = false
		}
	}
}

func (a *Agent) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	f, err := a.spool.fill(ctx)
	if err != nil {
		return err
	}
	a.filled.Store(&f)
	share, _ := a.share()
	a.full.Store(share >= fullFrom)
	a.metrics.waiting.Set(float64(f.waiting))
	a.metrics.aside.Set(float64(f.parked))
	a.metrics.used.Set(float64(f.bytes))
	age := 0.0
	if !f.oldest.IsZero() {
		age = a.clock().Sub(f.oldest).Seconds()
	}
	a.metrics.oldest.Set(age)
	return nil
}

// The file's names of the spool's bounds.
const boundBytes, boundEvents = "max-megabytes", "max-events"

// share is how much of the spool's room is used, 0 to 1, by the bound that is nearer.
func (a *Agent) share() (share float64, bound string) {
	f := a.filled.Load()
	if f == nil {
		return 0, boundBytes
	}
	bytes, events := float64(f.bytes)/float64(a.cfg.File.Spool.MaxBytes), float64(f.held)/float64(a.cfg.File.Spool.MaxEvents)
	if events > bytes {
		return events, boundEvents
	}
	return bytes, boundBytes
}

func (a *Agent) isFull() bool { return a.full.Load() }

// oneLine is a text as a header may hold it.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
