package clickhouse

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// LabStatus is one row of lab_status.
type LabStatus struct {
	Lab, Name, Commune, Region                                  string
	Latitude, Longitude                                         *float64
	WorstStatus, MeanStatus                                     string
	Achieved, OnTrack, AtRisk, Late, Missed, NoData, NotStarted uint64 // commitments by status; Achieved counts `within`, Missed `exceeded`
	Commitments                                                 uint64
	LastEvent                                                   *time.Time
	SilentDays                                                  *int64
	Events                                                      uint64
	OverduePeriods                                              uint64
}

// CommitmentStatus is one row of commitment_status.
type CommitmentStatus struct {
	Lab, Indicator, Segment   string
	Target                    float64
	Baseline, Actual, Percent *float64
	Expected                  float64
	Pace, Projected           *float64
	Status                    string
	From, Due                 time.Time
	Unit, NameFR, NameEN      string
}

// Total is an indicator over all labs since the start.
type Total struct {
	Code, NameFR, NameEN, Unit string
	Value                      float64
}

// LabStatuses are all labs as of a day.
func (s *Store) LabStatuses(ctx context.Context, asOf time.Time) ([]LabStatus, error) {
	return selectAll[LabStatus](ctx, s, "lab_status", clickhouse.Parameters{"as_of": asOf.Format(time.DateOnly)})
}

// CommitmentStatuses are a lab's commitments as of a day; lab "" is all labs.
func (s *Store) CommitmentStatuses(ctx context.Context, asOf time.Time, lab string) ([]CommitmentStatus, error) {
	return selectAll[CommitmentStatus](ctx, s, "commitment_status", clickhouse.Parameters{"as_of": asOf.Format(time.DateOnly), "lab": lab})
}

// Totals are sums and distinct counts over all labs from the start to a day, in the catalogue's order.
func (s *Store) Totals(ctx context.Context, asOf time.Time, codes ...string) ([]Total, error) {
	return selectAll[Total](ctx, s, "programme_totals", clickhouse.Parameters{"as_of": asOf.Format(time.DateOnly), "codes": "['" + strings.Join(codes, "','") + "']"})
}

func selectAll[T any](ctx context.Context, s *Store, query string, parameters clickhouse.Parameters) ([]T, error) {
	var out []T
	var err error
	defer s.metrics.observe(strings.ReplaceAll(query, "_", " "), time.Now(), &err)
	if err = s.conn.Select(clickhouse.Context(ctx, clickhouse.WithParameters(parameters)), &out, s.query(query)); err != nil {
		return nil, fmt.Errorf("read %s: %w", strings.ReplaceAll(query, "_", " "), err)
	}
	return out, nil
}
