package reports

import (
	"context"
	"fmt"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/periods"
	"vitrine/consumers/rollup"
	"vitrine/schemas"
)

// Store is what reports read; *clickhouse.Store is one.
type Store interface {
	LabSheets(ctx context.Context, lab string) ([]clickhouse.LabSheet, error)
	AgreementSheets(ctx context.Context, lab string) ([]clickhouse.AgreementSheet, error)
	FiguresBetween(ctx context.Context, grain, lab string, from, asOf time.Time, indicators ...string) ([]clickhouse.Figure, error)
	CommitmentSeries(ctx context.Context, lab string, days []time.Time) ([]clickhouse.CommitmentStatus, error)
	Items(ctx context.Context, lab string, from, to time.Time, kinds ...string) ([]clickhouse.Item, error)
	Conducts(ctx context.Context, lab string, from, to time.Time) ([]clickhouse.Conduct, error)
	CountedEvents(ctx context.Context, rules *rollup.Rules, lab string, from, to time.Time) ([]clickhouse.Counted, error)
	CountRejections(ctx context.Context, by string, f clickhouse.RejectionFilter) ([]clickhouse.RejectionCount, error)
	ProgrammeFigures(ctx context.Context, asOf time.Time, segments bool) ([]clickhouse.ProgrammeFigure, error)
	ProgrammeFiguresBetween(ctx context.Context, grain string, from, asOf time.Time, segments bool) ([]clickhouse.ProgrammeFigure, error)
	PeriodStates(ctx context.Context, asOf time.Time, lab string) ([]clickhouse.PeriodState, error)
	Approvals(ctx context.Context, lab string) ([]clickhouse.Approval, error)
	Snapshot(ctx context.Context, lab, period string) ([]clickhouse.SnapshotFigure, error)
	SnapshotCommitments(ctx context.Context, lab, period string) ([]clickhouse.CommitmentStatus, error)
	Newest(ctx context.Context, n uint8) ([]clickhouse.Position, error)
}

// Sources are what reports are made from.
type Sources struct {
	Store Store
	// Behind finds the events behind an adjustment, as [periods.Archive.Behind] does; nil leaves them out.
	Behind func(context.Context, clickhouse.Adjustment) ([]periods.Late, error)
	// Catalogue is the one that the figures were made with. Default: the one compiled in.
	Catalogue *schemas.Catalogue
	// Zone is the programme's, for the time at which a report was made. Default: UTC.
	Zone *time.Location
	// Version is the program's, as `vitrine --version` prints it; it stands in the proof line.
	Version string
	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

func (s Sources) checked() (Sources, error) {
	if s.Store == nil {
		return s, fmt.Errorf("reports: no store")
	}
	if s.Catalogue == nil {
		s.Catalogue = schemas.DefaultCatalogue()
	}
	if s.Zone == nil {
		s.Zone = time.UTC
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	return s, nil
}

// UnknownLab says that no lab of that slug is registered.
type UnknownLab struct {
	Lab  string
	Have []string // those that are
}

func (e *UnknownLab) Error() string { return fmt.Sprintf("unknown lab %q", e.Lab) }

// BadPeriod says that a report can't be made for a period.
type BadPeriod struct {
	Period string
	// Future says that it hasn't begun; otherwise it is no quarter and no month.
	Future bool
	// Last is the latest quarter that has begun.
	Last string
}

func (e *BadPeriod) Error() string {
	if e.Future {
		return fmt.Sprintf("the period %s hasn't begun; the latest one is %s", e.Period, e.Last)
	}
	return fmt.Sprintf("period %q: expected a quarter or month, such as %s or %s", e.Period, e.Last, "2026-03")
}
