// Package storekit gives tests a store with the schema and the default catalogue in it.
package storekit

import (
	"context"
	"testing"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// Open is a store on a database of the test's own, as [URL] gives it, closed with the test.
func Open(t testing.TB) *clickhouse.Store {
	t.Helper()
	return At(t, URL(t))
}

// At is a store on a database, closed with the test: for a test that asks the database by itself, too.
func At(t testing.TB, url string) *clickhouse.Store {
	t.Helper()
	store, err := clickhouse.Open(clickhouse.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// URL is that of a database of the test's own, with the schema, the default zone and the default catalogue, and nothing else in it.
func URL(t testing.TB) string {
	t.Helper()
	return testkit.Migrated(t, func(url string) error {
		store, err := clickhouse.Open(clickhouse.Config{URL: url})
		if err != nil {
			return err
		}
		defer func() { _ = store.Close() }()
		_, err = store.Migrate(context.Background(), schemas.DefaultZone, schemas.DefaultCatalogue())
		return err
	})
}
