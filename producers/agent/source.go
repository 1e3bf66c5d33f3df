package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

const (
	// chunk is how many events are spooled and then recorded together.
	chunk = 256
	// maxNotes is how many problems of a source are kept for the status page.
	maxNotes = 20
	// Pauses before a source that failed is asked again, doubling; its schedule may come first.
	retryMin = time.Minute
	retryMax = 30 * time.Minute
)

// source is one source at work.
type source struct {
	spec     SourceSpec
	title    schemas.Text
	feed     importers.Feed
	importer importers.Importer
	memory   importers.State // the agent's own: when it was last read whole
	busy     chan struct{}   // holds a token while the source is being read or told something
	now      chan struct{}   // holds a token when somebody wants it read at once

	mu    sync.Mutex
	state sourceState
}

// sourceState is what people are told of a source.
type sourceState struct {
	Running             bool
	LastRun, LastDone   time.Time // when it was last begun; when a whole reading last began
	Next                time.Time
	Failures            int // readings that failed since the last good one
	Problem             *schemas.Text
	Spooled, Unchanged  int // since the start
	Messages            int
	LastMessage         time.Time
	Errors, Warnings    []schemas.Text // of the last reading, and of messages since
	ErrorsN, WarningsN  int
	Unusable, Attention int // since the start
}

func (s *source) update(change func(*sourceState)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.state)
}

func (s *source) snapshot() sourceState {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := s.state
	state.Errors = append([]schemas.Text{}, state.Errors...)
	state.Warnings = append([]schemas.Text{}, state.Warnings...)
	return state
}

func said(err error) schemas.Text {
	return schemas.Text{FR: importers.Say(err, schemas.French), EN: importers.Say(err, schemas.English)}
}

// note keeps an error about one record.
func (a *Agent) note(s *source, err error) {
	warning := importers.IsWarning(err)
	s.update(func(st *sourceState) {
		list, n, total := &st.Errors, &st.ErrorsN, &st.Unusable
		if warning {
			list, n, total = &st.Warnings, &st.WarningsN, &st.Attention
		}
		*n, *total = *n+1, *total+1
		if *list = append(*list, said(err)); len(*list) > maxNotes {
			*list = (*list)[1:]
		}
	})
	if warning {
		a.metrics.warnings.WithLabelValues(s.spec.Name).Inc()
		return
	}
	a.metrics.unusable.WithLabelValues(s.spec.Name).Inc()
}

// keepDone is the key of a source's last whole reading.
const keepDone = "last-done"

// Recent is the range that a source is asked for which was read at a moment before: a file is read whole, and so is a service that gives all at once, from
// the configured day on; any other since the month before, as records are still corrected then. What lies before the configured day is never asked for.
func (spec SourceSpec) Recent(last time.Time, zone *time.Location) importers.Range {
	if importers.IsFile(spec.Values) || spec.AllAtOnce && !spec.Since.IsZero() {
		return importers.Range{Since: spec.Since}
	}
	since := importers.MonthBefore(last, zone)
	if since.Before(spec.Since) {
		since = spec.Since
	}
	return importers.Range{Since: since}
}

// dates is the range that a source is asked for now: what is recent since the last whole reading; the first time all since the configured
// day, or what is recent now.
func (s *source) dates(now time.Time, zone *time.Location) (importers.Range, error) {
	raw, err := s.memory.Get(keepDone)
	if err != nil {
		return importers.Range{}, err
	}
	last := now
	if raw == nil {
		if !s.spec.Since.IsZero() {
			return importers.Range{Since: s.spec.Since}, nil
		}
	} else if err := json.Unmarshal(raw, &last); err != nil {
		return importers.Range{}, fmt.Errorf("last reading of %s: %w", s.spec.Name, err)
	}
	return s.spec.Recent(last, zone), nil
}

