package alerts

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/consumers/clickhouse"
)

// Source says how everything stands on a day of the programme's.
type Source func(ctx context.Context, asOf time.Time) (Standing, error)

// FromStore reads how everything stands from ClickHouse, for these rules.
func FromStore(store *clickhouse.Store, r Rules) (Source, error) {
	r, err := r.withDefaults()
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, asOf time.Time) (Standing, error) {
		s := Standing{AsOf: asOf}
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(2) // the pages need connections as well
		group.Go(func() (err error) { s.Commitments, err = store.CommitmentStatuses(ctx, asOf, ""); return err })
		group.Go(func() (err error) { s.Labs, err = store.StandingLabs(ctx, asOf); return err })
		group.Go(func() (err error) { s.Milestones, err = store.StandingMilestones(ctx, asOf); return err })
		group.Go(func() (err error) {
			s.Deadlines, err = store.StandingDeadlines(ctx, asOf, asOf.AddDate(0, 0, r.NearDays))
			return err
		})
		group.Go(func() (err error) { s.Rejections, err = store.StandingRejections(ctx); return err })
		group.Go(func() (err error) { s.Paces, err = store.Paces(ctx); return err })
		return s, group.Wait()
	}, nil
}
