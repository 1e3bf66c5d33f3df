package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/internal/testkit"
	"vitrine/producers/simulator"
	"vitrine/schemas"
)

const queriesFolder = "../../dashboards/queries"

// analystQuery is a worked query with what its comment says.
type analystQuery struct {
	file, sql string
	fr, en    string   // the question
	columns   []string // of the result
}

func analystQueries(t *testing.T) []analystQuery {
	t.Helper()
	files, err := filepath.Glob(queriesFolder + "/*.sql")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d queries, want 20 or more; %v", len(files), err)
	}
	var all []analystQuery
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		q := analystQuery{file: filepath.Base(path), sql: string(raw)}
		comment := strings.ReplaceAll(q.sql, "\n--   ", " ")
		said := func(what string) string {
			m := regexp.MustCompile(`(?m)^-- ` + what + `: (.+)$`).FindStringSubmatch(comment)
			if m == nil {
				t.Errorf("%s: no line \"-- %s: …\" in its comment", q.file, what)
				return ""
			}
			return m[1]
		}
		q.fr, q.en, q.columns = said("FR"), said("EN"), strings.Split(said("Columns"), ", ")
		said("Lecture ")
		said("Reading")
		all = append(all, q)
	}
	return all
}

// askAnalyst runs a query as the analyst, and gives the columns' names and how many rows there are.
func askAnalyst(t *testing.T, analyst, sql string) (columns []string, rows int, err error) {
	t.Helper()
	u, err := url.Parse(analyst)
	if err != nil {
		t.Fatal(err)
	}
	query := url.Values{"database": {strings.Trim(u.Path, "/")}, "user": {u.User.Username()}, "default_format": {"JSONCompact"}}
	response, err := http.Post("http://"+u.Host+"/?"+query.Encode(), "text/plain", strings.NewReader(sql))
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("%s: %s", response.Status, raw)
	}
	var answer struct {
		Meta []struct{ Name string }
		Data []json.RawMessage
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, 0, err
	}
	for _, m := range answer.Meta {
		columns = append(columns, m.Name)
	}
	return columns, len(answer.Data), nil
}

// Each worked query runs with an analyst's rights and limits, on nothing and on a programme, and gives the columns that it says.
func TestAnalystQueries(t *testing.T) {
	service, analyst := testkit.AnalystClickHouse(t)
	store, err := clickhouse.Open(clickhouse.Config{URL: service})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if _, err := store.Migrate(t.Context(), schemas.DefaultZone, schemas.DefaultCatalogue()); err != nil {
		t.Fatal(err)
	}
	queries := analystQueries(t)
	for _, q := range queries {
		columns, _, err := askAnalyst(t, analyst, q.sql)
		if err != nil {
			t.Errorf("%s, on an empty database: %v", q.file, err)
		} else if !slices.Equal(columns, q.columns) {
			t.Errorf("%s gives %v, its comment says %v", q.file, columns, q.columns)
		}
	}
	if t.Failed() {
		return
	}
	loadProgramme(t, service, store)
	for _, q := range queries {
		began := time.Now()
		_, rows, err := askAnalyst(t, analyst, q.sql)
		if err != nil || rows == 0 {
			t.Errorf("%s, on a programme: %d rows, %v", q.file, rows, err)
		}
		t.Logf("%-32s %5d rows, %s", q.file, rows, time.Since(began).Round(time.Millisecond))
	}
	if _, _, err := askAnalyst(t, analyst, "SELECT * FROM event_store LIMIT 1"); err == nil || !strings.Contains(err.Error(), "everything else is internal") {
		t.Errorf("an internal table: %v", err)
	}
}

// loadProgramme stores a small simulated programme with approved periods.
func loadProgramme(t *testing.T, service string, store *clickhouse.Store) {
	t.Helper()
	js := testkit.Streams(t)
	programme, err := simulator.New(simulator.Config{Seed: 1, Until: time.Date(2026, 5, 13, 0, 0, 0, 0, time.UTC), Months: 6, Scale: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for m := range programme.History() {
		if n++; n%500 == 0 { // no more may be under way than the client allows
			<-js.PublishAsyncComplete()
		}
		if _, err := js.PublishAsync(m.Subject, m.Raw); err != nil {
			t.Fatal(err)
		}
	}
	<-js.PublishAsyncComplete()
	consumer, err := ingest.New(ingest.Config{JetStream: js, Store: store})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- consumer.Run(ctx) }()
	testkit.Eventually(t, 5*time.Minute, func() error {
		return ingest.WaitCounted(t.Context(), js, schemas.ConsumerDurable, nil)
	})
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	// Figures approved as they weren't: freezing each period, which the periods' own tests do, would take a minute.
	testkit.Exec(t, service, `INSERT INTO snapshot_store
		SELECT p.lab, p.period, p.approval_seq, (SELECT argMax(made_of, made_at) FROM figures_made), k.indicator, k.segment, k.value, k.numerator + 1, k.denominator
		FROM kpi_quarterly AS k INNER JOIN (SELECT lab, period, starts, approval_seq FROM period_states WHERE approval_seq > 0 AND position(period, 'Q') > 0) AS p
			ON p.lab = k.lab AND p.starts = k.quarter`)
	testkit.Exec(t, service, `INSERT INTO snapshot_marks
		SELECT lab, period, approval_seq, made_with, '', groupUniqArray(indicator), now64(3) FROM snapshot_store GROUP BY lab, period, approval_seq, made_with`)
}

// docs/analysts.md lists each query with its question.
func TestAnalystQueriesAreListed(t *testing.T) {
	page, err := os.ReadFile("../../docs/analysts.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range analystQueries(t) {
		if row := fmt.Sprintf("| [%s](../dashboards/queries/%s) | %s | *%s* |", q.file[:2], q.file, q.en, q.fr); !strings.Contains(string(page), row) {
			t.Errorf("docs/analysts.md lacks the row\n%s", row)
		}
	}
}