// read asks a source once and spools what it says.
func (a *Agent) read(ctx context.Context, s *source) error {
	if !s.lock(ctx, 0) {
		return ctx.Err()
	}
	defer s.unlock()
	began := a.clock()
	s.update(func(st *sourceState) {
		st.Running, st.LastRun, st.Errors, st.Warnings, st.ErrorsN, st.WarningsN = true, began, nil, nil, 0, 0
	})
	err := a.readLocked(ctx, s, began)
	s.update(func(st *sourceState) {
		st.Running = false
		if err != nil {
			text := said(err)
			st.Problem, st.Failures = &text, st.Failures+1
			return
		}
		st.Problem, st.Failures, st.LastDone = nil, 0, began
	})
	result := "done"
	switch {
	case errors.Is(err, errSpoolFull):
		result = "full"
	case err != nil:
		result = "failed"
	}
	a.metrics.runs.WithLabelValues(s.spec.Name, result).Inc()
	return err
}

func (a *Agent) readLocked(ctx context.Context, s *source, began time.Time) error {
	if a.isFull() {
		return fullError{}
	}
	r, err := s.dates(began, a.cfg.File.Zone)
	if err != nil {
		return err
	}
	if err := a.take(ctx, s, importers.EventsOf(ctx, s.importer, a.cfg.Ledger, r)); err != nil {
		return err
	}
	if resumer, is := s.importer.(importers.Resumer); is {
		if err := resumer.Commit(ctx); err != nil {
			return fmt.Errorf("remember where %s was left: %w", s.spec.Name, err)
		}
	}
	raw, err := json.Marshal(began)
	if err != nil {
		return err
	}
	return s.memory.Put(keepDone, raw)
}

// take spools what is new in a sequence of events, and records it. An error is why it ended early.
func (a *Agent) take(ctx context.Context, s *source, events iter.Seq2[*schemas.Event, error]) error {
	skipped := 0
	defer func() {
		s.update(func(st *sourceState) { st.Unchanged += skipped })
		a.metrics.unchanged.WithLabelValues(s.spec.Name).Add(float64(skipped))
	}()
	var waiting []*schemas.Event
	for e, err := range importers.Revise(ctx, a.cfg.Ledger, a.cfg.File.Lab, events, &skipped) {
		switch {
		case err == nil:
			waiting = append(waiting, e)
		case importers.Continues(err):
			a.note(s, err)
		default:
			// What came before the error is true all the same.
			return errors.Join(err, a.spoolAll(ctx, s, waiting))
		}
		if len(waiting) >= chunk {
			if err := a.spoolAll(ctx, s, waiting); err != nil {
				return err
			}
			waiting = nil
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return a.spoolAll(ctx, s, waiting)
}

// spoolAll keeps events: first in the spool, then in the ledger.
func (a *Agent) spoolAll(ctx context.Context, s *source, events []*schemas.Event) error {
	var raws [][]byte
	var records []importers.Sent
	for _, e := range events {
		// An importer's events are valid. Should one not be, it is told here and not by the programme.
		if err := importers.Check(e, a.clock(), s.spec.Name, e.ID.String()); err != nil {
			if !importers.Continues(err) {
				return err
			}
			a.note(s, err)
			continue
		}
		raw, err := json.Marshal(e)
		if err != nil {
			return err
		}
		sent, err := importers.SentOf(e)
		if err != nil {
			return err
		}
		raws, records = append(raws, raw), append(records, sent)
	}
	n, failed := a.spool.append(ctx, s.spec.Name, raws)
	if errors.Is(failed, errSpoolFull) {
		failed = fullError{}
	}
	if n == 0 {
		return failed
	}
	s.update(func(st *sourceState) { st.Spooled += n })
	a.metrics.spooled.WithLabelValues(s.spec.Name).Add(float64(n))
	// Also when ctx has ended: what is spooled should be known.
	return errors.Join(failed, a.cfg.Ledger.Record(context.WithoutCancel(ctx), a.cfg.File.Lab, records[:n]))
}

// fullError is errSpoolFull for people.
type fullError struct{}

func (fullError) Error() string { return fullError{}.In(schemas.English) }
func (fullError) Unwrap() error { return errSpoolFull }
func (fullError) In(l schemas.Lang) string {
	return schemas.Text{
		FR: "la file d'attente est pleine : la source sera relue quand il y aura de la place ; rien n'est perdu",
		EN: "the spool is full: the source is read again once there is room; nothing is lost"}.In(l)
}

// lock takes the source for oneself; patience 0: until ctx ends.
func (s *source) lock(ctx context.Context, patience time.Duration) bool {
	if patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	select {
	case s.busy <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *source) unlock() { <-s.busy }
