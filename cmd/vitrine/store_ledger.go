package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/producers/importers"
	"vitrine/schemas"
)

// storeLedger tells from ClickHouse what was sent: for files that come through the gateway and the
// form, where no ledger file would know of the other way's corrections. What isn't counted yet is waited
// for: else a row changed back, or one that was corrected twice in the form, got a revision too low to win.
// While the events there are read from the stream again it can't tell, for the same reason.
type storeLedger struct {
	store *clickhouse.Store
	js    jetstream.JetStream
	// patience is how long what a lab sent may take to be counted; after that the ledger can't tell.
	patience time.Duration
}

// ledgerPatience is that of files: people wait for them.
const ledgerPatience = 10 * time.Second

// settled returns when whatever the lab has sent until now is counted.
func (l storeLedger) settled(ctx context.Context, lab string) error {
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	stream, err := l.js.Stream(ctx, schemas.StreamEvents)
	if err != nil {
		return fmt.Errorf("what %s has sent: %w", lab, err)
	}
	last, err := stream.GetLastMsgForSubject(ctx, strings.TrimSuffix(schemas.SubjectsOfLabs, ">")+lab+".>")
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("what %s has sent: %w", lab, err)
	}
	return ingest.WaitCountedUpTo(ctx, l.js, schemas.ConsumerDurable, last.Sequence)
}

var _ importers.Ledger = storeLedger{}

// Last implements [importers.Ledger].
func (l storeLedger) Last(ctx context.Context, lab string, ids []uuid.UUID) (map[uuid.UUID]importers.Sent, error) {
	if err := l.settled(ctx, lab); err != nil {
		return nil, err
	}
	versions, err := whole(ctx, l.store, func() ([]clickhouse.LatestVersion, error) { return l.store.LatestOf(ctx, lab, ids) })
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
	if err := l.settled(ctx, lab); err != nil {
		return nil, err
	}
	versions, err := whole(ctx, l.store, func() ([]clickhouse.LatestVersion, error) {
		return l.store.LatestOfSource(ctx, lab, schemas.SourceOf(lab, system))
	})
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
