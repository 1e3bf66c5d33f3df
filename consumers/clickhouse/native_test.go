package clickhouse_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/rollup"
	"vitrine/schemas"
)

// An answer that breaks off within a block isn't taken for one that has ended: a cell computed without the rest would be wrong.
func TestAnAnswerThatBreaksOffIsAnError(t *testing.T) {
	for _, c := range []struct {
		answer string
		fails  bool
	}{{"", false}, {"\x0d", true}, {"\x0d\x01", true}, {"\x0d\x01\x03lab", true}, {"\x0d\x01\x03lab\x06String", true}} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(c.answer)) }))
		store, err := clickhouse.Open(clickhouse.Config{URL: server.URL + "/vitrine"})
		if err != nil {
			t.Fatal(err)
		}
		err = store.RecomputeWhole(t.Context(), rollup.NewRules(schemas.DefaultCatalogue()), []clickhouse.Cell{{Lab: "x", Kind: "training.held", LocalDay: exportDay}})
		if (err != nil) != c.fails {
			t.Errorf("after %q: %v, want an error: %v", c.answer, err, c.fails)
		}
		_ = store.Close()
		server.Close()
	}
}
