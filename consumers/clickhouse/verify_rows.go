package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Relation is a small relation that [Store.EachRow] reads; its value is the query's name.
type Relation string

// The registry, the catalogue, the statuses and the reporting periods.
const (
	Labs                 Relation = "verify_labs"
	Agreements           Relation = "verify_agreements"
	Commitments          Relation = "verify_commitments"
	Indicators           Relation = "verify_indicators"
	CommitmentStatusAsOf Relation = "verify_commitment_status"
	LabStatusAsOf        Relation = "verify_lab_status"
	PeriodStatesAsOf     Relation = "verify_periods"
	SnapshotMarks        Relation = "verify_snapshot_marks"
	Snapshots            Relation = "verify_snapshots"
	SnapshotCommitments  Relation = "verify_snapshot_commitments"
	AdjustmentsUntil     Relation = "verify_adjustments"

	ProgrammeFiguresAsOf   Relation = "verify_programme_figures"
	ProgrammeQuarterlyAsOf Relation = "verify_programme_quarterly"
)

// EachRow calls f with each row of a relation, in no order: its columns' texts by their names. Times are
// milliseconds since 1970, numbers are written out, and NULL is left out. asOf is for the statuses alone.
func (s *Store) EachRow(ctx context.Context, r Relation, labs LabRange, asOf time.Time, f func(map[string]string) error) error {
	parameters := labs.parameters()
	parameters["as_of"] = asOf.Format(time.DateOnly)
	return s.each(ctx, string(r), parameters, func(rows driver.Rows) error {
		columns := rows.Columns()
		texts, into := make([]*string, len(columns)), make([]any, len(columns))
		for i := range texts {
			into[i] = &texts[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		row := make(map[string]string, len(columns))
		for i, column := range columns {
			if texts[i] != nil {
				row[column] = *texts[i]
			}
		}
		return f(row)
	})
}

// StatusRules are the thresholds of the statuses, written out, by rule.
func (s *Store) StatusRules(ctx context.Context) (map[string]string, error) {
	rules := map[string]string{}
	err := s.each(ctx, "status_rules", clickhouse.Parameters{}, func(rows driver.Rows) error {
		var rule, value string
		if err := rows.Scan(&rule, &value); err != nil {
			return err
		}
		rules[rule] = value
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the status rules: %w", err)
	}
	return rules, nil
}
