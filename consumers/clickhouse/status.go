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
	Lab            string     `json:"lab"`
	Name           string     `json:"name"`
	Commune        string     `json:"commune"`
	Region         string     `json:"region"`
	Latitude       *float64   `json:"latitude"`
	Longitude      *float64   `json:"longitude"`
	WorstStatus    string     `json:"worst_status"`
	MeanStatus     string     `json:"mean_status"`
	Achieved       uint64     `json:"achieved"` // counts `within` too
	OnTrack        uint64     `json:"on_track"`
	AtRisk         uint64     `json:"at_risk"`
	Late           uint64     `json:"late"`
	Missed         uint64     `json:"missed"` // counts `exceeded` too
	NoData         uint64     `json:"no_data"`
	NotStarted     uint64     `json:"not_started"`
	Commitments    uint64     `json:"commitments"`
	LastEvent      *time.Time `json:"last_event"`
	SilentDays     *int64     `json:"silent_days"`
	Events         uint64     `json:"events"`
	OverduePeriods uint64     `json:"overdue_periods"`
}

// CommitmentStatus is one row of commitment_status.
type CommitmentStatus struct {
	Lab       string    `json:"lab"`
	Indicator string    `json:"indicator"`
	Segment   string    `json:"segment"`
	Target    float64   `json:"target"`
	Baseline  *float64  `json:"baseline"`
	Actual    *float64  `json:"actual"`
	Percent   *float64  `json:"percent"`
	Expected  float64   `json:"expected"`
	Pace      *float64  `json:"pace"`
	Projected *float64  `json:"projected"`
	Status    string    `json:"status"`
	From      time.Time `json:"from_date"`
	Due       time.Time `json:"due_date"`
	Unit      string    `json:"unit"`
	NameFR    string    `json:"name_fr"`
	NameEN    string    `json:"name_en"`
}

// Total is an indicator over all labs since the start.
type Total struct {
	Code   string  `json:"code"`
	NameFR string  `json:"name_fr"`
	NameEN string  `json:"name_en"`
	Unit   string  `json:"unit"`
	Value  float64 `json:"value"`
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
	return selectAll[Total](ctx, s, "programme_totals", clickhouse.Parameters{"as_of": asOf.Format(time.DateOnly), "codes": arrayOf(codes)})
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
