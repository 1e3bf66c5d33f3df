package clickhouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2"
)

// nativeRevision is Native without what only ClickHouse's own protocol has.
const nativeRevision = 0

// nativeTable are rows, column by column, that a statement reads as a table of this name.
type nativeTable struct {
	name, structure string
	columns         []proto.InputColumn
}

// encodeNative gives columns of the same length as one block, whose pieces stand until the columns change.
func encodeNative(columns []proto.InputColumn) (native pieces, err error) {
	block := proto.Block{Columns: len(columns)}
	if len(columns) > 0 {
		block.Rows = columns[0].Data.Rows()
	}
	w := proto.NewWriter(&native, new(proto.Buffer))
	if err := block.WriteBlock(w, nativeRevision, columns); err != nil {
		return nil, err
	}
	_, err = w.Flush()
	return native, err
}

// insertNative inserts a block by the statement of a query file. Its rows should be in the order of the table's partitions and key:
// ClickHouse then needn't sort them. Rows of one key stay together until they are merged: whoever reads says FINAL anyway.
func (s *Store) insertNative(ctx context.Context, query string, native pieces) error {
	parameters := url.Values{"query": {s.statement(query) + " FORMAT Native"}, "optimize_on_insert": {"0"}}
	body, err := s.overHTTP(ctx, query, parameters, native.open())
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, body)
	return errors.Join(err, body.Close())
}

// selectNative runs the statement of a query file, on a table that is sent along unless it is nil, and calls each with every block
// of its answer, which stands in results then.
func (s *Store) selectNative(ctx context.Context, query string, parameters map[string]string, table *nativeTable, results proto.Results, each func() error) error {
	values := url.Values{"query": {s.statement(query)}, "default_format": {"Native"}}
	for name, value := range parameters {
		values.Set("param_"+name, value)
	}
	form, contentType, err := table.form(values)
	if err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	body, err := s.overHTTPAs(ctx, query, contentType, values, form)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	r := proto.NewReader(body)
	for {
		var block proto.Block
		switch err := block.DecodeRawBlock(r, nativeRevision, results); {
		case errors.Is(err, io.EOF) && block.Columns == 0: // between two blocks; one that breaks off is an error, or what it held would be left out
			return nil
		case err != nil:
			return fmt.Errorf("%s: %w", query, err)
		}
		if err := each(); err != nil {
			return err
		}
	}
}

// form is the body of a request that sends the table along, and its type; what else describes the table is added to values.
func (t *nativeTable) form(values url.Values) (io.Reader, string, error) {
	if t == nil {
		return nil, "", nil
	}
	values.Set(t.name+"_format", "Native")
	values.Set(t.name+"_structure", t.structure)
	data, err := encodeNative(t.columns)
	if err != nil {
		return nil, "", err
	}
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	part, err := parts.CreateFormFile(t.name, t.name)
	if err == nil {
		_, err = io.Copy(part, data.open())
	}
	return &form, parts.FormDataContentType(), errors.Join(err, parts.Close())
}

// overHTTP runs a statement over ClickHouse's HTTP interface, for what clickhouse-go neither reads nor writes. It has the settings of all our
// statements, and more or others where parameters say so.
func (s *Store) overHTTP(ctx context.Context, what string, parameters url.Values, body io.Reader) (io.ReadCloser, error) {
	return s.overHTTPAs(ctx, what, "", parameters, body)
}

func (s *Store) overHTTPAs(ctx context.Context, what, contentType string, parameters url.Values, body io.Reader) (io.ReadCloser, error) {
	u, err := url.Parse(s.config.URL)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	values := url.Values{
		"database": {s.options.Auth.Database}, "http_write_exception_in_output_format": {"0"}, // an error in the middle cuts the answer
	}
	for name, value := range s.options.Settings {
		values.Set(name, fmt.Sprint(value))
	}
	maps.Copy(values, parameters)
	u.User, u.Path, u.RawQuery = nil, "/", values.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if sized, ok := body.(*piecesReader); ok {
		req.ContentLength, req.GetBody = sized.of.size(), func() (io.ReadCloser, error) { return io.NopCloser(sized.of.open()), nil }
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if user := s.options.Auth.Username; user != "" {
		req.Header.Set("X-ClickHouse-User", user)
		req.Header.Set("X-ClickHouse-Key", s.options.Auth.Password)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, unreachable(err, s.Where()))
	}
	if resp.StatusCode != http.StatusOK {
		defer func() { _ = resp.Body.Close() }()
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
		message := strings.TrimSpace(string(text))
		if code, err := strconv.ParseInt(resp.Header.Get("X-ClickHouse-Exception-Code"), 10, 32); err == nil {
			return nil, fmt.Errorf("%s: ClickHouse answers %s: %w", what, resp.Status, &clickhouse.Exception{Code: int32(code), Message: message})
		}
		return nil, fmt.Errorf("%s: ClickHouse answers %s: %s", what, resp.Status, message)
	}
	return resp.Body, nil
}
