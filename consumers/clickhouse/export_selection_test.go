package clickhouse_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

func selection(t *testing.T, store *clickhouse.Store, sel clickhouse.Selection) []byte {
	t.Helper()
	rows, err := store.ExportSelection(t.Context(), sel)
	if err != nil {
		t.Fatalf("%+v: %v", sel, err)
	}
	defer rows.Close()
	raw, err := io.ReadAll(rows)
	if err != nil {
		t.Fatalf("%+v: %v", sel, err)
	}
	return raw
}

// One database for all that doesn't change it.
func TestSelections(t *testing.T) {
	store := withEvents(t)
	t.Run("every relation", func(t *testing.T) { everyRelation(t, store) })
	t.Run("labs and days", func(t *testing.T) { labsAndDays(t, store) })
	t.Run("what cannot be", func(t *testing.T) { whatCannotBe(t, store) })
}

// Every relation of the contract comes out as Parquet with the columns that the dictionary has, as another program reads it.
func everyRelation(t *testing.T, store *clickhouse.Store) {
	for _, r := range schemas.Relations() {
		raw := selection(t, store, clickhouse.Selection{Relation: r.Name, Format: "parquet"})
		file, err := parquet.OpenFile(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			t.Errorf("%s: %v", r.Name, err)
			continue
		}
		var have, want []string
		for _, f := range file.Schema().Fields() {
			have = append(have, f.Name())
		}
		for _, c := range r.Columns {
			want = append(want, c.Name)
		}
		if !slices.Equal(have, want) {
			t.Errorf("%s has the columns %v, want %v", r.Name, have, want)
		}
		if n := map[string]int64{"events": 3, "event_history": 6, "indicators": int64(len(schemas.DefaultCatalogue().Indicators)), "figures_state": 1}[r.Name]; file.NumRows() != n {
			t.Errorf("%s: %d rows, want %d", r.Name, file.NumRows(), n)
		}
	}
}

// A lab and days choose the same rows in every format.
func labsAndDays(t *testing.T, store *clickhouse.Store) {
	for _, c := range []struct {
		lab      string
		from, to time.Time
		want     int
	}{
		{"", time.Time{}, time.Time{}, 3},
		{"atelier-nord", time.Time{}, time.Time{}, 2},
		{"x' OR '1'='1", time.Time{}, time.Time{}, 0},
		{"", exportDay, exportDay, 3},
		{"", exportDay.AddDate(0, 0, 1), time.Time{}, 0},
		{"", time.Time{}, exportDay.AddDate(0, 0, -1), 0},
	} {
		sel := clickhouse.Selection{Relation: "events", Lab: c.lab, From: c.from, To: c.to}
		var objects []json.RawMessage
		sel.Format = "json"
		if err := json.Unmarshal(selection(t, store, sel), &objects); err != nil || len(objects) != c.want {
			t.Errorf("%+v: %d objects, want %d; %v", sel, len(objects), c.want, err)
		}
		sel.Format = "csv"
		records, err := csv.NewReader(bytes.NewReader(selection(t, store, sel))).ReadAll()
		if err != nil || len(records) != c.want+1 {
			t.Errorf("%+v: %d records, want %d and a head; %v", sel, len(records), c.want, err)
		}
		sel.Format = "parquet"
		raw := selection(t, store, sel)
		if file, err := parquet.OpenFile(bytes.NewReader(raw), int64(len(raw))); err != nil || file.NumRows() != int64(c.want) {
			t.Errorf("%+v: %v", sel, err)
		}
	}
}

// Text that spreadsheet programs would run gets an apostrophe; numbers keep their sign.
func TestSelectionsAreNoFormulas(t *testing.T) {
	store := migrated(t)
	row := version("atelier-nord", 1, 0, 1)
	row.Reason, row.Segments = "=1+1", []clickhouse.Segment{{Name: "machine", Code: "@x"}}
	if err := store.InsertEvents(t.Context(), []clickhouse.Row{row}); err != nil {
		t.Fatal(err)
	}
	registered := version("atelier-nord", 2, 0, 2)
	registered.Kind, registered.Data = "lab.registered", []byte(`{"name":"-1","longitude":-2.5}`)
	if err := store.InsertEvents(t.Context(), []clickhouse.Row{registered}); err != nil {
		t.Fatal(err)
	}
	cell := func(relation, column string) string {
		t.Helper()
		records, err := csv.NewReader(bytes.NewReader(selection(t, store, clickhouse.Selection{Relation: relation, Format: "csv"}))).ReadAll()
		if err != nil || len(records) < 2 {
			t.Fatalf("%s: %v %v", relation, records, err)
		}
		return records[1][slices.Index(records[0], column)]
	}
	for _, c := range [][3]string{{"event_history", "reason", "'=1+1"}, {"labs", "name", "'-1"}, {"labs", "longitude", "-2.5"}} {
		if got := cell(c[0], c[1]); got != c[2] {
			t.Errorf("%s.%s is %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func whatCannotBe(t *testing.T, store *clickhouse.Store) {
	for _, sel := range []clickhouse.Selection{
		{Relation: "event_store", Format: "csv"}, {Relation: "labs; DROP TABLE events", Format: "csv"}, {Relation: "labs", Format: "xml"},
		{Relation: "indicators", Format: "csv", Lab: "atelier-nord"}, {Relation: "indicators", Format: "csv", From: exportDay},
		{Relation: "programme_monthly", Format: "csv", Lab: "atelier-nord"},
		{Relation: "events", Format: "csv", From: exportDay, To: exportDay.AddDate(0, 0, -1)},
	} {
		wrong := new(clickhouse.SelectionError)
		if _, err := store.ExportSelection(t.Context(), sel); !errors.As(err, &wrong) {
			t.Errorf("%+v: %v", sel, err)
		}
	}
}
