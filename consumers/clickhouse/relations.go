package clickhouse

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Columns are a relation's columns with their types.
func (s *Store) Columns(ctx context.Context, relation string) (map[string]string, error) {
	rows, err := s.conn.Query(clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters{"relation": relation})), s.query("columns"))
	if err != nil {
		return nil, fmt.Errorf("read the columns of %s: %w", relation, err)
	}
	defer rows.Close()
	columns := map[string]string{}
	for rows.Next() {
		var name, typ string
		if err := rows.Scan(&name, &typ); err != nil {
			return nil, fmt.Errorf("read the columns of %s: %w", relation, err)
		}
		columns[name] = typ
	}
	return columns, rows.Err()
}

// Count is how many rows a relation has.
func (s *Store) Count(ctx context.Context, relation string) (n uint64, err error) {
	ctx = clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters{"relation": relation}))
	if err := s.conn.QueryRow(ctx, s.query("count")).Scan(&n); err != nil {
		return 0, fmt.Errorf("count %s: %w", relation, err)
	}
	return n, nil
}
