package clickhouse

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Exportable are the relations that [Store.Export] knows.
func Exportable() []string {
	return []string{"commitment_status", "events", "indicators", "kpi_daily", "kpi_monthly", "kpi_quarterly", "labs"}
}

// Export gives every row of a relation, one of [Exportable], as "csv" (with a header), "json" (an array of
// objects) or "parquet"; lab "" is all labs. ClickHouse writes the format, over plain HTTP: clickhouse-go
// reads Native alone. CSV and JSON are streamed; reading fails where the export breaks off or ctx ends. In CSV,
// free text that spreadsheet programs would run as a formula has an apostrophe before it. The caller closes it.
func (s *Store) Export(ctx context.Context, relation, format, lab string) (out io.ReadCloser, err error) {
	defer s.metrics.observe("export", time.Now(), &err)
	if !slices.Contains(Exportable(), relation) {
		return nil, fmt.Errorf("export %s: not one of %s", relation, strings.Join(Exportable(), ", "))
	}
	query := "export_sorted"
	if relation == "events" || relation == "indicators" {
		query = "export_" + relation
	}
	// Formats with a head of their own aren't streamed by every engine, so the head is written here.
	switch format {
	case "csv":
		head, err := s.csvHead(ctx, relation)
		if err != nil {
			return nil, err
		}
		if relation == "events" || relation == "labs" {
			query = "export_" + relation + "_csv"
		}
		rows, err := s.rows(ctx, query, "CSV", relation, lab)
		if err != nil {
			return nil, err
		}
		return &joined{io.MultiReader(strings.NewReader(head), rows), rows}, nil
	case "json":
		rows, err := s.rows(ctx, query, "JSONEachRow", relation, lab)
		if err != nil {
			return nil, err
		}
		return &joined{&array{lines: bufio.NewReaderSize(rows, 64<<10)}, rows}, nil
	case "parquet":
		return s.rows(ctx, query, "Parquet", relation, lab)
	}
	return nil, fmt.Errorf("export %s: unknown format %q", relation, format)
}

func (s *Store) csvHead(ctx context.Context, relation string) (string, error) {
	columns, err := selectAll[struct{ Name string }](ctx, s, "export_columns", clickhouse.Parameters{"relation": relation})
	if err != nil {
		return "", err
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write(names) // a builder doesn't fail
	w.Flush()
	return b.String(), nil
}

// rows runs a query over ClickHouse's HTTP interface and gives what it answers in a format. more are names and values of
// further parameters.
func (s *Store) rows(ctx context.Context, query, format, relation, lab string, more ...[2]string) (io.ReadCloser, error) {
	parameters := url.Values{
		"default_format": {format}, "param_relation": {relation}, "param_lab": {lab},
		// Times with their zone, in every format.
		"date_time_output_format": {"iso"},
		// What is missing is an empty cell, as spreadsheets have it, and not \N.
		"format_csv_null_representation": {""},
	}
	for _, p := range more {
		parameters.Set("param_"+p[0], p[1])
	}
	return s.overHTTP(ctx, "export "+relation, parameters, strings.NewReader(s.query(query)))
}

// exportTransport is HTTP without a proxy: ClickHouse is in the same network.
func exportTransport(config *tls.Config) *http.Transport {
	return &http.Transport{
		DialContext:     (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSClientConfig: config,
		MaxIdleConns:    4, IdleConnTimeout: time.Minute, ResponseHeaderTimeout: 5 * time.Minute,
	}
}

// joined reads from one and closes the other.
type joined struct {
	io.Reader
	io.Closer
}

// array turns lines of one JSON object each into a JSON array.
type array struct {
	lines *bufio.Reader
	rest  []byte // of what is to be given next
	began bool
	ended bool
}

func (a *array) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.ended {
			return 0, io.EOF
		}
		if err := a.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

func (a *array) next() error {
	line, err := a.lines.ReadString('\n')
	line = strings.TrimSuffix(line, "\n")
	open := "[\n"
	if a.began {
		open = ",\n"
	}
	switch {
	case err == nil:
		a.rest, a.began = []byte(open+line), true
		return nil
	case !errors.Is(err, io.EOF):
		return err
	case line != "": // an engine that ends without a line's end has been cut off
		return io.ErrUnexpectedEOF
	case !a.began:
		a.rest = []byte("[]\n")
	default:
		a.rest = []byte("\n]\n")
	}
	a.ended = true
	return nil
}
