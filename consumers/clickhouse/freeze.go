package clickhouse

import (
	"context"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// WaitingApproval is an approval whose figures aren't frozen yet.
type WaitingApproval struct {
	Lab, Period string // the period as "2026-Q1" or "2026-03"
	Seq         uint64 // where the stream told it first
}

// WaitingApprovals are those that aren't frozen yet, by period.
func (s *Store) WaitingApprovals(ctx context.Context) ([]WaitingApproval, error) {
	return selectAll[WaitingApproval](ctx, s, "freeze_waiting", nil)
}

// VersionsSince are all versions of those events of a lab, of some kinds, of which one came at a place in the stream or
// later and one stands on a day or before; the oldest of each event first.
func (s *Store) VersionsSince(ctx context.Context, lab string, kinds []string, seq uint64, to time.Time) ([]PastVersion, error) {
	return selectAll[PastVersion](ctx, s, "behind_versions", clickhouse.Parameters{
		"lab": lab, "kinds": arrayOf(kinds), "seq": strconv.FormatUint(seq, 10), "to": to.Format(time.DateOnly),
	})
}
