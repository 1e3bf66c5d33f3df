package chd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/compress"
)

// TestNativeBlocksThatLie has blocks that announce more than they hold: they are refused, and take no
// memory for it.
func TestNativeBlocksThatLie(t *testing.T) {
	huge := []byte{0xff, 0xff, 0xff, 0xff, 0x7f} // 34 billion
	most := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}
	for name, block := range map[string][]byte{
		"a column's name":     append([]byte{1, 1}, huge...),
		"a type's name":       append([]byte{1, 1, 1, 'x'}, huge...),
		"rows":                append(append([]byte{1}, most...), 1, 'x', 5, 'U', 'I', 'n', 't', '8'),
		"a string":            nativeBlock(1, "String", most...),
		"an array":            nativeBlock(1, "Array(UInt256)", 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x07),
		"keys":                nativeBlock(1, "LowCardinality(String)", append(make([]byte, 8), 0, 2, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)...),
		"a string's length":   nativeBlock(1, "FixedString(9223372036854775807)", 0),
		"no end of a varint":  bytes.Repeat([]byte{0xff}, 100),
		"half a column's end": {1, 1, 1, 'x', 6, 'U'},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := rewriteAll(block, 0)
		runtime.ReadMemStats(&after)
		if err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: accepted, or taken for the end: %v", name, err)
		}
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 4<<20 {
			t.Errorf("%s: took %d bytes", name, taken)
		}
	}
}

// TestFramesCutShort checks that a body in frames ends between two of them, and that an error stays.
func TestFramesCutShort(t *testing.T) {
	for _, method := range []compress.Method{compress.LZ4, compress.ZSTD, compress.None} {
		w := compress.NewWriter(compress.LevelZero, method)
		if err := w.Compress([]byte(strings.Repeat("row\n", 100))); err != nil {
			t.Fatal(err)
		}
		one := bytes.Clone(w.Data)
		body := append(bytes.Clone(one), one...)
		for cut := range body {
			r := newFrameReader(bytes.NewReader(body[:cut]))
			data, err := io.ReadAll(r)
			if whole := cut%len(one) == 0; whole != (err == nil) {
				t.Errorf("method %d: %d of %d bytes give %d: %v", method, cut, len(body), len(data), err)
			}
			if n, again := r.Read(make([]byte, 10)); n != 0 || again == nil {
				t.Errorf("method %d: after %v come %d bytes", method, err, n)
			}
		}
	}
}

// TestRequestsThatLie has numbers that overflow and forms without end.
func TestRequestsThatLie(t *testing.T) {
	read := func(query, contentType, body string) error {
		r := httptest.NewRequest(http.MethodPost, "/?"+query, strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		q, err := readRequest(r)
		if err == nil {
			q.close()
		}
		return err
	}
	for _, seconds := range []string{"0", "-1", "3601", "18446744074", "-9223372036", "9223372037", "1e3"} {
		var e *Exception
		if err := read("session_id=a&session_timeout="+seconds, "", ""); !asType(err, &e) || e.Code != codeInvalidSessionTime {
			t.Errorf("a session of %s s: %v", seconds, err)
		}
	}
	var form strings.Builder
	for i := range maxFormParts + 1 {
		fmt.Fprintf(&form, "--b\r\nContent-Disposition: form-data; name=\"param_%d\"\r\n\r\nx\r\n", i)
	}
	var e *Exception
	if err := read("", "multipart/form-data; boundary=b", form.String()+"--b--\r\n"); !asType(err, &e) || e.Code != codeQueryTooLarge {
		t.Errorf("a form of %d parts: %v", maxFormParts+1, err)
	}
}
