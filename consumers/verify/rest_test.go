package verify

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

// A consumer that isn't there yet, or a server that doesn't answer, must not make an empty stream of a full one.
func TestWaitingBeginsWithTheFirstStateThatIsKnown(t *testing.T) {
	done := untilCounted()
	for i, step := range []struct {
		state state
		last  uint64
		done  bool
	}{
		{state{BehindError: BehindError{Cause: jetstream.ErrConsumerNotFound}}, 0, false},
		{state{last: 416, delivered: 100, BehindError: BehindError{Pending: 316, Unacknowledged: 100}}, 416, false},
		{state{last: 500, counted: 415, delivered: 500, BehindError: BehindError{Unacknowledged: 85}}, 416, false},
		{state{last: 500, counted: 416, delivered: 500, BehindError: BehindError{Unacknowledged: 84}}, 416, true},
	} {
		if last, is := done(step.state); last != step.last || is != step.done {
			t.Errorf("state %d: %d, %v, want %d, %v", i+1, last, is, step.last, step.done)
		}
	}
}
