package clickhouse

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

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

// announce writes down that somebody wrote into the cells of rows. That is after the rows, never before: of two who write into
// a cell and then look, one at least finds the other, and reads what both wrote.
func (s *Store) announce(ctx context.Context, sorted []*Row, shelf *Shelf) error {
	var (
		days   proto.ColDate
		cells  proto.ColUInt64
		tokens proto.ColUInt64
		token  = rand.Uint64()
		latest *Row
	)
	for _, r := range sorted {
		if latest != nil && r.Kind == latest.Kind && r.Lab == latest.Lab && r.Place.LocalDay.Equal(latest.Place.LocalDay) {
			continue
		}
		latest = r
		key := writeKeyOf(r.Lab, r.Kind, dateOf(r.Place.LocalDay))
		days = append(days, key.day)
		cells.Append(key.cell)
		tokens.Append(token)
	}
	var buffer proto.Buffer
	if err := encodeNative(&buffer, []proto.InputColumn{{Name: "local_day", Data: &days}, {Name: "cell", Data: &cells}, {Name: "token", Data: &tokens}}); err != nil {
		return err
	}
	return shelf.expecting(sorted, token, func() error { return s.insertNative(ctx, "cell_writes_insert", buffer.Buf) })
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

// forgetWrites is for who changes events otherwise than by [Store.InsertEvents]: nobody's memory of a cell holds any more.
// noteWrites is said afterwards.
func (s *Store) forgetWrites(ctx context.Context) error { return s.empty(ctx, "clear_writes") }

// noteWrites has every cell with events stand in cell_writes, unless they do: a cell that doesn't is known to be empty then.
func (s *Store) noteWrites(ctx context.Context) error {
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
