package main

import (
	"context"
	"errors"
	"iter"
	"sync"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// recordAtOnce is how many accepted events the ledger gets together: each time it flushes to the disk.
const recordAtOnce = 500

// sending tells the ledger which events were accepted. They have their results in their order.
type sending struct {
	ledger importers.Ledger
	lab    string

	mu       sync.Mutex
	flying   []importers.Sent // without a result yet
	accepted []importers.Sent // not in the ledger yet
	problems []error
}

// noted remembers the events that pass.
func (s *sending) noted(events iter.Seq[*schemas.Event]) iter.Seq[*schemas.Event] {
	return func(yield func(*schemas.Event) bool) {
		for e := range events {
			sent, err := importers.SentOf(e)
			s.mu.Lock()
			s.flying, s.problems = append(s.flying, sent), append(s.problems, err)
			s.mu.Unlock()
			if !yield(e) {
				return
			}
		}
	}
}

// result is that of the next event.
func (s *sending) result(ctx context.Context, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sent := s.flying[0]
	if s.flying = s.flying[1:]; err != nil {
		return
	}
	if s.accepted = append(s.accepted, sent); len(s.accepted) == recordAtOnce {
		s.record(ctx)
	}
}

func (s *sending) record(ctx context.Context) {
	s.problems = append(s.problems, s.ledger.Record(context.WithoutCancel(ctx), s.lab, s.accepted))
	s.accepted = nil
}

// end records the rest. What couldn't be recorded is accepted all the same.
func (s *sending) end(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record(ctx)
	return errors.Join(s.problems...)
}
