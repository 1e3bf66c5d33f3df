package storekit

import (
	"testing"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// OnCluster is a store on a database of the test's own that lies on a cluster, with what [URL] says, closed with the test.
func OnCluster(t testing.TB, c schemas.Cluster) (*testkit.Cluster, *clickhouse.Store) {
	t.Helper()
	cluster := testkit.ClickHouseCluster(t)
	store := At(t, cluster.URL)
	if err := store.LayOut(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Migrate(t.Context(), schemas.DefaultZone, schemas.DefaultCatalogue()); err != nil {
		t.Fatal(err)
	}
	return cluster, store
}
