package main

import (
	"context"

	"vitrine/consumers/clickhouse"
)

// whole is what read gives of a store whose figures and events are whole all the while: see [clickhouse.Store.WhileWhole].
func whole[T any](ctx context.Context, store *clickhouse.Store, read func() (T, error)) (out T, err error) {
	err = store.WhileWhole(ctx, func() (err error) { out, err = read(); return err })
	return out, err
}
