package clickhouse_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/rollup"
	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// sentAlong are the tables that queries get with the statement, none of which has rows here.
var sentAlong = map[string]map[string]string{
	"cell_events":        {"touched": "lab String, kind String, local_day Date"},
	"cell_events_before": {"touched": "lab String, kind String, local_day Date"},
	"cell_writes":        {"touched": "local_day Date, cell UInt64"},
	"moved":              {"ids": "lab String, id UUID"},
	"latest_of_ids":      {"ids": "id UUID"},
	"explain_versions":   {"ids": "id UUID"},
}

// byName are parameters of which not every value of the type will do; "commitment_status" has a lab and a day.
var byName = map[string]string{"relation": "commitment_status", "lab_column": "lab", "day_column": "as_of", "grain": "month", "id": "0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11"}

// byType are other parameters.
var byType = map[string]string{"String": "2026-Q1", "Bool": "false", "Date": "2026-03-31", "UUID": byName["id"], "UInt8": "3", "UInt32": "3", "UInt64": "3", "Int64": "3", "DateTime('UTC')": "2026-03-31 00:00:00",
	"Array(String)": "['T01','D02']", "Array(UInt64)": "[1,2]", "Array(Date)": "['2026-03-31']"}

var parameter = regexp.MustCompile(`\{(\w+):([^}]+)\}`)

// With two shards the engine plans each query of the store's that reads as on a real cluster, of all labs and of one, which is on one shard: none is refused.
func TestTheStoresQueriesAreAnsweredByTwoShards(t *testing.T) {
	cluster, store := laidOut(t, schemas.Cluster{Name: testkit.TwoShards, ByLab: true})
	settings := url.Values{}
	for name, values := range cluster.Asked()[0].Parameters { // as the store sends them
		if !strings.HasPrefix(name, "param_") && !slices.Contains([]string{"query", "query_id", "compress", "decompress"}, name) {
			settings[name] = values
		}
	}
	settings.Set("database", store.Database())
	files, err := filepath.Glob("queries/*.sql")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d queries, %v", len(files), err)
	}
	asked := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		query, err := schemas.WriteOut(string(raw))
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".sql")
		if !reads(query) || name == "freeze_former" || strings.HasPrefix(name, "digest_") { // the last ones need something around them, and are asked below
			continue
		}
		for _, lab := range []string{"", "atelier-nord"} {
			if lab != "" && !strings.Contains(query, "{lab:") {
				continue
			}
			values := maps.Clone(settings)
			for _, p := range parameter.FindAllStringSubmatch(query, -1) {
				values.Set("param_"+p[1], valueOf(p[1], p[2], lab))
			}
			if err := askWith(cluster.URL, query, values, sentAlong[name]); err != nil {
				t.Errorf("%s, of lab %q: %v", name, lab, err)
			}
			asked++
		}
	}
	if asked < 120 {
		t.Errorf("%d queries were asked", asked)
	}

	for _, d := range []clickhouse.Digested{clickhouse.DigestedVersions, clickhouse.DigestedEvents, clickhouse.DigestedCells, clickhouse.DigestedFigures} {
		if err := store.EachDigest(t.Context(), d, clickhouse.LabRange{}, "month", exportDay, func(string, uint64, uint64) {}); err != nil {
			t.Error(err)
		}
	}
	// A scratch database lies on one server, and is filled from the shards.
	scratch, err := store.NewScratch(t.Context(), schemas.DefaultZone, schemas.DefaultCatalogue())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := scratch.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	approvals := []clickhouse.WaitingApproval{{Lab: "atelier-nord", Period: "2026-Q1", Seq: 7}}
	frozen := clickhouse.FrozenPeriod{Name: "2026-Q1", Grain: "quarter", Starts: exportDay, Ends: exportDay.AddDate(0, 0, 1)}
	_, err = scratch.Fill(t.Context(), approvals)
	if err := errors.Join(err, scratch.Add(t.Context(), rollup.NewRules(schemas.DefaultCatalogue()), nil),
		scratch.Freeze(t.Context(), approvals, frozen), scratch.Mark(t.Context(), approvals, frozen)); err != nil {
		t.Error(err)
	}
}

var comment = regexp.MustCompile(`(?m)^--.*\n`)

// reads says that a statement changes nothing.
func reads(query string) bool {
	first := strings.TrimSpace(comment.ReplaceAllString(query, ""))
	return strings.HasPrefix(first, "SELECT") || strings.HasPrefix(first, "WITH")
}

func valueOf(name, of, lab string) string {
	if name == "lab" {
		return lab
	}
	return cmp.Or(byName[name], byType[of])
}

// askWith runs a query with tables that have no rows.
func askWith(at, query string, values url.Values, tables map[string]string) error {
	values.Set("query", query)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, structure := range tables {
		values.Set(name+"_structure", structure)
		if _, err := form.CreateFormFile(name, name); err != nil {
			return err
		}
	}
	if err := form.Close(); err != nil {
		return err
	}
	u, err := url.Parse(at)
	if err != nil {
		return err
	}
	u.Path, u.RawQuery = "/", values.Encode()
	response, err := http.Post(u.String(), form.FormDataContentType(), &body)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, bytes.TrimSpace(answer))
	}
	return err
}
