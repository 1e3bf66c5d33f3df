package clickhouse

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"vitrine/schemas"
)

// Selection is what of a relation is exported.
type Selection struct {
	// Relation is one of [schemas.Relations].
	Relation string
	// Format is "csv" (with a header), "json" (an array of objects) or "parquet".
	Format string
	// Lab is a lab's slug; empty means all.
	Lab string
	// From and To are the first and the last day, by the relation's own day (see [DayColumn]); zero means no bound.
	From, To time.Time
}

// SelectionError says that a selection can't be: it asks for what isn't there.
type SelectionError struct{ What string }

func (e *SelectionError) Error() string { return e.What }

// DayColumn is the column by which a relation's rows are selected by day; empty where it has none.
func DayColumn(r schemas.Relation) string {
	for _, name := range []string{"local_day", "day", "month", "quarter", "starts", "due_date", "start_date", "received_at", "as_of"} {
		if slices.ContainsFunc(r.Columns, func(c schemas.Column) bool { return c.Name == name }) {
			return name
		}
	}
	return ""
}

// ExportSelection gives rows of any relation of the contract, as [Store.Export] does; the caller closes it. A
// [*SelectionError] says that the relation, the format or a bound can't be. In CSV, text that spreadsheet programs would run
// as a formula has an apostrophe before it.
func (s *Store) ExportSelection(ctx context.Context, sel Selection) (out io.ReadCloser, err error) {
	defer s.metrics.observe("export", time.Now(), &err)
	relations := schemas.Relations()
	at := slices.IndexFunc(relations, func(r schemas.Relation) bool { return r.Name == sel.Relation })
	if at < 0 {
		return nil, &SelectionError{fmt.Sprintf("export %q: expected one of %s", sel.Relation, strings.Join(relationNames(relations), ", "))}
	}
	r := relations[at]
	day, lab := DayColumn(r), "lab"
	hasLab := slices.ContainsFunc(r.Columns, func(c schemas.Column) bool { return c.Name == lab })
	switch {
	case sel.Lab != "" && !hasLab:
		return nil, &SelectionError{fmt.Sprintf("export %s: it is over all labs: a lab can't be chosen", r.Name)}
	case day == "" && !(sel.From.IsZero() && sel.To.IsZero()):
		return nil, &SelectionError{fmt.Sprintf("export %s: it has no days to choose from", r.Name)}
	case !sel.From.IsZero() && !sel.To.IsZero() && sel.To.Before(sel.From):
		return nil, &SelectionError{fmt.Sprintf("export %s: the last day, %s, lies before the first, %s", r.Name, sel.To.Format(time.DateOnly), sel.From.Format(time.DateOnly))}
	}
	if !hasLab {
		lab = r.Columns[0].Name // text; not looked at
	}
	standIn := day
	if standIn == "" { // what could be a day; not looked at
		standIn = r.Columns[slices.IndexFunc(r.Columns, func(c schemas.Column) bool {
			return strings.HasPrefix(c.Type, "UInt") || strings.HasPrefix(c.Type, "Date")
		})].Name
	}
	query := "export_selection_sorted"
	if r.Name == "events" || r.Name == "event_history" {
		query = "export_selection" // there may be millions
	}
	run := func(format string) (io.ReadCloser, error) {
		return s.rows(ctx, query, format, r.Name, sel.Lab, [2]string{"lab_column", lab}, [2]string{"day_column", standIn},
			[2]string{"from", isoDay(sel.From)}, [2]string{"to", isoDay(sel.To)})
	}
	switch sel.Format {
	case "csv":
		return s.csvSelection(ctx, r, run)
	case "json":
		rows, err := run("JSONEachRow")
		if err != nil {
			return nil, err
		}
		return &joined{&array{lines: bufio.NewReaderSize(rows, 64<<10)}, rows}, nil
	case "parquet":
		return run("Parquet")
	}
	return nil, &SelectionError{fmt.Sprintf("export %s: format %q: expected csv, json or parquet", r.Name, sel.Format)}
}

func relationNames(relations []schemas.Relation) (names []string) {
	for _, r := range relations {
		names = append(names, r.Name)
	}
	return names
}

func isoDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// csvSelection writes CSV with its head, and makes text harmless.
func (s *Store) csvSelection(ctx context.Context, r schemas.Relation, run func(format string) (io.ReadCloser, error)) (io.ReadCloser, error) {
	columns, err := selectAll[struct{ Name string }](ctx, s, "export_columns", clickhouse.Parameters{"relation": r.Name})
	if err != nil {
		return nil, err
	}
	names, text := make([]string, len(columns)), make([]bool, len(columns))
	for i, c := range columns {
		names[i] = c.Name
		// One that the dictionary doesn't have is taken for text.
		at := slices.IndexFunc(r.Columns, func(d schemas.Column) bool { return d.Name == c.Name })
		text[i] = at < 0 || strings.Contains(r.Columns[at].Type, "String")
	}
	rows, err := run("CSV")
	if err != nil {
		return nil, err
	}
	read, write := io.Pipe()
	go func() { write.CloseWithError(harmless(write, rows, names, text)) }()
	return &joined{read, closers{read, rows}}, nil
}

// harmless copies CSV, with an apostrophe before text that begins as a formula does.
func harmless(to io.Writer, from io.Reader, names []string, text []bool) error {
	in, out := csv.NewReader(from), csv.NewWriter(to)
	in.FieldsPerRecord, in.ReuseRecord = len(names), true
	if err := out.Write(names); err != nil {
		return err
	}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			out.Flush()
			return out.Error()
		}
		if err != nil {
			return err
		}
		for i, cell := range record {
			if start := strings.TrimLeft(cell, " \t\r\n"); text[i] && start != "" && strings.ContainsRune("=+-@", rune(start[0])) {
				record[i] = "'" + cell
			}
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
}

// closers closes one after the other.
type closers []io.Closer

func (c closers) Close() error {
	var errs []error
	for _, one := range c {
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}
