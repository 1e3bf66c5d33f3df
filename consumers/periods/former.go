package periods

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/rollup"
	"vitrine/schemas"
)

// rowsOf works out anew what versions contributed that aren't the latest any more: the store keeps that of the latest
// alone.
func (f *Freezer) rowsOf(ctx context.Context, versions []clickhouse.PastVersion) ([]clickhouse.Row, error) {
	zones := map[string]zone{}
	rows := make([]clickhouse.Row, 0, len(versions))
	for _, v := range versions {
		z, known := zones[v.Lab]
		if !known {
			var err error
			if z, err = zoneOf(ctx, f.config.Store, v.Lab, f.config.Zone); err != nil {
				return nil, err
			}
			zones[v.Lab] = z
		}
		row, _, err := rowOf(f.rules, v, z)
		if err != nil {
			return nil, fmt.Errorf("message %d, a former version of event %s of %s: %w", v.StreamSeq, v.ID, v.Lab, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// zone is the one that a lab's days are cut in: its own for what stands behind its first registration.
type zone struct {
	programme, own *time.Location // own is nil without a registration
	from           uint64
}

func (z zone) at(seq uint64) *time.Location {
	if z.own != nil && seq >= z.from {
		return z.own
	}
	return z.programme
}

// registrations is what zones are known from.
type registrations interface {
	Registrations(ctx context.Context, lab string) ([]clickhouse.Registration, error)
}

func zoneOf(ctx context.Context, store registrations, lab string, programme *time.Location) (zone, error) {
	z := zone{programme: programme}
	all, err := store.Registrations(ctx, lab)
	if err != nil || len(all) == 0 || all[0].Zone == "" {
		return z, err
	}
	z.from = all[0].StreamSeq
	if z.own, err = time.LoadLocation(all[0].Zone); err != nil {
		return z, fmt.Errorf("time zone of %s: %w", lab, err)
	}
	return z, nil
}

var errOtherDay = errors.New("it lies on another day than when it was stored: run `vitrine rebuild`")

// rowOf is a version as it was stored when it was the latest, with what it contributed.
func rowOf(rules *rollup.Rules, v clickhouse.PastVersion, z zone) (clickhouse.Row, []rollup.Fact, error) {
	row := clickhouse.Row{
		Lab: v.Lab, Kind: v.Kind, ID: v.ID, Version: clickhouse.Version{Revision: v.Revision, StreamSeq: v.StreamSeq},
		Retracted: v.Retracted, Source: v.Source, Reason: v.Reason, ReceivedAt: v.ReceivedAt, Data: []byte(v.Data),
		Place: rollup.Place{LocalDay: v.LocalDay.UTC(), Start: v.OccurredAt, End: v.OccurredAt},
	}
	if v.Retracted {
		return row, nil, nil
	}
	raw, err := json.Marshal(schemas.Event{
		SpecVersion: "1.0", ID: v.ID, Source: v.Source, Type: schemas.TypePrefix + v.Kind, Time: v.OccurredAt,
		Revision: int64(v.Revision), Data: json.RawMessage(v.Data),
	})
	if err != nil {
		return row, nil, err
	}
	e, err := schemas.Decode(raw, v.ReceivedAt.Add(time.Millisecond)) // it was cut to milliseconds
	if err != nil {
		return row, nil, err
	}
	place := rollup.PlaceOf(e, z.at(v.StreamSeq))
	if !place.LocalDay.Equal(row.Place.LocalDay) {
		return row, nil, errOtherDay
	}
	row.Place = place
	facts, err := rules.Facts(e, place)
	return row, facts, err
}
