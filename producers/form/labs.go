package form

import (
	"context"
	"sync"
	"time"
)

// Names and zones hardly change: they are asked for again after labFresh, and the old answer serves
// while there is no other, so that entries are taken though ClickHouse is away.
const (
	labFresh = time.Minute
	maxLabs  = 5000
)

// registry remembers the labs.
type registry struct {
	source Labs
	clock  func() time.Time

	mu   sync.Mutex
	labs map[string]knownLab
}

type knownLab struct {
	Lab
	at time.Time
}

func newRegistry(source Labs, clock func() time.Time) *registry {
	return &registry{source: source, clock: clock, labs: map[string]knownLab{}}
}

func (r *registry) of(ctx context.Context, lab string) (Lab, error) {
	now := r.clock()
	r.mu.Lock()
	known, found := r.labs[lab]
	r.mu.Unlock()
	if found && now.Sub(known.at) < labFresh {
		return known.Lab, nil
	}
	read, err := r.source.Lab(ctx, lab)
	if err != nil {
		if found {
			return known.Lab, nil
		}
		return Lab{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.labs) >= maxLabs {
		clear(r.labs)
	}
	r.labs[lab] = knownLab{Lab: read, at: now}
	return read, nil
}
