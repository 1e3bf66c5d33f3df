package clickhouse

import (
	"context"
	"fmt"
	"strconv"
	"strings"
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

// Made is what all figures were made with, and since when: another time says that they were made again in between.
type Made struct {
	With string
	At   time.Time
}

// FiguresMade says what all figures are made with.
func (s *Store) FiguresMade(ctx context.Context) (m Made, err error) {
	if err := s.conn.QueryRow(ctx, s.query("freeze_made")).Scan(&m.With, &m.At); err != nil {
		return m, fmt.Errorf("read what the figures were made with: %w", err)
	}
	m.With = strings.TrimSuffix(m.With, protocol)
	return m, nil
}

// VersionsSince are all versions of those events of a lab, of some kinds, of which one came at a place in the stream or
// later and one stands on a day or before; the oldest of each event first.
func (s *Store) VersionsSince(ctx context.Context, lab string, kinds []string, seq uint64, to time.Time) ([]PastVersion, error) {
	return selectAll[PastVersion](ctx, s, "behind_versions", clickhouse.Parameters{
		"lab": lab, "kinds": arrayOf(kinds), "seq": strconv.FormatUint(seq, 10), "to": to.Format(time.DateOnly),
	})
}
