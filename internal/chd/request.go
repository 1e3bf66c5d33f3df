package chd

import (
	"bufio"
	"compress/gzip"
	"compress/zlib"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/andybalholm/brotli"
)

const (
	// defaultSessionTimeout and maxSessionTimeout are ClickHouse's own.
	defaultSessionTimeout = 60 * time.Second
	maxSessionTimeout     = time.Hour
	// maxFormField bounds a form field that isn't a table's data, in bytes.
	maxFormField = 16 << 20
	// maxExternalData bounds the external tables and fields of a request's form together, in bytes,
	// maxFormParts their number.
	maxExternalData = 256 << 20
	maxFormParts    = 10_000
)

// request is what a client asks for, read from URL, headers and body.
type request struct {
	user, password string
	hasPassword    bool

	sql    string    // from the URL or a form; may be empty
	body   io.Reader // what follows sql; decoded
	closer []io.Closer

	database      string
	queryID       string
	defaultFormat string // for the result, where the statement names none
	params        []param
	settings      []setting
	tables        []externalTable

	sessionID      string
	sessionTimeout time.Duration
	sessionCheck   bool

	readonly bool   // GET and HEAD don't write
	waitEnd  bool   // hold the response until the result is whole
	compress bool   // the result in ClickHouse's own frames
	method   string // of those: LZ4, ZSTD or NONE
	revision uint64 // client_protocol_version
	encoding string // Content-Encoding of the response, or ""
}

// externalTable is a table that the client sends along with its statement.
type externalTable struct {
	name      string
	format    string // default TabSeparated
	structure string // name type, name type, …
	data      []byte
}

// urlParams are the parameters of the URL, and the fields of a form, that
// aren't settings.
func urlParams() []string {
	return []string{
		"query", "database", "user", "password", "default_format", "compress", "decompress", "query_id", "quota_key",
		"session_id", "session_timeout", "session_check", "close_session", "stacktrace", "buffer_size", "wait_end_of_query",
		"client_protocol_version", "role", "framing", "http_response_headers", "enable_http_compression",
		"http_zlib_compression_level", "network_compression_method", "network_zstd_compression_level",
		"http_native_compression_disable_checksumming_on_decompress", "add_http_cors_header",
		"send_progress_in_http_headers", "http_headers_progress_interval_ms", "cancel_http_readonly_queries_on_client_close",
	}
}

// readRequest reads all but the body of a plain POST, which stays to be streamed.
func readRequest(r *http.Request) (_ *request, err error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, newException(codeBadArguments, "BAD_ARGUMENTS", "Cannot parse the URL's parameters: %s", err)
	}
	q := &request{readonly: r.Method != http.MethodPost}
	defer func() {
		if err != nil {
			q.close()
		}
	}()
	q.body, err = q.decode(r.Body, r.Header.Get("Content-Encoding"))
	if err != nil {
		return nil, err
	}
	if contentType, ct, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && contentType == "multipart/form-data" {
		if err := q.readForm(multipart.NewReader(q.body, ct["boundary"]), values); err != nil {
			return nil, err
		}
		q.body = http.NoBody
	}
	if enabled(values, "decompress") {
		q.body = newFrameReader(q.body)
	}
	if err := q.readParams(values, r); err != nil {
		return nil, err
	}
	return q, nil
}

func (q *request) close() {
	for _, c := range q.closer {
		_ = c.Close()
	}
}

// decode undoes the Content-Encoding of the body.
func (q *request) decode(body io.Reader, encoding string) (io.Reader, error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		zr, err := gzip.NewReader(body)
		if err != nil {
			return nil, newException(codeCannotDecompress, "CANNOT_DECOMPRESS", "Cannot decompress the request's gzip body: %s", err)
		}
		q.closer = append(q.closer, zr)
		return zr, nil
	case "deflate":
		// In HTTP, "deflate" means zlib's format.
		zr, err := zlib.NewReader(body)
		if err != nil {
			return nil, newException(codeCannotDecompress, "CANNOT_DECOMPRESS", "Cannot decompress the request's deflate body: %s", err)
		}
		q.closer = append(q.closer, zr)
		return zr, nil
	case "br":
		return brotli.NewReader(body), nil
	default:
		return nil, newException(codeUnknownCompression, "UNKNOWN_COMPRESSION_METHOD", "Unknown compression method %q in Content-Encoding; gzip, deflate and br are known", encoding)
	}
}

