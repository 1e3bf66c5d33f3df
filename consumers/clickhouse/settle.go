package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/ext"
	"github.com/google/uuid"

	"vitrine/consumers/rollup"
)

// Settle finds the events among ids that stand under several keys because they moved to another
// day or kind, and marks each key but the latest version's as superseded. It returns every cell
// that such an event stands or stood in: they must all be recomputed.
func (s *Store) Settle(ctx context.Context, ids []EventID) (_ []Cell, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	defer s.metrics.observe("settle", time.Now(), &err)
	moved, err := s.moved(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("settle: %w", err)
	}
	var (
		cells      []Cell
		superseded []Row
	)
	for _, m := range moved {
		winner := slices.MaxFunc(m.keys, compareKeys)
		for _, k := range m.keys {
			cells = append(cells, k.cell)
			if k.version.Less(winner.version) {
				superseded = append(superseded, Row{
					Lab: k.cell.Lab, Kind: k.cell.Kind, ID: m.id, Version: winner.version, Superseded: true,
					Place: rollup.Place{LocalDay: k.cell.LocalDay, Start: k.cell.LocalDay, End: k.cell.LocalDay}, ReceivedAt: k.cell.LocalDay,
				})
			}
		}
	}
	if err := s.InsertEvents(ctx, superseded); err != nil {
		return nil, fmt.Errorf("settle: %w", err)
	}
	return cells, nil
}

// movedEvent is an event with every key that it was ever stored under.
type movedEvent struct {
	id   uuid.UUID
	keys []eventKey
}

type eventKey struct {
	cell       Cell
	version    Version
	superseded bool
}

// compareKeys puts the key where the event stands now last. At equal versions one row is the event
// and the others say that it moved away.
func compareKeys(a, b eventKey) int {
	switch {
	case a.version.Less(b.version):
		return -1
	case b.version.Less(a.version):
		return 1
	case a.superseded != b.superseded:
		if a.superseded {
			return -1
		}
		return 1
	}
	return 0
}

func (s *Store) moved(ctx context.Context, ids []EventID) ([]movedEvent, error) {
	table, err := ext.NewTable("ids", ext.Column("lab", "String"), ext.Column("id", "UUID"))
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if err := table.Append(id.Lab, id.ID); err != nil {
			return nil, err
		}
	}
	rows, err := s.conn.Query(clickhouse.Context(ctx, clickhouse.WithExternalTable(table)), s.query("moved"))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []movedEvent
	for rows.Next() {
		var (
			lab        string
			m          movedEvent
			kinds      []string
			days       []time.Time
			revisions  []uint32
			seqs       []uint64
			superseded []bool
		)
		if err := rows.Scan(&lab, &m.id, &kinds, &days, &revisions, &seqs, &superseded); err != nil {
			return nil, err
		}
		for i := range kinds {
			m.keys = append(m.keys, eventKey{Cell{lab, kinds[i], days[i]}, Version{revisions[i], seqs[i]}, superseded[i]})
		}
		out = append(out, m)
	}
	return out, rows.Err()
}
