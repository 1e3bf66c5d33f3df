package clickhouse

import (
	"context"
	"fmt"

	"vitrine/consumers/rollup"
)

// recomputeAtOnce bounds the cells of one recompute in a rebuild, and so its memory.
const recomputeAtOnce = 20_000

// RebuildCells drops all cells and computes them from the stored events, by the rules of a catalogue. Rows that were stored
// before 0001_events_later.sql hold what they contribute by the catalogue of then.
func (s *Store) RebuildCells(ctx context.Context, rules *rollup.Rules, progress func(done, total int)) error {
	// Listed after they are dropped: a cell that a consumer wrote in between would else be dropped and not listed.
	if err := s.empty(ctx, "clear_cells"); err != nil {
		return fmt.Errorf("rebuild: drop the cells: %w", err)
	}
	cells, err := s.allCells(ctx)
	if err != nil {
		return err
	}
	for done := 0; done < len(cells); {
		n := min(recomputeAtOnce, len(cells)-done)
		if err := s.RecomputeWhole(ctx, rules, cells[done:done+n]); err != nil {
			return fmt.Errorf("rebuild: %w", err)
		}
		done += n
		if progress != nil {
			progress(done, len(cells))
		}
	}
	return nil
}

func (s *Store) allCells(ctx context.Context) ([]Cell, error) {
	rows, err := s.conn.Query(ctx, s.query("all_cells"))
	if err != nil {
		return nil, fmt.Errorf("rebuild: list the cells: %w", err)
	}
	defer rows.Close()
	var cells []Cell
	for rows.Next() {
		var c Cell
		if err := rows.Scan(&c.Lab, &c.Kind, &c.LocalDay); err != nil {
			return nil, fmt.Errorf("rebuild: list the cells: %w", err)
		}
		cells = append(cells, c)
	}
	return cells, rows.Err()
}

// Clear drops everything that was made from the streams: events, versions, keys, cells, rejections and
// what became of these. The streams have all of it.
func (s *Store) Clear(ctx context.Context) error {
	if err := s.empty(ctx, "clear_cells", "clear_events", "clear_keys", "clear_versions", "clear_rejections", "clear_resolutions", "clear_writes"); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	if err := s.NoteWrites(ctx); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	return nil
}