// readForm reads the parts of a form: fields count as parameters, files are the
// data of external tables.
func (q *request) readForm(form *multipart.Reader, values url.Values) error {
	total := int64(0)
	for parts := 0; ; parts++ {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return newException(codeIncorrectData, "INCORRECT_DATA", "Cannot read the form in the request: %s", err)
		}
		if parts == maxFormParts {
			return newException(codeQueryTooLarge, "QUERY_IS_TOO_LARGE", "The form in the request has more than %d parts", maxFormParts)
		}
		name := part.FormName()
		_, disposition, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		if _, isFile := disposition["filename"]; !isFile {
			data, err := io.ReadAll(io.LimitReader(part, maxFormField+1))
			if err != nil {
				return newException(codeIncorrectData, "INCORRECT_DATA", "Cannot read the form field %q: %s", name, err)
			}
			if len(data) > maxFormField {
				return newException(codeQueryTooLarge, "QUERY_IS_TOO_LARGE", "The form field %q is larger than %d bytes", name, maxFormField)
			}
			if total += int64(len(data)); total > maxExternalData {
				return newException(codeQueryTooLarge, "QUERY_IS_TOO_LARGE", "The form in the request is larger than %d bytes", maxExternalData)
			}
			values.Add(name, string(data))
			continue
		}
		data, err := io.ReadAll(io.LimitReader(part, maxExternalData-total+1))
		if err != nil {
			return newException(codeIncorrectData, "INCORRECT_DATA", "Cannot read the data of external table %q: %s", name, err)
		}
		if total += int64(len(data)); total > maxExternalData {
			return newException(codeQueryTooLarge, "QUERY_IS_TOO_LARGE", "The external tables are larger than %d bytes", maxExternalData)
		}
		q.tables = append(q.tables, externalTable{name: name, data: data})
	}
	for i := range q.tables {
		t := &q.tables[i]
		if err := t.describe(values); err != nil {
			return err
		}
	}
	return nil
}

// describe takes the table's format and structure from the parameters, and
// removes those, lest they count as settings.
func (t *externalTable) describe(values url.Values) error {
	t.format, t.structure = values.Get(t.name+"_format"), values.Get(t.name+"_structure")
	types := values.Get(t.name + "_types")
	for _, suffix := range []string{"_format", "_structure", "_types"} {
		values.Del(t.name + suffix)
	}
	if t.format == "" {
		t.format = "TabSeparated"
	}
	switch {
	case t.name == "":
		return newException(codeBadArguments, "BAD_ARGUMENTS", "An external table has no name")
	case t.structure != "":
	case types != "":
		for i, typ := range splitTopLevel(types) {
			if i > 0 {
				t.structure += ", "
			}
			t.structure += fmt.Sprintf("_%d %s", i+1, typ)
		}
	default:
		return newException(codeBadArguments, "BAD_ARGUMENTS", "The external table %q has neither %s_structure nor %s_types", t.name, t.name, t.name)
	}
	return nil
}

// splitTopLevel splits at the commas outside of parentheses and quotes.
func splitTopLevel(s string) []string {
	var parts []string
	depth, from := 0, 0
	l := &lexer{src: s}
	for {
		t, ok := l.next()
		if !ok {
			break
		}
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		case t.is(",") && depth == 0:
			parts = append(parts, strings.TrimSpace(s[from:t.start]))
			from = t.end
		}
	}
	return append(parts, strings.TrimSpace(s[from:]))
}

// readParams reads the parameters and headers.
func (q *request) readParams(values url.Values, r *http.Request) error {
	q.readUser(values, r)
	get := func(param, header string) string {
		if v := values.Get(param); v != "" || header == "" {
			return v
		}
		return r.Header.Get(header)
	}
	q.sql = strings.Join(values["query"], "\n")
	q.database = get("database", "X-ClickHouse-Database")
	q.queryID = get("query_id", "X-ClickHouse-Query-Id")
	if q.queryID == "" {
		q.queryID = newQueryID()
	}
	q.defaultFormat = r.Header.Get("X-ClickHouse-Format")
	if q.defaultFormat == "" {
		q.defaultFormat = values.Get("default_format")
	}
	if q.defaultFormat == "" {
		q.defaultFormat = "TabSeparated"
	}
	q.waitEnd = enabled(values, "wait_end_of_query")
	q.compress = enabled(values, "compress")
	q.method = strings.ToUpper(values.Get("network_compression_method"))
	if v := values.Get("client_protocol_version"); v != "" {
		revision, err := strconv.ParseUint(v, 10, 32)
		if err != nil {
			return newException(codeBadArguments, "BAD_ARGUMENTS", "client_protocol_version is %q: it must be a number", v)
		}
		q.revision = revision
	}
	if enabled(values, "enable_http_compression") {
		q.encoding = chooseEncoding(r.Header.Get("Accept-Encoding"))
	}
	if err := q.readSession(values); err != nil {
		return err
	}
	return q.readSettings(values)
}

