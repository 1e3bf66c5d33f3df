package clickhouse

import (
	"context"
	"errors"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2"

	"vitrine/schemas"
)

// clusterSettings make writes and reads on replicas what the commit protocol takes them for; docs/clusters.md has the
// argument for each. A single server's tables don't look at them, so every connection has them.
func clusterSettings() clickhouse.Settings {
	return clickhouse.Settings{
		// An insert has happened when a majority of a shard's replicas have it, and inserts happen one after the other:
		// only then can a replica tell whether it has all of them.
		"insert_quorum":          "auto",
		"insert_quorum_parallel": 0,
		// A replica that lacks an insert refuses to answer, and the step is done again.
		"select_sequential_consistency": 1,
		// Equal blocks are meant: a redelivered batch must reach the materialized views again. On replicated tables
		// these stand above insert_deduplicate, and they are on by default (26.2).
		"deduplicate_insert":        "disable",
		"deduplicate_insert_select": "disable",
		// An insert has happened when the shards have it, not when it waits on this server to be sent.
		"distributed_foreground_insert": 1,
		// A cell is read from one replica, and what was computed here is written from here.
		"enable_parallel_replicas":           0,
		"parallel_distributed_insert_select": 0,
		// Views join and look into each other: a subquery's result goes to all shards.
		"distributed_product_mode": "global",
		// What is of one lab is asked of its shard alone.
		"optimize_skip_unused_shards": 1,
		// Tables are empty, changed or gone on every replica before the next statement.
		"alter_sync": 2,
	}
}

// ErrLayout says that the database lies otherwise on the servers than was asked for. Repeating doesn't help.
var ErrLayout = errors.New("the database is laid out otherwise")

// Layout is how the database lies on the servers; zero is one server, or none yet.
func (s *Store) Layout(ctx context.Context) (c schemas.Cluster, err error) {
	var by string
	err = s.conn.QueryRow(ctx, s.query("layout")).Scan(&c.Name, &by)
	if isMissing(err) {
		return schemas.Cluster{}, nil
	}
	if err != nil {
		return c, fmt.Errorf("read how the database is laid out: %w", err)
	}
	c.ByLab = by == schemas.ShardsByLab
	return c, nil
}

// LayOut makes the database on a cluster and writes down that it lies there: whatever makes or changes tables from then
// on, [Store.Migrate] first, does so on the cluster. It may be repeated; [ErrLayout] if the database lies otherwise.
func (s *Store) LayOut(ctx context.Context, c schemas.Cluster) error {
	if err := c.Check(); err != nil {
		return err
	}
	have, err := s.Layout(ctx)
	if err != nil || have == c {
		return err
	}
	made, err := s.FiguresMade(ctx)
	if err != nil {
		return err
	}
	if have.Name != "" || made.With != "" {
		return fmt.Errorf("%w: %s lies on %s, and %s was asked for; name another database, and fill it with `vitrine rebuild --from-stream`", ErrLayout, s.Where(), have, c)
	}
	if err := s.createDatabase(ctx, c); err != nil {
		return fmt.Errorf("make the database on %s: %w", c, err)
	}
	layout, err := c.Layout()
	if err != nil {
		return err
	}
	if err := s.conn.Exec(ctx, layout); err != nil {
		return fmt.Errorf("write down that the database lies on %s: %w", c, err)
	}
	return nil
}

// define executes a statement that makes, changes or empties tables, wherever they lie.
func (s *Store) define(ctx context.Context, layout schemas.Cluster, statement string) error {
	all, err := layout.Statements(statement, s.options.Auth.Database)
	if err != nil {
		return err
	}
	for _, one := range all {
		if err := s.conn.Exec(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

// empty takes rows out of tables, some or all, by queries that do so, wherever the tables lie.
func (s *Store) empty(ctx context.Context, queries ...string) error {
	layout, err := s.Layout(ctx)
	if err != nil {
		return err
	}
	for _, q := range queries {
		if err := s.define(ctx, layout, s.statement(q)); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	return nil
}

// isMissing says that a table or the database isn't there.
func isMissing(err error) bool {
	var exception *clickhouse.Exception
	return errors.As(err, &exception) && (exception.Code == codeUnknownTable || exception.Code == codeUnknownDatabase)
}
