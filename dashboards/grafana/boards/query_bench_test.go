package boards

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"vitrine/dashboards/grafana/kit"
	"vitrine/internal/bench/latency"
	"vitrine/internal/pages"
)

// BenchmarkQueries runs each dashboard's queries one after the other, as it opens, and reports how long all of them and the slowest
// take. It asks a demo, or a filled database that is named:
//
//	go test ./boards -run '^$' -bench Queries -benchtime 30x -args -clickhouse http://127.0.0.1:8123
func BenchmarkQueries(b *testing.B) {
	all, err := Build("")
	if err != nil {
		b.Fatal(err)
	}
	db := demo(b)
	var places []latency.Place
	for _, board := range all {
		if board.Lang != pages.French { // the other language differs in words
			continue
		}
		queries := expandedOf(b, db, board)
		if len(queries) == 0 {
			continue // it asks Prometheus alone
		}
		var last latency.Place
		b.Run("dashboard="+*board.Dashboard.Uid, func(b *testing.B) {
			b.ReportAllocs()
			var whole, each latency.Times
			for b.Loop() {
				began := time.Now()
				for _, q := range queries {
					asked := time.Now()
					if _, err := db.query(b.Context(), q.sql); err != nil {
						b.Fatalf("%s: %v", q.name, err)
					}
					each.Add(q.name, time.Since(asked))
				}
				whole.Add("whole", time.Since(began))
			}
			last = latency.Place{Name: *board.Dashboard.Uid, Whole: whole.Rows()[0], Slowest: each.Rows()[0]}
			b.ReportMetric(float64(len(queries)), "queries/op")
			b.ReportMetric(latency.Milliseconds(last.Whole.P50), "p50-ms")
			b.ReportMetric(latency.Milliseconds(last.Whole.P99), "p99-ms")
			b.ReportMetric(latency.Milliseconds(last.Slowest.P50), "slowest-query-p50-ms")
			b.ReportMetric(latency.Milliseconds(last.Slowest.P99), "slowest-query-p99-ms")
		})
		if last.Name != "" {
			places = append(places, last)
		}
	}
	if err := latency.WriteFile(*tableFlag, places); err != nil {
		b.Fatal(err)
	}
}

// asked is a query as ClickHouse gets it.
type asked struct{ name, sql string }

// expandedOf are the queries of a dashboard's variables and panels, with what is chosen when it opens.
func expandedOf(b *testing.B, db running, board kit.Built) []asked {
	b.Helper()
	now := time.Now().UTC()
	e := expander{from: now.AddDate(-1, 0, 0), to: now, interval: 6 * time.Hour, variables: map[string]chosen{}}
	var out []asked
	for _, v := range board.Dashboard.Templating.List {
		sql, choice := chosenAtFirst(v)
		if sql != "" {
			expanded, err := e.expand(sql)
			if err != nil {
				b.Fatal(err)
			}
			out = append(out, asked{"variable " + v.Name, expanded})
			got, err := db.query(context.Background(), expanded)
			if err != nil {
				b.Fatal(err)
			}
			choice = choiceOf(v, got)
		}
		e.variables[v.Name] = choice
	}
	for _, p := range panelsOf(board.Dashboard) {
		for i, target := range p.Targets {
			if q, ok := target.(kit.Query); ok {
				expanded, err := e.expand(q.RawSQL)
				if err != nil {
					b.Fatal(err)
				}
				name := *p.Title
				if i > 0 {
					name = fmt.Sprintf("%s (%d)", name, i+1)
				}
				out = append(out, asked{strings.Join(strings.Fields(name), " "), expanded})
			}
		}
	}
	return out
}
