package main

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"vitrine/consumers/clickhouse"
	"vitrine/producers/importers"
	"vitrine/schemas"
)

// storeLedger tells from ClickHouse what was sent: for files that come through the gateway and the
// form, where no ledger file would know of the other way's corrections. What isn't counted yet
// doesn't show: a second later it does, and until then a record sent again is the same record.
type storeLedger struct{ store *clickhouse.Store }

var _ importers.Ledger = storeLedger{}

// Last implements [importers.Ledger].
func (l storeLedger) Last(ctx context.Context, lab string, ids []uuid.UUID) (map[uuid.UUID]importers.Sent, error) {
	versions, err := l.store.LatestOf(ctx, lab, ids)
	if err != nil {
		return nil, err
	}
	found := make(map[uuid.UUID]importers.Sent, len(versions))
	for _, v := range versions {
		if found[v.ID], err = sentOf(v); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// OfSystem implements [importers.Ledger].
func (l storeLedger) OfSystem(ctx context.Context, lab, system string) ([]importers.Sent, error) {
	versions, err := l.store.LatestOfSource(ctx, lab, schemas.SourceOf(lab, system))
	if err != nil {
		return nil, err
	}
	all := make([]importers.Sent, len(versions))
	for i, v := range versions {
		if all[i], err = sentOf(v); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Record implements [importers.Ledger]: the pipeline records by itself.
func (storeLedger) Record(context.Context, string, []importers.Sent) error { return nil }

func sentOf(v clickhouse.LatestVersion) (importers.Sent, error) {
	return importers.SentOf(&schemas.Event{
		SpecVersion: "1.0", ID: v.ID, Source: v.Source, Type: schemas.TypePrefix + v.Kind, Time: v.OccurredAt,
		Revision: int64(v.Revision), Retracted: v.Retracted, Reason: v.Reason, Data: json.RawMessage(v.Data),
	})
}
