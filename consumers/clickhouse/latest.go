package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/ext"
	"github.com/google/uuid"
)

// LatestVersion is an event as it was last accepted.
type LatestVersion struct {
	ID         uuid.UUID
	Revision   uint32
	StreamSeq  uint64
	Kind       string
	OccurredAt time.Time // UTC
	Retracted  bool
	Reason     string
	Source     string
	Data       string // canonical JSON; empty where a retraction had none
}

// LatestOf are the latest versions of some of a lab's events; one that isn't known is left out.
func (s *Store) LatestOf(ctx context.Context, lab string, ids []uuid.UUID) ([]LatestVersion, error) {
	table, err := tableOfIDs(ids)
	if err != nil {
		return nil, err
	}
	ctx = clickhouse.Context(ctx, clickhouse.WithExternalTable(table))
	return selectAll[LatestVersion](ctx, s, "latest_of_ids", clickhouse.Parameters{"lab": lab})
}

// LatestOfSource are the latest versions of a lab's events from one source, e.g. "/labs/atelier-nord/tableur".
func (s *Store) LatestOfSource(ctx context.Context, lab, source string) ([]LatestVersion, error) {
	return selectAll[LatestVersion](ctx, s, "latest_of_source", clickhouse.Parameters{"lab": lab, "source": source})
}

// tableOfIDs is what a query reads as "ids".
func tableOfIDs(ids []uuid.UUID) (*ext.Table, error) {
	table, err := ext.NewTable("ids", ext.Column("id", "UUID"))
	if err != nil {
		return nil, fmt.Errorf("table of ids: %w", err)
	}
	for _, id := range ids {
		if err := table.Append(id); err != nil {
			return nil, fmt.Errorf("table of ids: %w", err)
		}
	}
	return table, nil
}
