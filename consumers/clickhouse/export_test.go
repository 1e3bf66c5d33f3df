package clickhouse_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/rollup"
	"vitrine/schemas"
)

var exportDay = time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)

// version is one version of an event as it is stored.
func version(lab string, n int, revision uint32, seq uint64) clickhouse.Row {
	at := exportDay.Add(9*time.Hour + 500*time.Millisecond)
	return clickhouse.Row{
		Lab: lab, Kind: "training.held", ID: schemas.RecordID(lab, "test", fmt.Sprint(n)), Version: clickhouse.Version{Revision: revision, StreamSeq: seq},
		Source: "/labs/" + lab, Place: rollup.Place{LocalDay: exportDay, Start: at, End: at}, ReceivedAt: at,
		Measures: []clickhouse.Measure{{Name: "attendees", Amount: schemas.Int(5)}}, Segments: []clickhouse.Segment{{Name: "topic", Code: `a "quoted", one`}}, Data: []byte(`{"attendees":5}`),
	}
}

func withEvents(t *testing.T) *clickhouse.Store {
	t.Helper()
	store := migrated(t)
	gone := version("atelier-nord", 3, 1, 6)
	gone.Retracted, gone.Reason = true, "never held"
	rows := []clickhouse.Row{version("atelier-nord", 1, 0, 1), version("atelier-nord", 2, 0, 2), version("atelier-sud", 1, 0, 3),
		version("atelier-nord", 1, 1, 4), version("atelier-nord", 3, 0, 5), gone}
	if err := store.InsertEvents(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	return store
}

func export(t *testing.T, store *clickhouse.Store, relation, format, lab string) string {
	t.Helper()
	rows, err := store.Export(t.Context(), relation, format, lab)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	raw, err := io.ReadAll(rows)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestExportsHoldTheLabsRows(t *testing.T) {
	store := withEvents(t)
	for lab, want := range map[string]int{"atelier-nord": 2, "atelier-sud": 1, "": 3, "nobody": 0, "x' OR '1'='1": 0} {
		var objects []map[string]any
		if err := json.Unmarshal([]byte(export(t, store, "events", "json", lab)), &objects); err != nil || len(objects) != want {
			t.Errorf("%q as JSON: %d rows, want %d; %v", lab, len(objects), want, err)
		}
		for _, o := range objects {
			if lab != "" && o["lab"] != lab || o["occurred_at"] != "2026-03-10T09:00:00.500Z" || o["data"] != `{"attendees":5}` {
				t.Errorf("%q: %v", lab, o)
			}
		}
		records, err := csv.NewReader(strings.NewReader(export(t, store, "events", "csv", lab))).ReadAll()
		if err != nil || len(records) != want+1 {
			t.Fatalf("%q as CSV: %d records, want %d; %v", lab, len(records), want+1, err)
		}
		if at := slices.Index(records[0], "topic"); at < 0 || want > 0 && records[1][at] != `a "quoted", one` {
			t.Errorf("%q: %q", lab, records)
		}
		parquet := export(t, store, "events", "parquet", lab)
		if !strings.HasPrefix(parquet, "PAR1") || !strings.HasSuffix(parquet, "PAR1") {
			t.Errorf("%q as Parquet: %.20q", lab, parquet)
		}
	}
}

// A lab's free text is opened in the programme's spreadsheet program.
func TestFreeTextIsNoFormula(t *testing.T) {
	store := migrated(t)
	registered := version("atelier-nord", 9, 0, 9)
	registered.Kind, registered.Data = "lab.registered", []byte(`{"name":"=1+1","commune":" @SUM(A1)","region":"-2"}`)
	rows := []clickhouse.Row{registered}
	for i, text := range []string{"=HYPERLINK(1)", "+1", "-1", "@x", "plain = text", ""} {
		row := version("atelier-nord", i, 0, uint64(i+1))
		row.Reason = text
		rows = append(rows, row)
	}
	if err := store.InsertEvents(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	column := func(relation, name string) (cells []string) {
		t.Helper()
		records, err := csv.NewReader(strings.NewReader(export(t, store, relation, "csv", "atelier-nord"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		at := slices.Index(records[0], name)
		for _, r := range records[1:] {
			cells = append(cells, r[at])
		}
		slices.Sort(cells)
		return cells
	}
	if got, want := column("events", "reason"), []string{"", "", "'+1", "'-1", "'=HYPERLINK(1)", "'@x", "plain = text"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for name, want := range map[string]string{"name": "'=1+1", "commune": "' @SUM(A1)", "region": "'-2"} {
		if got := column("labs", name); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if raw := export(t, store, "events", "json", ""); !strings.Contains(raw, `"=HYPERLINK(1)"`) {
		t.Error("JSON isn't as it was sent")
	}
}

func TestEveryRelationIsExported(t *testing.T) {
	store := migrated(t)
	for _, relation := range clickhouse.Exportable() {
		head, rows, _ := strings.Cut(export(t, store, relation, "csv", ""), "\n")
		if relation == "indicators" && rows == "" || strings.Contains(rows, `\N`) { // most have no cap
			t.Errorf("%s: %s", relation, rows)
		}
		for _, column := range strings.Fields(contract()[relation]) {
			if !slices.Contains(strings.Split(head, ","), column) {
				t.Errorf("%s has no column %s: %s", relation, column, head)
			}
		}
	}
	var rows []json.RawMessage
	if err := json.Unmarshal([]byte(export(t, store, "indicators", "json", "atelier-nord")), &rows); err != nil || len(rows) != len(schemas.DefaultCatalogue().Indicators) {
		t.Errorf("%d indicators, %v", len(rows), err)
	}
}

func TestExportsThatCannotBe(t *testing.T) {
	store := migrated(t)
	for _, c := range [][2]string{{"rejections", "csv"}, {"events; DROP TABLE events", "csv"}, {"labs", "xml"}} {
		if _, err := store.Export(t.Context(), c[0], c[1], ""); err == nil {
			t.Errorf("%v is exported", c)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.Export(ctx, "labs", "json", ""); err == nil || strings.Contains(err.Error(), "param_lab") {
		t.Error(err)
	}
	other, err := clickhouse.Open(clickhouse.Config{URL: store.Where() + "_missing"})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Export(t.Context(), "labs", "json", ""); err == nil || !strings.Contains(err.Error(), "export labs: ClickHouse answers") {
		t.Error(err)
	}
}

func TestRecentEvents(t *testing.T) {
	store := withEvents(t)
	seqs := func(limit int, before uint64) (out []uint64) {
		t.Helper()
		events, err := store.RecentEvents(t.Context(), "atelier-nord", limit, before)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.ID == uuid.Nil || e.Kind != "training.held" || e.Retracted != (e.StreamSeq == 6) || e.Data == "" {
				t.Errorf("%+v", e)
			}
			out = append(out, e.StreamSeq)
		}
		return out
	}
	if got := seqs(10, 0); !slices.Equal(got, []uint64{6, 4, 2}) {
		t.Error(got)
	}
	if got := seqs(1, 6); !slices.Equal(got, []uint64{4}) {
		t.Error(got)
	}
	if got := seqs(10, 2); len(got) != 0 {
		t.Error(got)
	}
}
