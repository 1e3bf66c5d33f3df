package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/ext"
)

// Recompute computes cells whole from the events in them. It may be repeated, and it doesn't matter
// which of two consumers comes last: the one that saw less loses.
func (s *Store) Recompute(ctx context.Context, cells []Cell) (err error) {
	if len(cells) == 0 {
		return nil
	}
	defer s.metrics.observe("recompute", time.Now(), &err)
	table, err := ext.NewTable("touched", ext.Column("lab", "String"), ext.Column("kind", "String"), ext.Column("local_day", "Date"))
	if err != nil {
		return fmt.Errorf("recompute: %w", err)
	}
	first, last := cells[0].LocalDay, cells[0].LocalDay
	for _, c := range cells {
		if err := table.Append(c.Lab, c.Kind, c.LocalDay); err != nil {
			return fmt.Errorf("recompute: %w", err)
		}
		if c.LocalDay.Before(first) {
			first = c.LocalDay
		}
		if c.LocalDay.After(last) {
			last = c.LocalDay
		}
	}
	ctx = clickhouse.Context(ctx, clickhouse.WithExternalTable(table), clickhouse.WithParameters(clickhouse.Parameters{
		"first": first.Format(time.DateOnly), "last": last.Format(time.DateOnly),
	}))
	if err := s.conn.Exec(ctx, s.query("recompute")); err != nil {
		return fmt.Errorf("recompute %d cells: %w", len(cells), err)
	}
	return nil
}
