package chd

import (
	"context"
	"fmt"
	"math/big"
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/ext"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

func (e *endpoint) options(t testing.TB, method clickhouse.CompressionMethod) *clickhouse.Options {
	t.Helper()
	u, err := url.Parse(e.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &clickhouse.Options{
		Protocol: clickhouse.HTTP, Addr: []string{u.Host}, Auth: clickhouse.Auth{Database: "default", Username: "default"},
		Compression: &clickhouse.Compression{Method: method},
	}
}

func (e *endpoint) open(t testing.TB, method clickhouse.CompressionMethod) driver.Conn {
	t.Helper()
	c, err := clickhouse.Open(e.options(t, method))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// typeCase is a column type with values that must survive a round trip.
type typeCase struct {
	typ    string
	values []any
}

func ptr[T any](v T) *T { return &v }

func typeCases() []typeCase {
	at := time.Date(2026, 3, 29, 1, 59, 59, 123e6, time.UTC)
	id := uuid.MustParse("018f0000-0000-7000-8000-0123456789ab")
	return []typeCase{
		{"String", []any{"", "é\x00\n\n;'", string(make([]byte, 70000))}},
		{"LowCardinality(String)", []any{"a", "b", "a"}},
		{"LowCardinality(Nullable(String))", []any{ptr("a"), (*string)(nil), ptr("a")}},
		{"FixedString(3)", []any{"abc", "def"}},
		{"UUID", []any{id, uuid.Nil}},
		{"UInt8", []any{uint8(0), uint8(255)}},
		{"UInt16", []any{uint16(0), uint16(65535)}},
		{"UInt32", []any{uint32(0), uint32(1 << 31)}},
		{"UInt64", []any{uint64(0), uint64(1<<64 - 1)}},
		{"UInt128", []any{big.NewInt(0), new(big.Int).Lsh(big.NewInt(3), 120)}},
		{"UInt256", []any{big.NewInt(1), new(big.Int).Lsh(big.NewInt(3), 250)}},
		{"Int8", []any{int8(-128), int8(127)}},
		{"Int16", []any{int16(-1), int16(1)}},
		{"Int32", []any{int32(-1), int32(1)}},
		{"Int64", []any{int64(-1 << 63), int64(1)}},
		{"Int128", []any{big.NewInt(-5), new(big.Int).Lsh(big.NewInt(1), 100)}},
		{"Float32", []any{float32(1.5)}},
		{"Float64", []any{1.5, -0.25, 1e300}},
		{"Decimal(38, 6)", []any{decimal.RequireFromString("-12345678901234567890.123456"), decimal.Zero}},
		{"Date", []any{time.Date(2026, 2, 28, 0, 0, 0, 0, time.UTC)}},
		{"Date32", []any{time.Date(1950, 2, 28, 0, 0, 0, 0, time.UTC)}},
		{"DateTime", []any{at.Truncate(time.Second)}},
		{"DateTime('Europe/Paris')", []any{at.Truncate(time.Second)}},
		{"DateTime64(3, 'UTC')", []any{at}},
		{"Bool", []any{true, false}},
		{"Enum8('a' = 1, 'b' = 2)", []any{"a", "b"}},
		{"Enum16('a' = 1, 'b' = 1000)", []any{"b", "a"}},
		{"IPv4", []any{}},
		{"Nullable(UInt32)", []any{ptr(uint32(7)), (*uint32)(nil)}},
		{"Nullable(Decimal(38, 6))", []any{ptr(decimal.RequireFromString("1.5")), (*decimal.Decimal)(nil)}},
		{"Array(UInt8)", []any{[]uint8{1, 2}, []uint8{}}},
		{"Array(Array(Int64))", []any{[][]int64{{1}, {}, {2, 3}}, [][]int64{}}},
		{"Array(LowCardinality(String))", []any{[]string{"x", "y", "x"}, []string{}, []string{"x"}}},
		{"Array(Nullable(String))", []any{[]*string{ptr("x"), nil}}},
		{"Map(LowCardinality(String), Decimal(38, 6))", []any{
			map[string]decimal.Decimal{"a": decimal.RequireFromString("1.25"), "b": decimal.RequireFromString("-3")},
			map[string]decimal.Decimal{},
		}},
		{"Map(String, String)", []any{map[string]string{"k": "v"}, map[string]string{}}},
		{"Tuple(a UInt8, b LowCardinality(String))", []any{map[string]any{"a": uint8(1), "b": "x"}}},
		{"Tuple(UInt8, String)", []any{[]any{uint8(1), "x"}}},
		{"Array(Tuple(d Date, v Decimal(18, 2)))", []any{[]map[string]any{{"d": time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), "v": decimal.RequireFromString("2.5")}}}},
	}
}

func methods() []clickhouse.CompressionMethod {
	return []clickhouse.CompressionMethod{clickhouse.CompressionNone, clickhouse.CompressionLZ4, clickhouse.CompressionZSTD, clickhouse.CompressionGZIP}
}

func same(a, b any) bool {
	switch a := a.(type) {
	case time.Time:
		return a.Equal(b.(time.Time))
	case decimal.Decimal:
		return a.Equal(b.(decimal.Decimal))
	case *big.Int:
		b := b.(*big.Int)
		return a.Cmp(b) == 0
	}
	// Decimals and times within print alike when they are alike.
	return reflect.DeepEqual(a, b) || fmt.Sprint(deref(a)) == fmt.Sprint(deref(b))
}

func deref(v any) any {
	if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && !r.IsNil() {
		return r.Elem().Interface()
	}
	return v
}

func TestDriverTypes(t *testing.T) {
	e := serve(t, nil)
	for _, method := range methods() {
		c := e.open(t, method)
		for _, tc := range typeCases() {
			t.Run(method.String()+"/"+tc.typ, func(t *testing.T) {
				ctx := t.Context()
				table := e.table(t)
				if err := c.Exec(ctx, "CREATE TABLE "+table+" (n UInt32, v "+tc.typ+") ENGINE = MergeTree ORDER BY n"); err != nil {
					t.Fatal(err)
				}
				batch, err := c.PrepareBatch(ctx, "INSERT INTO "+table)
				if err != nil {
					t.Fatal(err)
				}
				for i, v := range tc.values {
					if err := batch.Append(uint32(i), v); err != nil {
						t.Fatal(err)
					}
				}
				if err := batch.Send(); err != nil {
					t.Fatal(err)
				}
				rows, err := c.Query(ctx, "SELECT v FROM "+table+" ORDER BY n")
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = rows.Close() }()
				n := 0
				for rows.Next() {
					got := reflect.New(rows.ColumnTypes()[0].ScanType())
					if err := rows.Scan(got.Interface()); err != nil {
						t.Fatal(err)
					}
					if got := got.Elem().Interface(); !same(tc.values[n], got) {
						t.Errorf("row %d: put %#v, got %#v", n, tc.values[n], got)
					}
					n++
				}
				if err := rows.Err(); err != nil {
					t.Fatal(err)
				}
				if n != len(tc.values) {
					t.Errorf("put %d rows, got %d", len(tc.values), n)
				}
			})
		}
	}
}

func TestDriverNested(t *testing.T) {
	e := serve(t, nil)
	c := e.open(t, clickhouse.CompressionLZ4)
	ctx := t.Context()
	table := e.table(t)
	if err := c.Exec(ctx, "CREATE TABLE "+table+" (id UInt8, n Nested(k LowCardinality(String), v UInt32)) ENGINE = MergeTree ORDER BY id"); err != nil {
		t.Fatal(err)
	}
	batch, err := c.PrepareBatch(ctx, "INSERT INTO "+table+" (id, n.k, n.v)")
	if err != nil {
		t.Fatal(err)
	}
	if err := batch.Append(uint8(1), []string{"a", "b"}, []uint32{1, 2}); err != nil {
		t.Fatal(err)
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
	var keys []string
	var values []uint32
	if err := c.QueryRow(ctx, "SELECT n.k, n.v FROM "+table).Scan(&keys, &values); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(keys, values) != "[a b] [1 2]" {
		t.Error(keys, values)
	}
}

func TestDriverColumnarBatch(t *testing.T) {
	e := serve(t, nil)
	for _, method := range methods() {
		c := e.open(t, method)
		ctx := t.Context()
		table := e.table(t)
		if err := c.Exec(ctx, "CREATE TABLE "+table+" (id UUID, lab LowCardinality(String), n UInt64, tags Array(String)) ENGINE = MergeTree ORDER BY n"); err != nil {
			t.Fatal(err)
		}
		const rows = 50_000
		ids, labs, ns, tags := make([]uuid.UUID, rows), make([]string, rows), make([]uint64, rows), make([][]string, rows)
		for i := range rows {
			ids[i], labs[i], ns[i], tags[i] = uuid.New(), fmt.Sprint("lab", i%1000), uint64(i), []string{"x", "y"}[:i%3%2]
		}
		batch, err := c.PrepareBatch(ctx, "INSERT INTO "+table)
		if err != nil {
			t.Fatal(err)
		}
		for i, column := range []any{ids, labs, ns, tags} {
			if err := batch.Column(i).Append(column); err != nil {
				t.Fatal(err)
			}
		}
		if err := batch.Send(); err != nil {
			t.Fatal(err)
		}
		result, err := c.Query(ctx, "SELECT id, lab, n, tags FROM "+table+" ORDER BY n")
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for result.Next() {
			var id uuid.UUID
			var lab string
			var num uint64
			var tag []string
			if err := result.Scan(&id, &lab, &num, &tag); err != nil {
				t.Fatal(err)
			}
			if id != ids[n] || lab != labs[n] || num != uint64(n) || len(tag) != len(tags[n]) {
				t.Fatalf("row %d differs", n)
			}
			n++
		}
		if err := result.Err(); err != nil || n != rows {
			t.Fatalf("got %d rows of %d, %v", n, rows, err)
		}
	}
}

func TestDriverStandardLibrary(t *testing.T) {
	e := serve(t, nil)
	for _, method := range []clickhouse.CompressionMethod{clickhouse.CompressionNone, clickhouse.CompressionLZ4} {
		db := clickhouse.OpenDB(e.options(t, method))
		ctx := t.Context()
		if err := db.PingContext(ctx); err != nil {
			t.Fatal(err)
		}
		table := e.table(t)
		if _, err := db.ExecContext(ctx, "CREATE TABLE "+table+" (k String, v Nullable(Int64)) ENGINE = MergeTree ORDER BY k"); err != nil {
			t.Fatal(err)
		}
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		st, err := tx.PrepareContext(ctx, "INSERT INTO "+table)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := st.ExecContext(ctx, "a", int64(1)); err != nil {
			t.Fatal(err)
		}
		if _, err := st.ExecContext(ctx, "b", nil); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := db.QueryRowContext(ctx, "SELECT count() FROM "+table+" WHERE k IN ({ks:Array(String)})", clickhouse.Named("ks", []string{"a", "b"})).Scan(&n); err != nil || n != 2 {
			t.Errorf("count %d, %v", n, err)
		}
		_ = db.Close()
	}
}

func TestDriverBoundParameters(t *testing.T) {
	c := serve(t, nil).open(t, clickhouse.CompressionLZ4)
	var s string
	var n uint64
	var a []string
	var at time.Time
	want := "quote ' back \\ tab \t line \n {x} ;--"
	ctx := clickhouse.Context(t.Context(), clickhouse.WithParameters(clickhouse.Parameters{
		"s": "quote \\' back \\\\ tab \\t line \\n {x} ;--", "n": "18446744073709551615", "a": "['x','y\\'']", "at": "2026-01-02 03:04:05.678",
	}))
	err := c.QueryRow(ctx, "SELECT {s:String}, {n:UInt64}, {a:Array(String)}, {at:DateTime64(3, 'UTC')}").Scan(&s, &n, &a, &at)
	if err != nil {
		t.Fatal(err)
	}
	if s != want || n != 1<<64-1 || fmt.Sprint(a) != "[x y']" || at.UnixMilli() != 1767323045678 {
		t.Errorf("%q %d %q %v", s, n, a, at)
	}
	// They are gone afterwards.
	if err := c.QueryRow(t.Context(), "SELECT {s:String}").Scan(&s); err == nil {
		t.Error("a parameter of one statement was seen by the next")
	}
}

func TestDriverEmptyResult(t *testing.T) {
	c := serve(t, nil).open(t, clickhouse.CompressionLZ4)
	rows, err := c.Query(t.Context(), "SELECT number AS n, toString(number) AS s FROM numbers(3) WHERE number > 5")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	if rows.Next() {
		t.Error("there is a row")
	}
	if err := rows.Err(); err != nil {
		t.Error(err)
	}
}

func TestDriverExceptions(t *testing.T) {
	e := serve(t, nil)
	for _, method := range methods() {
		c := e.open(t, method)
		var ex *clickhouse.Exception
		err := c.Exec(t.Context(), "SELECT * FROM nowhere")
		if !asType(err, &ex) || ex.Code != 60 {
			t.Errorf("%s: Exec: %v", method, err)
		}
		_, err = c.Query(t.Context(), "SELECT nothing FROM numbers(1)")
		if !asType(err, &ex) || ex.Code != 47 {
			t.Errorf("%s: Query: %v", method, err)
		}
		// It comes after more than 1 MiB of the result.
		rows, err := c.Query(t.Context(), "SELECT hex(sipHash128(number)), hex(sipHash128(number + 1)), throwIf(number = 150000) FROM numbers(160000)")
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		n := 0
		for rows.Next() {
			n++
		}
		if err := rows.Err(); !asType(err, &ex) || ex.Code != 395 {
			t.Errorf("%s: after %d rows: %v", method, n, err)
		}
		_ = rows.Close()
	}
}

func TestDriverExternalTables(t *testing.T) {
	e := serve(t, nil)
	for _, method := range []clickhouse.CompressionMethod{clickhouse.CompressionNone, clickhouse.CompressionLZ4} {
		c := e.open(t, method)
		keys := func(n int) *ext.Table {
			table, err := ext.NewTable("keys", ext.Column("id", "UUID"), ext.Column("lab", "LowCardinality(String)"), ext.Column("n", "UInt64"))
			if err != nil {
				t.Fatal(err)
			}
			for i := range n {
				if err := table.Append(uuid.New(), fmt.Sprint("lab", i%7), uint64(i)); err != nil {
					t.Fatal(err)
				}
			}
			return table
		}
		ctx := clickhouse.Context(t.Context(), clickhouse.WithExternalTable(keys(20_000)))
		var n, sum uint64
		if err := c.QueryRow(ctx, "SELECT count(), sum(n) FROM keys").Scan(&n, &sum); err != nil || n != 20_000 || sum != 19999*10000 {
			t.Errorf("count %d, sum %d, %v", n, sum, err)
		}
		table := e.table(t)
		if err := c.Exec(t.Context(), "CREATE TABLE "+table+" (id UUID, lab String, n UInt64) ENGINE = MergeTree ORDER BY n"); err != nil {
			t.Fatal(err)
		}
		ctx = clickhouse.Context(t.Context(), clickhouse.WithExternalTable(keys(100)))
		if err := c.Exec(ctx, "INSERT INTO "+table+" SELECT id, lab, n FROM keys"); err != nil {
			t.Fatal(err)
		}
		if err := c.QueryRow(t.Context(), "SELECT count() FROM "+table).Scan(&n); err != nil || n != 100 {
			t.Errorf("%d rows inserted, %v", n, err)
		}
		// The table is gone with its statement.
		if err := c.QueryRow(t.Context(), "SELECT count() FROM keys").Scan(&n); err == nil {
			t.Error("an external table outlived its statement")
		}
		// Both at once: an empty table, and a bound parameter.
		ctx = clickhouse.Context(t.Context(), clickhouse.WithExternalTable(keys(0)), clickhouse.WithParameters(clickhouse.Parameters{"x": "5"}))
		if err := c.QueryRow(ctx, "SELECT count() + {x:UInt64} FROM keys").Scan(&n); err != nil || n != 5 {
			t.Errorf("with an empty table: %d, %v", n, err)
		}
	}
}

func TestDriverSettings(t *testing.T) {
	c := serve(t, nil).open(t, clickhouse.CompressionNone)
	ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"max_block_size": 777, "insert_deduplicate": 0}))
	var n uint64
	if err := c.QueryRow(ctx, "SELECT toUInt64(getSetting('max_block_size'))").Scan(&n); err != nil || n != 777 {
		t.Errorf("%d, %v", n, err)
	}
	if err := c.QueryRow(context.Background(), "SELECT toUInt64(getSetting('max_block_size'))").Scan(&n); err != nil || n == 777 {
		t.Errorf("a setting of one statement was seen by the next: %d, %v", n, err)
	}
}
