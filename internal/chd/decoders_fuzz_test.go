package chd

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go/compress"
)

// nativeBlock is a block of one column.
func nativeBlock(rows byte, typ string, data ...byte) []byte {
	return append(append([]byte{1, rows, 1, 'x', byte(len(typ))}, typ...), data...)
}

// FuzzNative checks that any bytes give blocks or an error: no panic, no hang, and no more memory than
// they are worth; and that what is copied is what was there.
func FuzzNative(f *testing.F) {
	f.Add(nativeBlock(2, "UInt8", 1, 2))
	f.Add(nativeBlock(2, "String", 1, 'a', 0))
	f.Add(nativeBlock(1, "Nullable(FixedString(3))", 0, 'a', 'b', 'c'))
	f.Add(nativeBlock(1, "Array(Tuple(a UInt8, `b c` String))", 1, 0, 0, 0, 0, 0, 0, 0, 7, 1, 'x'))
	f.Add(nativeBlock(1, "LowCardinality(Nullable(String))", 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 'x', 1, 0, 0, 0, 0, 0, 0, 0, 1))
	f.Add(nativeBlock(1, "String", 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f))
	f.Add(nativeBlock(1, "Array(UInt256)", 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x07))
	f.Add(nativeBlock(9, "FixedString(2305843009213693952)", 0))
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 'x', 6, 'U', 'I', 'n', 't', '6', '4', 0})
	f.Add([]byte{1, 1, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Add(nativeBlock(1, "JSON", 0))
	f.Add(nativeBlock(1, "DateTime('Europe/Paris')", 0, 0, 0, 0))
	f.Fuzz(func(t *testing.T, in []byte) {
		fast, err := rewriteAll(in, 0)
		if err != nil {
			return
		}
		if !bytes.Equal(fast, in) {
			t.Fatalf("%q became %q at revision 0", in, fast)
		}
		if _, err := rewriteAll(in, 54477); err != nil {
			t.Fatalf("%q can be copied at revision 0, but not at another: %v", in, err)
		}
	})
}

func rewriteAll(data []byte, revision uint64) ([]byte, error) {
	n := newNativeRewriter(bytes.NewReader(data), revision, time.UTC)
	n.decodeNone = true
	return n.all()
}

// FuzzNativeType checks that a type's name is understood or not, at once.
func FuzzNativeType(f *testing.F) {
	for _, c := range typeCases() {
		f.Add(c.typ)
	}
	f.Add(strings.Repeat("Array(", 10_000))
	f.Add(strings.Repeat("Tuple(a ", 1000) + "UInt8" + strings.Repeat(")", 1000))
	f.Add("FixedString(9223372036854775807)")
	f.Fuzz(func(t *testing.T, name string) {
		typ, err := parseNativeType(name)
		if (typ == nil) == (err == nil) {
			t.Fatalf("%q is %v, %v", name, typ, err)
		}
		if err == nil {
			_ = typ.skip(bufio.NewReader(strings.NewReader("")), 1)
			_ = typ.skipPrefix(bufio.NewReader(strings.NewReader("")))
		}
	})
}

// FuzzFrames checks that a body in ClickHouse's frames is read as it was written, or refused: cut
// short anywhere but between two frames it must not pass for whole.
func FuzzFrames(f *testing.F) {
	frame := func(method compress.Method, data string) []byte {
		w := compress.NewWriter(compress.LevelZero, method)
		if err := w.Compress([]byte(data)); err != nil {
			f.Fatal(err)
		}
		return bytes.Clone(w.Data)
	}
	for _, m := range []compress.Method{compress.LZ4, compress.ZSTD, compress.None} {
		whole := append(frame(m, "some data"), frame(m, strings.Repeat("x", 1000))...)
		f.Add(whole)
		f.Add(whole[:25])
		f.Add(whole[:30])
	}
	f.Add(append(bytes.Repeat([]byte{0}, 16), 0x82, 0xff, 0xff, 0xff, 0x07, 0xff, 0xff, 0xff, 0x07))
	f.Fuzz(func(t *testing.T, in []byte) {
		data, err := io.ReadAll(newFrameReader(bytes.NewReader(in)))
		var e *Exception
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("an error that isn't ClickHouse's: %v", err)
		}
		if err != nil {
			return
		}
		// Whole frames can be read, so all but the last byte can't.
		if len(in) > 0 {
			if _, err := io.ReadAll(newFrameReader(bytes.NewReader(in[:len(in)-1]))); err == nil {
				t.Errorf("%q passes for whole", in[:len(in)-1])
			}
		}
		again := newFrameReader(bytes.NewReader(frame(compress.LZ4, string(data))))
		if back, err := io.ReadAll(again); err != nil || !bytes.Equal(back, data) {
			t.Fatalf("%d bytes, written again, are %d: %v", len(data), len(back), err)
		}
	})
}

// FuzzRequest checks that a request is understood or refused with an error of ClickHouse's, and what is
// relied on of one that is understood.
func FuzzRequest(f *testing.F) {
	form := "--b\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\nSELECT 1\r\n--b\r\nContent-Disposition: form-data; name=\"t\"; filename=\"t\"\r\n\r\n1\t2\r\n--b--\r\n"
	f.Add("POST", "query=SELECT+1&param_x=1&max_threads=2&session_id=a&session_timeout=30", "", "", []byte("data"))
	f.Add("POST", "t_structure=a+UInt8,+b+UInt8&t_format=TSV", "multipart/form-data; boundary=b", "", []byte(form))
	f.Add("POST", "t_types=UInt8,Tuple(a+UInt8)", "multipart/form-data; boundary=b", "", []byte(form))
	f.Add("GET", "query=SELECT+1&readonly=0", "", "", []byte(nil))
	f.Add("POST", "session_timeout=18446744074&session_id=x&client_protocol_version=54477", "", "", []byte(nil))
	f.Add("POST", "session_timeout=-9223372036", "", "gzip", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add("POST", "decompress=1&compress=1&enable_http_compression=1", "", "deflate", []byte("x\x9c\x03\x00\x00\x00\x00\x01"))
	f.Add("POST", "%zz", "multipart/form-data", "br", []byte("\x8b\x02\x80x\x03"))
	f.Fuzz(func(t *testing.T, method, query, contentType, encoding string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Method, r.URL.RawQuery = method, query
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Content-Encoding", encoding)
		r.Header.Set("Accept-Encoding", encoding)
		q, err := readRequest(r)
		var e *Exception
		if err != nil {
			if !errors.As(err, &e) || e.Message == "" {
				t.Fatalf("an error that isn't ClickHouse's: %v", err)
			}
			return
		}
		defer q.close()
		if q.sessionTimeout < time.Second || q.sessionTimeout > maxSessionTimeout {
			t.Errorf("%q gives a session of %s", query, q.sessionTimeout)
		}
		if q.queryID == "" || q.defaultFormat == "" || q.readonly != (method != http.MethodPost) {
			t.Errorf("%s ?%s: %+v", method, query, q)
		}
		for _, s := range q.settings {
			if q.readonly && s.name == "readonly" && s.value != "1" && s.value != "2" {
				t.Errorf("%s may write by ?%s", method, query)
			}
			for _, known := range urlParams() {
				if s.name == known {
					t.Errorf("?%s: %s became a setting", query, known)
				}
			}
		}
		for _, table := range q.tables {
			if table.name == "" || table.structure == "" || table.format == "" {
				t.Errorf("?%s: table %+v", query, table)
			}
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(q.body, 1<<20))
		_ = url.QueryEscape(canonical(q.settings))
	})
}