func (q *request) readUser(values url.Values, r *http.Request) {
	q.user = UserDefault
	switch user, password, ok := r.BasicAuth(); {
	case r.Header.Get("X-ClickHouse-User") != "" || r.Header.Get("X-ClickHouse-Key") != "":
		q.password, q.hasPassword = r.Header.Get("X-ClickHouse-Key"), true
		if user := r.Header.Get("X-ClickHouse-User"); user != "" {
			q.user = user
		}
	case ok:
		q.password, q.hasPassword = password, true
		if user != "" {
			q.user = user
		}
	default:
		q.password, q.hasPassword = values.Get("password"), values.Has("password")
		if user := values.Get("user"); user != "" {
			q.user = user
		}
	}
}

func (q *request) readSession(values url.Values) error {
	q.sessionID = values.Get("session_id")
	q.sessionCheck = enabled(values, "session_check")
	q.sessionTimeout = defaultSessionTimeout
	if v := values.Get("session_timeout"); v != "" {
		seconds, err := strconv.Atoi(v)
		if err != nil || seconds < 1 || seconds > int(maxSessionTimeout/time.Second) {
			return newException(codeInvalidSessionTime, "INVALID_SESSION_TIMEOUT", "Invalid session timeout: %q; it must be 1 to %d seconds", v, int(maxSessionTimeout.Seconds()))
		}
		q.sessionTimeout = time.Duration(seconds) * time.Second
	}
	return nil
}

// readSettings takes what is left for settings and bound parameters, in the
// order of their names, so that equal requests find the same connection.
func (q *request) readSettings(values url.Values) error {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	known := urlParams()
	for _, name := range names {
		value := values[name][len(values[name])-1]
		switch {
		case strings.HasPrefix(name, "param_"):
			q.params = append(q.params, param{strings.TrimPrefix(name, "param_"), value})
		case slices.Contains(known, name), name == "":
		case name == "readonly" && q.readonly && value != "1" && value != "2":
			return newException(codeReadonly, "READONLY", "Cannot modify 'readonly' setting in readonly mode: GET doesn't write, use POST")
		default:
			q.settings = append(q.settings, setting{name, value})
		}
	}
	return nil
}

func enabled(values url.Values, name string) bool {
	switch strings.ToLower(values.Get(name)) {
	case "", "0", "false":
		return false
	}
	return true
}

// chooseEncoding picks what this endpoint can do of what the client takes.
func chooseEncoding(accept string) string {
	for _, encoding := range []string{"gzip", "deflate", "br"} {
		for part := range strings.SplitSeq(accept, ",") {
			name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
			if strings.EqualFold(strings.TrimSpace(name), encoding) && strings.ReplaceAll(weight, " ", "") != "q=0" {
				return encoding
			}
		}
	}
	return ""
}

// newQueryID returns a random UUID.
func newQueryID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// frameReader reads ClickHouse's own frames: LZ4, ZSTD or none, with a checksum.
type frameReader struct {
	src    *countingReader
	frames *compress.Reader
	whole  int64 // how far the last whole frame reached
	err    error // for good: after an error the frames' reader would give what it made room for
}

func newFrameReader(src io.Reader) *frameReader {
	counting := &countingReader{src: bufio.NewReaderSize(src, 128<<10)}
	return &frameReader{src: counting, frames: compress.NewReader(counting)}
}

func (f *frameReader) Read(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.frames.Read(p)
	if err == nil || n > 0 {
		f.whole = f.src.read
		return n, nil
	}
	if errors.Is(err, io.EOF) && f.src.read == f.whole {
		f.err = io.EOF
	} else {
		f.err = newException(codeCannotDecompress, "CANNOT_DECOMPRESS", "Cannot decompress the request's body: %s", err)
	}
	return 0, f.err
}

// countingReader counts what was read. The frames' reader says io.EOF where the source ends between two
// frames, and also where a frame's head is all that came of it.
type countingReader struct {
	src  io.Reader
	read int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.src.Read(p)
	c.read += int64(n)
	return n, err
}
