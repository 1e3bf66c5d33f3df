package agent

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"vitrine/schemas"
)

// Status is what the agent says of itself, at /status.json and on its page.
type Status struct {
	Lab string    `json:"lab"`
	Now time.Time `json:"now"`
	// Starting says that the spool isn't open yet: the rest isn't known.
	Starting  bool            `json:"starting,omitempty"`
	Programme ProgrammeStatus `json:"programme"`
	Spool     SpoolStatus     `json:"spool"`
	Sources   []SourceStatus  `json:"sources"`
	// Refused are the first of the events that the programme refused.
	Refused []RefusedEvent `json:"refused,omitempty"`
}

// ProgrammeStatus is the way to the programme.
type ProgrammeStatus struct {
	// Address is where events go; Problem is why the last attempt failed, nil if it worked.
	Address      string        `json:"address"`
	Problem      *schemas.Text `json:"problem,omitempty"`
	LastAccepted *time.Time    `json:"last_accepted,omitempty"`
}

// SpoolStatus is what waits at the lab.
type SpoolStatus struct {
	Waiting  uint64 `json:"waiting"`
	Refused  uint64 `json:"refused"`
	Bytes    uint64 `json:"bytes"`
	MaxBytes int64  `json:"max_bytes"`
	// MaxEvents bounds the events; Percent is of the bound that is nearer, which Bound names as in the file.
	MaxEvents int64      `json:"max_events"`
	Percent   int        `json:"percent"`
	Bound     string     `json:"bound"`
	Oldest    *time.Time `json:"oldest,omitempty"`
	// Warning is set from 80 % on; Full says that sources wait.
	Warning bool `json:"warning,omitempty"`
	Full    bool `json:"full,omitempty"`
}

// SourceStatus is how a source fares. Numbers are since the agent's start.
type SourceStatus struct {
	Name      string        `json:"name"`
	Connector string        `json:"connector"`
	Title     schemas.Text  `json:"title"`
	Running   bool          `json:"running,omitempty"`
	LastRun   *time.Time    `json:"last_run,omitempty"`
	LastDone  *time.Time    `json:"last_done,omitempty"`
	Next      *time.Time    `json:"next,omitempty"`
	Problem   *schemas.Text `json:"problem,omitempty"`
	// Listens says that it is never asked, only listened to.
	Listens bool `json:"listens,omitempty"`
	// Spooled events were taken up, Forwarded ones the programme has; Unchanged ones had been sent as they are.
	Spooled   int `json:"spooled"`
	Forwarded int `json:"forwarded"`
	Unchanged int `json:"unchanged"`
	// Messages are those that the source sent by itself.
	Messages    int        `json:"messages,omitempty"`
	LastMessage *time.Time `json:"last_message,omitempty"`
	// Errors and Warnings are the newest texts of the last reading; the numbers are of all of them.
	ErrorCount   int            `json:"error_count"`
	WarningCount int            `json:"warning_count"`
	Errors       []schemas.Text `json:"errors,omitempty"`
	Warnings     []schemas.Text `json:"warnings,omitempty"`
}

// RefusedEvent is an event that the programme refused, without its content: ID, Kind and Time (when it
// happened) are for finding it again at its source.
type RefusedEvent struct {
	Source string       `json:"source"`
	At     time.Time    `json:"at"`
	ID     string       `json:"id"`
	Kind   schemas.Text `json:"kind"`
	Time   time.Time    `json:"time"`
	Reason schemas.Text `json:"reason"`
}

func refusedEvent(e parkedEvent) RefusedEvent {
	r := RefusedEvent{Source: e.source, At: e.at, Reason: schemas.Text{FR: e.fr, EN: e.en}}
	var event schemas.Event
	if err := json.Unmarshal(e.raw, &event); err == nil { // it was one when it was spooled
		r.ID, r.Time, r.Kind = event.ID.String(), event.Time, schemas.Text{FR: event.Kind(), EN: event.Kind()}
		if kind, known := schemas.KindByName(event.Kind()); known {
			r.Kind = kind.Title
		}
	}
	return r
}

// shownRefused is how many refused events are listed.
const shownRefused = 10

func (a *Agent) status(ctx context.Context) Status {
	st := Status{Lab: a.cfg.File.Lab, Now: a.clock(), Sources: []SourceStatus{}}
	st.Programme.Address = a.cfg.File.Programme.address()
	st.Spool.MaxBytes, st.Spool.MaxEvents, st.Spool.Bound = a.cfg.File.Spool.MaxBytes, a.cfg.File.Spool.MaxEvents, boundBytes
	if !a.isReady() {
		st.Starting = true
		return st
	}
	accepted, problem := a.forwarder.state()
	if problem != nil {
		text := said(problem)
		st.Programme.Problem = &text
	}
	st.Programme.LastAccepted = when(accepted)
	_ = a.look(ctx) // what was seen last is shown otherwise
	if f := a.filled.Load(); f != nil {
		share, bound := a.share()
		st.Spool.Bound = bound
		st.Spool.Waiting, st.Spool.Refused, st.Spool.Bytes, st.Spool.Oldest = f.waiting, f.parked, f.bytes, when(f.oldest)
		st.Spool.Percent, st.Spool.Warning, st.Spool.Full = int(100*share), share >= warnFrom, a.isFull()
	}
	refused, _ := a.spool.refused(ctx, 1, shownRefused)
	for _, e := range refused {
		st.Refused = append(st.Refused, refusedEvent(e))
	}
	for _, s := range a.sources {
		st.Sources = append(st.Sources, a.sourceStatus(s))
	}
	return st
}

func (a *Agent) sourceStatus(s *source) SourceStatus {
	state := s.snapshot()
	return SourceStatus{
		Name: s.spec.Name, Connector: s.spec.Connector, Title: s.title, Running: state.Running,
		LastRun: when(state.LastRun), LastDone: when(state.LastDone), Next: when(state.Next), Problem: state.Problem,
		Listens: s.spec.Every == 0 && s.spec.At < 0,
		Spooled: state.Spooled, Forwarded: a.forwarder.sentOf(s.spec.Name), Unchanged: state.Unchanged,
		Messages: state.Messages, LastMessage: when(state.LastMessage),
		ErrorCount: state.ErrorsN, WarningCount: state.WarningsN, Errors: state.Errors, Warnings: state.Warnings,
	}
}

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (a *Agent) isReady() bool {
	select {
	case <-a.ready:
		return true
	default:
		return false
	}
}

// behindAfter is how long an event may wait before the agent calls itself not ready.
const behindAfter = time.Hour

// problem is why the agent isn't ready; nil if it is.
func (a *Agent) problem() error {
	if !a.isReady() {
		return errors.New("the spool isn't open yet")
	}
	f := a.filled.Load()
	_, problem := a.forwarder.state()
	switch {
	case a.isFull():
		return fullError{}
	case f != nil && !f.oldest.IsZero() && a.clock().Sub(f.oldest) > behindAfter:
		return errors.Join(errors.New("events have been waiting for the programme for more than an hour"), problem)
	}
	return nil
}

// say is a text of the page.
func say(l schemas.Lang, fr, en string) string { return schemas.Text{FR: fr, EN: en}.In(l) }

// hookPatience is how long a webhook waits for its source to be free.
const hookPatience = 10 * time.Second
