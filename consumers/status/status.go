// Package status reads how labs stand against their commitments.
package status

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/consumers/clickhouse"
)

// Store is what status reads from; *clickhouse.Store is one.
type Store interface {
	LabSigns(ctx context.Context, asOf time.Time, lab string) ([]clickhouse.LabStatus, error)
	CommitmentStatuses(ctx context.Context, asOf time.Time, lab string) ([]clickhouse.CommitmentStatus, error)
	Totals(ctx context.Context, asOf time.Time, codes ...string) ([]clickhouse.Total, error)
}

// Programme is how all labs stand on a day.
type Programme struct {
	AsOf   time.Time
	Labs   []Lab
	Totals []clickhouse.Total
}

// Lab is a lab with its commitments.
type Lab struct {
	clickhouse.LabStatus
	Promises []clickhouse.CommitmentStatus `json:"commitment_status"`
}

// headline are the indicators that the programme's totals show: hours, companies, trainings,
// discovery events, services and media mentions.
var headline = []string{"U01", "C01", "T01", "T03", "D01", "D02", "C04", "V01"}

// Read gives the programme as of a day.
func Read(ctx context.Context, store Store, asOf time.Time) (*Programme, error) {
	p := &Programme{AsOf: asOf}
	var (
		labs        []clickhouse.LabStatus
		commitments []clickhouse.CommitmentStatus
	)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		labs, err = store.LabSigns(ctx, asOf, "")
		return err
	})
	group.Go(func() (err error) {
		commitments, err = store.CommitmentStatuses(ctx, asOf, "")
		return err
	})
	group.Go(func() (err error) {
		p.Totals, err = store.Totals(ctx, asOf, headline...)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	Judge(labs, commitments)
	byLab := map[string][]clickhouse.CommitmentStatus{}
	for _, c := range commitments {
		byLab[c.Lab] = append(byLab[c.Lab], c)
	}
	for _, l := range labs {
		p.Labs = append(p.Labs, Lab{LabStatus: l, Promises: byLab[l.Lab]})
	}
	return p, nil
}
