package main

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"

	"vitrine/dashboards/showcase"
)

// bar is a progress bar on the terminal's error output, so that what is printed can be piped. Where
// that is no terminal, one line says when it is done.
type bar struct {
	bar   *progressbar.ProgressBar
	ended func(total uint64)
	total uint64
}

// progress is a bar of events.
func (env *environment) progress(what string) *bar {
	return env.progressOf(what, progressbar.OptionShowIts(), progressbar.OptionSetItsString(env.say("évén.", "events")))
}

// progressOf is a bar of anything.
func (env *environment) progressOf(what string, options ...progressbar.Option) *bar {
	if !isTerminal(env.Stderr) {
		return &bar{ended: func(total uint64) { fmt.Fprintf(env.Stderr, env.say("%s : %d\n", "%s: %d\n"), what, total) }}
	}
	return &bar{bar: progressbar.NewOptions64(1, append(options,
		progressbar.OptionSetWriter(env.Stderr), progressbar.OptionSetDescription(what), progressbar.OptionSetWidth(30),
		progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetPredictTime(false), progressbar.OptionClearOnFinish())...)}
}

func (b *bar) set(done, total uint64) {
	b.total = max(b.total, total)
	if b.bar != nil {
		b.bar.ChangeMax64(max(int64(total), 1))
		_ = b.bar.Set64(int64(done)) // a bar that can't be drawn is no reason to stop
	}
}

func (b *bar) end() {
	if b.bar != nil {
		_ = b.bar.Finish()
		return
	}
	b.ended(b.total)
}

// loading is how far a demo's history is counted, for the page.
type loading struct {
	done, total atomic.Uint64
}

func (l *loading) set(done, total uint64) {
	l.done.Store(done)
	l.total.Store(total)
}

// progress is nil when nothing is being loaded.
func (l *loading) progress() *showcase.Progress {
	total := l.total.Load()
	if done := l.done.Load(); done < total {
		return &showcase.Progress{Done: done, Total: total}
	}
	return nil
}
