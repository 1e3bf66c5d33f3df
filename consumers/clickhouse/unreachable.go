package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// UnreachableError is a statement's that found no ClickHouse, or whose answer didn't come: the same may work later.
type UnreachableError struct {
	Where string // the server and database, without the password
	Err   error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("ClickHouse at %s doesn't answer: %v", e.Where, e.Err)
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// unreachable says of a request's error where ClickHouse should be. HTTP's own quotes the address with all settings of the statement, a
// thousand characters, in every log line. Whoever has given up waiting is told only that; other errors stay as they are.
func unreachable(err error, where string) error {
	var e *url.Error
	switch {
	case !errors.As(err, &e):
		return err
	case errors.Is(e.Err, context.Canceled):
		return e.Err
	}
	return &UnreachableError{Where: where, Err: e.Err}
}

// connection is clickhouse-go's, with errors by [unreachable].
type connection struct {
	driver.Conn
	where string
}

func (c connection) Ping(ctx context.Context) error { return unreachable(c.Conn.Ping(ctx), c.where) }

func (c connection) Exec(ctx context.Context, query string, args ...any) error {
	return unreachable(c.Conn.Exec(ctx, query, args...), c.where)
}

func (c connection) Select(ctx context.Context, dest any, query string, args ...any) error {
	return unreachable(c.Conn.Select(ctx, dest, query, args...), c.where)
}

func (c connection) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	rows, err := c.Conn.Query(ctx, query, args...)
	return rows, unreachable(err, c.where)
}

func (c connection) QueryRow(ctx context.Context, query string, args ...any) driver.Row {
	return singleRow{c.Conn.QueryRow(ctx, query, args...), c.where}
}

func (c connection) PrepareBatch(ctx context.Context, query string, options ...driver.PrepareBatchOption) (driver.Batch, error) {
	prepared, err := c.Conn.PrepareBatch(ctx, query, options...)
	if err != nil {
		return nil, unreachable(err, c.where)
	}
	return sentBatch{prepared, c.where}, nil
}

type singleRow struct {
	driver.Row
	where string
}

func (r singleRow) Err() error             { return unreachable(r.Row.Err(), r.where) }
func (r singleRow) Scan(dest ...any) error { return unreachable(r.Row.Scan(dest...), r.where) }
func (r singleRow) ScanStruct(d any) error { return unreachable(r.Row.ScanStruct(d), r.where) }

type sentBatch struct {
	driver.Batch
	where string
}

func (b sentBatch) Send() error { return unreachable(b.Batch.Send(), b.where) }
