package alerts

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

// Log reads the stream of alerts. It may be used from several goroutines, and by any number of processes.
type Log struct {
	js jetstream.JetStream

	mu      sync.Mutex
	created time.Time // of the stream that was read
	state   state
}

// NewLog is a log that has read nothing yet; the stream must exist when it is read.
func NewLog(js jetstream.JetStream) *Log { return &Log{js: js, state: newState()} }

// Current are the alerts that are raised now, by lab and urgency.
func (l *Log) Current(ctx context.Context) ([]Alert, error) {
	s, err := l.follow(ctx)
	if err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Values(s.raised), byUrgency), nil
}

// History are all alerts that were ever raised, those that were raised last at the end.
func (l *Log) History(ctx context.Context) ([]Alert, error) {
	var order []string
	last := map[string]Alert{}
	s, err := l.follow(ctx)
	if err != nil {
		return nil, err
	}
	err = l.read(ctx, 1, s.through, func(e entry) {
		id := e.alert.ID.String()
		if _, known := last[id]; !known {
			order = append(order, id)
		}
		last[id] = e.alert
	})
	all := make([]Alert, len(order))
	for i, id := range order {
		all[i] = last[id]
	}
	return all, err
}

// state is what follows from the stream up to a message.
type state struct {
	through uint64            // the last message that was read
	raised  map[place]Alert   // what is raised now
	times   map[place]int     // how often something was raised under a key
	subject map[string]uint64 // the last message of each lab's subject
}

// place is where at most one alert is raised.
type place struct{ lab, key string }

func newState() state {
	return state{raised: map[place]Alert{}, times: map[place]int{}, subject: map[string]uint64{}}
}

func (s state) clone() state {
	return state{through: s.through, raised: maps.Clone(s.raised), times: maps.Clone(s.times), subject: maps.Clone(s.subject)}
}

// add takes the next message of the stream in.
func (s *state) add(e entry) {
	s.through = e.seq
	s.subject[e.subject] = e.seq
	if e.foreign {
		return
	}
	at := place{e.alert.Lab, e.alert.Key}
	if e.alert.Cleared != nil {
		if s.raised[at].ID == e.alert.ID {
			delete(s.raised, at)
		}
		return
	}
	s.raised[at] = e.alert
	s.times[at]++
}

// follow reads what the stream has got since the last time, and gives a copy of the state.
func (l *Log) follow(ctx context.Context) (state, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	stream, err := l.js.Stream(ctx, schemas.StreamAlerts)
	if err != nil {
		return state{}, fmt.Errorf("stream %s: %w", schemas.StreamAlerts, err)
	}
	info := stream.CachedInfo()
	if !info.Created.Equal(l.created) || info.State.LastSeq < l.state.through { // it was made anew, or an older copy put back
		l.created, l.state = info.Created, newState()
	}
	next := l.state.clone() // a read that fails in the middle leaves what was known
	if info.State.LastSeq > next.through {
		if err := l.read(ctx, next.through+1, info.State.LastSeq, next.add); err != nil {
			return state{}, err
		}
	}
	next.through = info.State.LastSeq // the last ones may have been erased
	l.state = next
	return next.clone(), nil
}

// forget makes the next read begin anew: what was erased from the stream meanwhile may have been counted.
func (l *Log) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = newState()
}
