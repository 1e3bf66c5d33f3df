package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/ch-go/proto"
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
	var sent struct {
		lab proto.ColStr
		id  proto.ColUUID
	}
	for _, id := range ids {
		sent.lab.Append(id.Lab)
		sent.id.Append(id.ID)
	}
	var found struct {
		lab, kind  proto.ColStr
		id         proto.ColUUID
		day        proto.ColDate
		version    proto.ColUInt128
		superseded proto.ColBool
	}
	var out []movedEvent
	err := s.selectNative(ctx, "moved", nil,
		&nativeTable{"ids", "lab String, id UUID", []proto.InputColumn{{Name: "lab", Data: &sent.lab}, {Name: "id", Data: &sent.id}}},
		proto.Results{
			{Name: "lab", Data: &found.lab}, {Name: "id", Data: &found.id}, {Name: "kind", Data: &found.kind},
			{Name: "local_day", Data: &found.day}, {Name: "version", Data: &found.version}, {Name: "superseded", Data: &found.superseded},
		},
		func() error { // the keys of an event follow each other
			for i := range found.id {
				lab, last := found.lab.Row(i), len(out)-1
				if last < 0 || out[last].id != found.id[i] || out[last].keys[0].cell.Lab != lab {
					out = append(out, movedEvent{id: found.id[i]})
					last++
				}
				out[last].keys = append(out[last].keys, eventKey{
					Cell{lab, found.kind.Row(i), found.day[i].Time()}, Version{uint32(found.version[i].High), found.version[i].Low}, found.superseded[i],
				})
			}
			return nil
		})
	return out, err
}
