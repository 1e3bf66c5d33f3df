package chd

import (
	"compress/gzip"
	"compress/zlib"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/andybalholm/brotli"
)

const (
	// holdBytes are held back before the status is sent, so that an error that
	// comes early still gets its own status. With wait_end_of_query all is held.
	holdBytes = 1 << 20
	// frameBytes is the size of ClickHouse's compressed frames before compression.
	frameBytes = 1 << 20
)

// response writes a result, encoded as the request asks, or an exception.
//
//	Write ─► [frames] ─► [gzip] ─► hold ─► client
type response struct {
	w       http.ResponseWriter
	req     *request
	version string
	tag     string // announces where an exception begins in the body
	start   time.Time
	stats   func() stats

	hold      []byte
	committed bool

	encoder io.WriteCloser // gzip and its like, or nil
	frames  *compress.Writer
	method  compress.Method
	pending []byte // not yet in a frame
}

func newResponse(w http.ResponseWriter, req *request, e *engine) *response {
	rs := &response{w: w, req: req, version: e.version, start: time.Now(), tag: exceptionTag(), stats: func() stats { return stats{} }}
	h := w.Header()
	h.Set("X-ClickHouse-Server-Display-Name", e.host)
	h.Set("X-ClickHouse-Query-Id", req.queryID)
	h.Set("X-ClickHouse-Timezone", e.timezone)
	switch req.encoding {
	case "gzip":
		rs.encoder = gzip.NewWriter(holdWriter{rs})
	case "deflate":
		rs.encoder = zlib.NewWriter(holdWriter{rs})
	case "br":
		rs.encoder = brotli.NewWriterLevel(holdWriter{rs}, 3)
	}
	if req.compress {
		rs.method = compress.LZ4
		switch req.method {
		case "ZSTD":
			rs.method = compress.ZSTD
		case "NONE":
			rs.method = compress.None
		}
		rs.frames = compress.NewWriter(compress.LevelZero, rs.method)
	}
	return rs
}

// setFormat announces the result's format.
func (rs *response) setFormat(format string) {
	h := rs.w.Header()
	h.Set("X-ClickHouse-Format", format)
	h.Set("Content-Type", contentType(format))
}

// Write takes bytes of the result.
func (rs *response) Write(p []byte) (int, error) {
	if rs.frames == nil {
		return len(p), rs.encode(p)
	}
	rs.pending = append(rs.pending, p...)
	for len(rs.pending) >= frameBytes {
		if err := rs.frame(rs.pending[:frameBytes]); err != nil {
			return 0, err
		}
		rs.pending = append(rs.pending[:0], rs.pending[frameBytes:]...)
	}
	return len(p), nil
}

func (rs *response) frame(p []byte) error {
	if err := rs.frames.Compress(p); err != nil {
		return fmt.Errorf("chd: compress a frame: %w", err)
	}
	return rs.encode(rs.frames.Data)
}

func (rs *response) encode(p []byte) error {
	if rs.encoder != nil {
		_, err := rs.encoder.Write(p)
		return err
	}
	return rs.send(p)
}

// holdWriter is where the encoder writes to.
type holdWriter struct{ rs *response }

func (h holdWriter) Write(p []byte) (int, error) { return len(p), h.rs.send(p) }

func (rs *response) send(p []byte) error {
	if rs.committed {
		_, err := rs.w.Write(p)
		return err
	}
	rs.hold = append(rs.hold, p...)
	if len(rs.hold) < holdBytes || rs.req.waitEnd {
		return nil
	}
	return rs.commit()
}

// commit sends the status and what was held back.
func (rs *response) commit() error {
	rs.committed = true
	h := rs.w.Header()
	h.Set("X-ClickHouse-Exception-Tag", rs.tag)
	h.Set("X-ClickHouse-Summary", rs.summary())
	if rs.req.encoding != "" {
		h.Set("Content-Encoding", rs.req.encoding)
	}
	rs.w.WriteHeader(http.StatusOK)
	hold := rs.hold
	rs.hold = nil
	_, err := rs.w.Write(hold)
	return err
}

// finish ends a result.
func (rs *response) finish() error {
	if len(rs.pending) > 0 {
		if err := rs.frame(rs.pending); err != nil {
			return err
		}
		rs.pending = nil
	}
	if rs.encoder != nil {
		if err := rs.encoder.Close(); err != nil {
			return err
		}
	}
	if !rs.committed {
		// The length is known, so an empty result shows as such.
		rs.w.Header().Set("Content-Length", strconv.Itoa(len(rs.hold)))
		return rs.commit()
	}
	return nil
}

