package clickhouse

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/cespare/xxhash/v2"
)

// writeKey is a cell as cell_writes names it.
type writeKey struct {
	day  proto.Date
	cell uint64
}

// writeKeyOf has its hash from writes_fill.sql, too.
func writeKeyOf(lab, kind string, day proto.Date) writeKey {
	return writeKey{day, xxhash.Sum64String(lab)*31 ^ xxhash.Sum64String(kind)}
}

// allNoted is the row of cell_writes that says that every cell with events stands there.
var allNoted = writeKey{day: math.MaxUint16}

// Announce writes down that somebody wrote into the cells of a batch: those of its rows, and those of the events that moved. All
// of these rows are stored before, and whoever finds them there announces them all the same: who stored them may not have come
// to it. So of two who write into a cell, announce it and then look, one at least finds the other, and reads what both wrote.
// It may be repeated. The shelf is that of who recomputes the cells next.
func (s *Store) Announce(ctx context.Context, rows []Row, moved []Cell, shelf *Shelf) (err error) {
	if len(rows)+len(moved) == 0 {
		return nil
	}
	defer s.metrics.observe("announce", time.Now(), &err)
	if err = shelf.announce(ctx, s, rows, moved); err != nil {
		return fmt.Errorf("announce the cells of %d events: %w", len(rows), err)
	}
	return nil
}

// insertWrites adds a token to cells.
func (s *Store) insertWrites(ctx context.Context, keys []writeKey, token uint64) error {
	var (
		days          proto.ColDate
		cells, tokens proto.ColUInt64
	)
	for _, key := range keys {
		days = append(days, key.day)
		cells.Append(key.cell)
		tokens.Append(token)
	}
	native, err := encodeNative([]proto.InputColumn{{Name: "local_day", Data: &days}, {Name: "cell", Data: &cells}, {Name: "token", Data: &tokens}})
	if err != nil {
		return err
	}
	return s.insertNative(ctx, "cell_writes_insert", native)
}

// writes are the sums of the tokens of cells, and whether every cell that has events has one.
func (s *Store) writes(ctx context.Context, of []writeKey) (sums map[writeKey]uint64, complete bool, err error) {
	var (
		days, foundDays   proto.ColDate
		cells, foundCells proto.ColUInt64
		found             proto.ColUInt64
	)
	for _, key := range append(of, allNoted) {
		days = append(days, key.day)
		cells.Append(key.cell)
	}
	sums = make(map[writeKey]uint64, len(of))
	err = s.selectNative(ctx, "cell_writes", nil,
		&nativeTable{"touched", "local_day Date, cell UInt64", []proto.InputColumn{{Name: "local_day", Data: &days}, {Name: "cell", Data: &cells}}},
		proto.Results{{Name: "local_day", Data: &foundDays}, {Name: "cell", Data: &foundCells}, {Name: "written", Data: &found}},
		func() error {
			for i := range found {
				sums[writeKey{foundDays[i], foundCells[i]}] = found[i]
			}
			return nil
		})
	_, complete = sums[allNoted]
	return sums, complete, err
}

// forgetWrites is for who changes events and announces nothing: what anybody remembers of a cell holds no more.
// [Store.NoteWrites] comes afterwards.
func (s *Store) forgetWrites(ctx context.Context) error { return s.empty(ctx, "clear_writes") }

// NoteWrites has every cell with events stand in cell_writes, unless they do: a cell that doesn't is known to be empty then. It is
// for after a migration or a restore; without it cells that are new are looked for.
func (s *Store) NoteWrites(ctx context.Context) error {
	var known bool
	if err := s.conn.QueryRow(ctx, s.query("writes_known")).Scan(&known); err != nil {
		return fmt.Errorf("note the cells with events: %w", err)
	}
	if known {
		return nil
	}
	for _, q := range []string{"writes_fill", "writes_note"} {
		if err := s.conn.Exec(ctx, s.query(q)); err != nil {
			return fmt.Errorf("note the cells with events: %s: %w", q, err)
		}
	}
	return nil
}
