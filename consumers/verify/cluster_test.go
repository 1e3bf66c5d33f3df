package verify

import (
	"math/rand/v2"
	"testing"

	"vitrine/consumers/rollup"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// On a cluster, as far as the embedded engine is one: Distributed tables, what lies under them, and the settings that go
// with it. All that is counted, frozen and made again is exact.
func TestAClusterIsExact(t *testing.T) {
	cluster := testkit.ClickHouseCluster(t)
	s := newSystemOn(t, schemas.DefaultCatalogue(), cluster.URL, schemas.Cluster{Name: testkit.OneShard, ByLab: true})
	g := &generator{chooser: rand.New(rand.NewPCG(4, 7))}
	var events []sent
	for range 300 {
		events = append(events, g.next())
	}
	s.publish(events...)
	s.consume(schemas.DefaultCatalogue(), 60)
	report := s.verify(schemas.DefaultCatalogue())
	report.failIfNotExact(t)
	if report.Messages != len(events) || report.Accepted < 150 {
		t.Errorf("%d messages, %d accepted", report.Messages, report.Accepted)
	}
	if n, err := s.ask("SELECT count() FROM system.tables WHERE database = currentDatabase() AND engine = 'Distributed'"); err != nil || n != "7\n" {
		t.Errorf("there are %q Distributed tables, %v", n, err)
	}
	if n, err := s.ask("SELECT uniqExact(lab) > 1 FROM event_keys_local"); err != nil || n != "1\n" {
		t.Errorf("the materialized views feed the shard's own tables: %q, %v", n, err)
	}
	if err := s.store.RebuildCells(t.Context(), rollup.NewRules(schemas.DefaultCatalogue()), nil); err != nil {
		t.Fatal(err)
	}
	s.verify(schemas.DefaultCatalogue()).failIfNotExact(t)
}
