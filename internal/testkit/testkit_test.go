package testkit_test

import (
	"context"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestNATS(t *testing.T) {
	nc, err := nats.Connect(testkit.NATS(t))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "s.1", []byte("x")); err != nil {
		t.Fatal(err)
	}
}

func TestClickHouse(t *testing.T) {
	first, second := testkit.ClickHouse(t), testkit.ClickHouse(t)
	if first == second {
		t.Fatalf("two databases have one address, %s", first)
	}
	opts, err := clickhouse.ParseDSN(first)
	if err != nil {
		t.Fatal(err)
	}
	db := clickhouse.OpenDB(opts)
	defer func() { _ = db.Close() }()
	for _, sql := range []string{"CREATE TABLE t (x UInt8) ENGINE = MergeTree ORDER BY x", "INSERT INTO t VALUES (1), (2)"} {
		if _, err := db.ExecContext(context.Background(), sql); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT count() FROM t").Scan(&n); err != nil || n != 2 {
		t.Fatalf("count is %d, %v", n, err)
	}
}
