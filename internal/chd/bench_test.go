package chd

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// BenchmarkPool measures how many aggregating statements end per second, for
// several sizes of the pool; it is what DefaultPool was chosen by.
func BenchmarkPool(b *testing.B) {
	for _, size := range []int{1, 2, 4, 8, 16} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			e := serve(b, func(c *Config) { c.Pool = size })
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					post(b, e, "SELECT number % 1000 AS k, sum(number) FROM numbers(300000) GROUP BY k FORMAT Null")
				}
			})
		})
	}
}

// BenchmarkSmall measures the cost of a statement that does nothing.
func BenchmarkSmall(b *testing.B) {
	e := serve(b, nil)
	for _, query := range []string{"", "max_block_size=1000", "session_id=b"} {
		b.Run("?"+query, func(b *testing.B) {
			for b.Loop() {
				resp, err := http.Post(e.URL+"/?"+query, "", strings.NewReader("SELECT 1"))
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
		})
	}
}

// BenchmarkNative measures the rewriting of Native blocks, in bytes of the result.
func BenchmarkNative(b *testing.B) {
	e := serve(b, nil)
	const query = "SELECT number, toString(number), [number, number + 1] FROM numbers(2000000) FORMAT Native"
	for _, revision := range []string{"0", "54477"} {
		b.Run(revision, func(b *testing.B) {
			for b.Loop() {
				resp, err := http.Post(e.URL+"/?client_protocol_version="+revision, "", strings.NewReader(query))
				if err != nil {
					b.Fatal(err)
				}
				n, _ := io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				b.SetBytes(n)
			}
		})
	}
}

// BenchmarkInsert measures columnar batches of 50,000 rows by clickhouse-go.
func BenchmarkInsert(b *testing.B) {
	e := serve(b, nil)
	post(b, e, "CREATE OR REPLACE TABLE bench (lab LowCardinality(String), n UInt64, s String) ENGINE = MergeTree ORDER BY (lab, n)")
	const rows = 50_000
	labs, ns, ss := make([]string, rows), make([]uint64, rows), make([]string, rows)
	for i := range rows {
		labs[i], ns[i], ss[i] = fmt.Sprint("lab", i%1000), uint64(i), fmt.Sprintf("some text %d", i)
	}
	c, err := clickhouse.Open(e.options(b, clickhouse.CompressionLZ4))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	var total atomic.Int64
	for b.Loop() {
		batch, err := c.PrepareBatch(b.Context(), "INSERT INTO bench")
		if err != nil {
			b.Fatal(err)
		}
		for i, column := range []any{labs, ns, ss} {
			if err := batch.Column(i).Append(column); err != nil {
				b.Fatal(err)
			}
		}
		if err := batch.Send(); err != nil {
			b.Fatal(err)
		}
		total.Add(rows)
	}
	b.ReportMetric(float64(total.Load())/b.Elapsed().Seconds(), "rows/s")
	post(b, e, "DROP TABLE bench")
}

func post(b *testing.B, e *endpoint, sql string) {
	resp, err := http.Post(e.URL, "", strings.NewReader(sql))
	if err != nil {
		b.Error(err)
		return
	}
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b.Error(string(body))
	}
}
