package main

import (
	"context"
	"errors"
	"fmt"

	"vitrine/consumers/clickhouse"
)

// whole is what read gives of a store whose figures and events are whole all the while: see [clickhouse.Store.WhileWhole].
func whole[T any](ctx context.Context, store *clickhouse.Store, read func() (T, error)) (out T, err error) {
	err = store.WhileWhole(ctx, func() (err error) { out, err = read(); return err })
	return out, err
}

// wholeFor is whole for those who know by word that figures are being made again.
func wholeFor[T any](ctx context.Context, store *clickhouse.Store, word error, read func() (T, error)) (T, error) {
	out, err := whole(ctx, store, read)
	return out, remaking(err, word)
}

// remaking says that figures are being made again as those who asked for them know it, by a word of their own.
func remaking(err, word error) error {
	if errors.Is(err, clickhouse.ErrMadeOtherwise) {
		return fmt.Errorf("%w: %w", word, err)
	}
	return err
}
