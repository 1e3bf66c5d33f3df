package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
)

// EventVersion is one row of event_history.
type EventVersion struct {
	Revision   uint32
	StreamSeq  uint64
	Kind       string
	OccurredAt time.Time
	Retracted  bool
	Reason     string
	Source     string
	ReceivedAt time.Time
	Data       string
}

// Versions are all versions of an event that were ever accepted, the oldest first.
func (s *Store) Versions(ctx context.Context, lab string, id uuid.UUID) ([]EventVersion, error) {
	return selectAll[EventVersion](ctx, s, "versions", clickhouse.Parameters{"lab": lab, "id": id.String()})
}

// Rejections are all rejected events, the oldest first.
func (s *Store) Rejections(ctx context.Context) ([]Rejection, error) {
	rows, err := s.conn.Query(ctx, s.query("rejections"))
	if err != nil {
		return nil, fmt.Errorf("read rejections: %w", err)
	}
	defer rows.Close()
	var out []Rejection
	for rows.Next() {
		var r Rejection
		if err := rows.Scan(&r.StreamSeq, &r.Lab, &r.Kind, &r.ID, &r.Code, &r.Field, &r.Reason.EN, &r.Reason.FR, &r.Subject, &r.ReceivedAt, &r.Raw); err != nil {
			return nil, fmt.Errorf("read rejections: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}