// fail reports err: with its status where nothing was sent yet, else within the
// body, after which the connection is cut, so that no client can take the
// result for whole.
func (rs *response) fail(err error) {
	e := rs.exception(err)
	if !rs.committed {
		writeException(rs.w, e)
		return
	}
	text := e.Message + "\n"
	block := fmt.Sprintf("\r\n__exception__\r\n%s\r\n%s%d %s\r\n__exception__\r\n", rs.tag, text, len(text), rs.tag)
	_, werr := rs.Write([]byte(block))
	if werr == nil && len(rs.pending) > 0 {
		werr = rs.frame(rs.pending)
	}
	if werr == nil && rs.encoder != nil {
		werr = rs.encoder.Close()
	}
	if werr == nil {
		_ = http.NewResponseController(rs.w).Flush()
	}
	panic(http.ErrAbortHandler)
}

// exception gives any error the shape of ClickHouse's.
func (rs *response) exception(err error) *Exception {
	return asException(err, rs.version)
}

func asException(err error, version string) *Exception {
	var e *Exception
	if !errors.As(err, &e) {
		e = newException(codeUnknownException, "UNKNOWN_EXCEPTION", "%s", err)
	}
	if suffix := fmt.Sprintf("(version %s)", version); version != "" && !strings.HasSuffix(e.Message, suffix) {
		e = &Exception{Code: e.Code, Name: e.Name, Message: e.Message + " " + suffix}
	}
	return e
}

func writeException(w http.ResponseWriter, e *Exception) {
	h := w.Header()
	for _, name := range []string{"Content-Encoding", "Content-Length", "X-ClickHouse-Format"} {
		h.Del(name)
	}
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("X-ClickHouse-Exception-Code", strconv.Itoa(e.Code))
	status := httpStatus(e.Code)
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Basic realm="ClickHouse server HTTP API"`)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, e.Message+"\n")
}

func (rs *response) summary() string {
	s := rs.stats()
	return fmt.Sprintf(`{"read_rows":"%d","read_bytes":"%d","written_rows":"%d","written_bytes":"%d","total_rows_to_read":"%d","result_rows":"%d","result_bytes":"%d","elapsed_ns":"%d"}`,
		s.readRows, s.readBytes, s.writtenRows, s.writtenBytes, s.readRows, s.resultRows, s.resultBytes, time.Since(rs.start).Nanoseconds())
}

// exceptionTag is 16 random letters, which no result contains by accident.
func exceptionTag() string { return strings.ToLower(rand.Text()[:16]) }

// httpStatus is the status that ClickHouse's server gives to an error code.
func httpStatus(code int) int {
	switch code {
	case codeRequiredPassword:
		return http.StatusUnauthorized
	case codeUnknownUser, 193, codeAuthenticationFail, 512, codeAccessDenied:
		return http.StatusForbidden
	case codeBadArguments, 427, 6, 25, 26, 38, 41, 72, 441, 675, 676, 27, 376, 15, 44, 224, 9, 384, 8, 167, 168, 223,
		codeSyntaxError, codeIncorrectData, 53, 321:
		return http.StatusBadRequest
	case 60, 46, 47, 50, 56, 81, 115, 63, 73, 336, 78, 511, 152:
		return http.StatusNotFound
	case codeQueryTooLarge:
		return http.StatusRequestEntityTooLarge
	case codeNotImplemented:
		return http.StatusNotImplemented
	case 209, 76, 439:
		return http.StatusServiceUnavailable
	case codeHTTPLengthRequired:
		return http.StatusLengthRequired
	case codeTimeoutExceeded:
		return http.StatusRequestTimeout
	default:
		return http.StatusInternalServerError
	}
}

// contentType is the one that ClickHouse gives to a format.
func contentType(format string) string {
	f := strings.ToLower(format)
	switch {
	case strings.HasPrefix(f, "tabseparated"), strings.HasPrefix(f, "tsv"), strings.HasPrefix(f, "raw") && f != "rawblob":
		return "text/tab-separated-values; charset=UTF-8"
	case strings.HasPrefix(f, "csv"):
		return "text/csv; charset=UTF-8; header=" + map[bool]string{true: "present", false: "absent"}[strings.Contains(f, "withnames")]
	case f == "jsoneachrow", f == "jsonlines", f == "jsonl", f == "ndjson", strings.Contains(f, "eachrow") && strings.HasPrefix(f, "json"):
		return "application/x-ndjson; charset=UTF-8"
	case strings.HasPrefix(f, "json"):
		return "application/json; charset=UTF-8"
	case f == "xml":
		return "application/xml; charset=UTF-8"
	case f == "markdown", f == "md":
		return "text/markdown; charset=UTF-8"
	case f == "native", strings.HasPrefix(f, "rowbinary"), f == "parquet", f == "orc", f == "arrow", f == "arrowstream",
		f == "avro", f == "msgpack", f == "bsoneachrow", f == "npy":
		return "application/octet-stream"
	case f == "png":
		return "image/png"
	default:
		return "text/plain; charset=UTF-8"
	}
}
