package chd

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"

	chproto "github.com/ClickHouse/ch-go/proto"
)

// TestNativeSkip checks that the fast way and clickhouse-go's decoder find the
// same ends, and that what they rewrite can be read at the client's revision.
func TestNativeSkip(t *testing.T) {
	serve(t, nil)
	c, err := shared.engine.lib.open(shared.engine.args)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for _, tc := range typeCases() {
		if _, err := parseNativeType(tc.typ); err != nil {
			t.Errorf("%s isn't known to the fast way", tc.typ)
		}
	}
	for _, expr := range []string{
		"number", "toString(number)", "toLowCardinality(toString(number % 300))", "toLowCardinality(if(number % 3 = 0, NULL, toString(number % 70000)))",
		"[[number], [], range(number % 5)]", "map(toLowCardinality(toString(number % 7)), toDecimal128(number, 6))", "(number, toString(number), [toLowCardinality('a')])",
		"CAST((number, 'x'), 'Tuple(a UInt64, `b c` String)')", "if(number % 2 = 0, NULL, number)", "toFixedString('abc', 5)", "toDecimal256(number, 3)",
		"arrayResize(CAST([], 'Array(LowCardinality(String))'), 0)", "CAST(map(), 'Map(String, Array(LowCardinality(Nullable(String))))')", "generateUUIDv4()", "now64(6)",
		"toIPv6('::1')", "CAST('a', 'Enum8(\\'a\\' = 1, \\'(b)\\' = 2)')", "NULL", "tuple()", "toIntervalDay(number)", "[]", "CAST(number, 'Point') AS p",
	} {
		for _, rows := range []string{"1", "70000"} {
			r, err := c.query("SELECT "+expr+" AS v, 'end' AS e FROM numbers("+rows+")", "Native", nil)
			if err != nil {
				continue // not an expression of this engine's
			}
			data := bytes.Clone(r.bytes())
			r.close()
			fast, ferr := rewrite(data, false)
			slow, serr := rewrite(data, true)
			if serr != nil {
				continue // clickhouse-go doesn't know the type, so no client asks for it
			}
			if ferr != nil || !bytes.Equal(fast, slow) {
				t.Errorf("%s, %s rows: %d and %d bytes, %v", expr, rows, len(fast), len(slow), ferr)
				continue
			}
			reader := chproto.NewReader(bytes.NewReader(fast))
			n := 0
			for {
				block := proto.NewBlock()
				err := block.Decode(reader, 54477)
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Errorf("%s: %v", expr, err)
					break
				}
				n += block.Rows()
			}
			if n != 1 && n != 70000 {
				t.Errorf("%s: %d rows of %s", expr, n, rows)
			}
		}
	}
}

// rewrite rewrites all blocks, by the decoder alone if slow.
func rewrite(data []byte, slow bool) ([]byte, error) {
	n := newNativeRewriter(bytes.NewReader(data), 54477, time.UTC)
	n.decodeAll = slow
	return n.all()
}

// all rewrites what is left.
func (n *nativeRewriter) all() ([]byte, error) {
	var out []byte
	for {
		var err error
		if out, err = n.next(out); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, err
		}
	}
}
