package clickhouse

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// Approval is the approval of a period that is in force: one row of period_approvals.
type Approval struct {
	Lab, Period  string    // the period as "2026-Q1" or "2026-03"
	Starts, Ends time.Time // its first and last day, midnight UTC
	// Seq is where the stream told the approval first: the figures are those of the messages before it.
	Seq        uint64
	ID         uuid.UUID
	ApprovedAt time.Time
	Comment    string
	// FrozenAt is when the figures were frozen; nil while that is still to be done.
	FrozenAt *time.Time
	// CatalogueChanged says that the figures were frozen by another catalogue or zone than today's.
	CatalogueChanged bool
}

// SnapshotFigure is a figure of an approved period as it was approved: one row of period_snapshots.
type SnapshotFigure struct {
	Lab, Period, Indicator string
	Segment                string // "" is the whole
	Value                  *decimal.Decimal
	Numerator              decimal.Decimal
	Denominator            *decimal.Decimal
	ApprovalSeq            uint64
	ApprovedAt, FrozenAt   time.Time
}

// Adjustment is a figure of an approved period that is another today: one row of period_adjustments.
type Adjustment struct {
	Lab, Period, Indicator string
	Segment                string // "" is the whole
	// Approved and Now are the figures then and today; nil where there is none.
	Approved, Now *decimal.Decimal
	// Difference is Now - Approved, what is none counting as 0; nil for a ratio of which either is none. It may be 0
	// for a ratio whose two parts changed alike.
	Difference                          *decimal.Decimal
	ApprovedNumerator, NowNumerator     *decimal.Decimal
	ApprovedDenominator, NowDenominator *decimal.Decimal
	Unit                                string
	Starts, Ends                        time.Time
	ApprovalSeq                         uint64
	ApprovedAt                          time.Time
	// CatalogueChanged says that the catalogue is another since: the difference may come from its rules.
	CatalogueChanged bool
}

// Approvals are the approvals in force, by lab and in time's order; lab "" is all labs.
func (s *Store) Approvals(ctx context.Context, lab string) ([]Approval, error) {
	return selectAll[Approval](ctx, s, "approvals", between(lab, nil))
}

// Snapshot are the figures of approved periods as they were approved, by lab and in the catalogue's order; lab "" is all
// labs, period "" all periods. There are none until the approval is frozen.
func (s *Store) Snapshot(ctx context.Context, lab, period string) ([]SnapshotFigure, error) {
	return selectAll[SnapshotFigure](ctx, s, "snapshot", between(lab, clickhouse.Parameters{"period": period}))
}

// SnapshotCommitments are commitments as they stood on an approved period's last day, as it was approved, by lab; lab "" is
// all labs, period "" all periods.
func (s *Store) SnapshotCommitments(ctx context.Context, lab, period string) ([]CommitmentStatus, error) {
	return selectAll[CommitmentStatus](ctx, s, "snapshot_commitments", between(lab, clickhouse.Parameters{"period": period}))
}

// Adjustments are the figures of approved periods that are others today, by lab, period and in the catalogue's order.
// lab "" is all labs, period "" all periods.
func (s *Store) Adjustments(ctx context.Context, lab, period string) ([]Adjustment, error) {
	return selectAll[Adjustment](ctx, s, "adjustments", between(lab, clickhouse.Parameters{"period": period}))
}

// between asks for one lab, or for all if it is "", by a range: the engine then reads that lab's rows alone.
func between(lab string, p clickhouse.Parameters) clickhouse.Parameters {
	if p == nil {
		p = clickhouse.Parameters{}
	}
	p["from"], p["to"] = lab, lab
	if lab == "" {
		p["to"] = "~" // behind every slug
	}
	return p
}
