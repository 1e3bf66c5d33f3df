package main

import (
	"context"
	"time"

	"vitrine/consumers/ingest"
	"vitrine/consumers/periods"
	"vitrine/schemas"
)

// newFreezer keeps approved periods' figures beside a consumer.
func (s *services) newFreezer(env *environment) (*periods.Freezer, error) {
	return periods.NewFreezer(periods.FreezerConfig{
		Store: s.store, Catalogue: s.catalogue, Zone: env.Config.Zone, Logger: s.logger, Registerer: s.registry,
		Counted: func(ctx context.Context) (uint64, error) { return ingest.Counted(ctx, s.js, schemas.ConsumerDurable) },
	})
}

// awaitFrozen returns when no approval waits any more, or a part failed.
func (a *all) awaitFrozen(ctx context.Context) error {
	for tick := time.NewTicker(200 * time.Millisecond); ; {
		waiting, err := a.store.WaitingApprovals(ctx)
		if err != nil || len(waiting) == 0 {
			tick.Stop()
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-a.ctx.Done():
			return a.ctx.Err()
		case <-tick.C:
		}
	}
}
