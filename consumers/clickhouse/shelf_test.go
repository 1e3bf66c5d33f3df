package clickhouse_test

import (
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/testkit/storekit"
)

// What consumers remember, each a part of it and one with hardly any room, gives the cells that reading everything gives.
func TestWhatIsRememberedIsWhatIsThere(t *testing.T) {
	registry, url := prometheus.NewRegistry(), storekit.URL(t)
	store, err := clickhouse.Open(clickhouse.Config{URL: url, Registerer: registry})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s := newBatches(t, 3, 150)
	shelves := []*clickhouse.Shelf{clickhouse.NewShelf(0), clickhouse.NewShelf(100_000)}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		shelf := shelves[0]
		if random.IntN(3) == 0 {
			shelf = shelves[1]
		}
		if random.IntN(4) > 0 { // else the same rows again, as after a lost acknowledgement
			s.read()
			s.decide(t)
		}
		if err := store.InsertEvents(t.Context(), s.rows); err != nil {
			t.Fatal(err)
		}
		ids := s.ids()
		moved, err := store.Settle(t.Context(), ids)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Announce(t.Context(), s.rows, moved, shelf); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Recompute(t.Context(), s.rules, s.rows, moved, shelf); err != nil {
			t.Fatal(err)
		}
	}
	remembered := cellsOf(t, url)
	if err := store.RebuildCells(t.Context(), s.rules, nil); err != nil {
		t.Fatal(err)
	}
	whole := cellsOf(t, url)
	for i := range min(len(remembered), len(whole)) {
		if remembered[i] != whole[i] {
			t.Fatalf("a cell is\n%s\nand should be\n%s", remembered[i], whole[i])
		}
	}
	if len(remembered) != len(whole) || len(whole) < 100 {
		t.Errorf("%d cells, of %d that should be there", len(remembered), len(whole))
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if n := m.GetCounter().GetValue(); f.GetName() == "vitrine_store_cells_total" && n < 100 {
				t.Errorf("only %v cells were %s", n, m.GetLabel()[0].GetValue())
			}
		}
	}
}

// cellsOf are all cells with their items, each as a line.
func cellsOf(t *testing.T, url string) []string {
	t.Helper()
	return strings.Split(strings.TrimSpace(ask(t, url, `SELECT lab, kind, local_day, version,
		arraySort(arrayZip(item_indicator, item_part, item_fn, item_day, item_segment, item_ref, item_amount, item_at, item_seq)) FROM kpi_cells FINAL ORDER BY lab, kind, local_day`)), "\n")
}

// ask has ClickHouse run a statement in a store's database, and gives its answer.
func ask(t *testing.T, url, sql string) string {
	t.Helper()
	at := strings.LastIndex(url, "/")
	answer, err := http.Post(url[:at]+"/?database="+url[at+1:], "", strings.NewReader(sql))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %s, %v", sql, answer.Status, text, err)
	}
	return string(text)
}
