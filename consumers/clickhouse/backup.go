package clickhouse

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// BackedUp are the tables that a backup holds, in the order in which they are read. Figures that are frozen show by their
// mark: marks are read before what they stand for. Cells are read before events, and the order of these two doesn't matter:
// what was written meanwhile is counted again after a restore.
func BackedUp() []string {
	return []string{"snapshot_marks", "snapshot_store", "snapshot_commitment_store", "status_rules", "rejection_store",
		"kpi_cells", "event_versions", "event_store"}
}

// MadeAnew are the tables that no backup holds: the migration, views and the stream of rejected events fill them.
func MadeAnew() []string {
	return []string{"cell_writes", "event_keys", "figures_made", "indicator_store", "resolution_store", "schema_migrations"}
}

// Tables are the names of all tables of the database.
func (s *Store) Tables(ctx context.Context) ([]string, error) {
	found, err := selectAll[struct{ Name string }](ctx, s, "backup_tables", nil)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(found))
	for i, t := range found {
		names[i] = t.Name
	}
	return names, nil
}

// Slice is a part of a table that is read or written at once.
type Slice struct {
	Labs LabRange
	Rows uint64
}

// Slices cuts a table, one of [BackedUp], into parts of whole labs with at most so many rows each, unless one lab has
// more. An empty table has none.
func (s *Store) Slices(ctx context.Context, table string, most uint64) ([]Slice, error) {
	if slices.Contains([]string{"status_rules", "rejection_store"}, table) { // small, or not ordered by lab
		n, err := s.Count(ctx, table)
		if err != nil || n == 0 {
			return nil, err
		}
		return []Slice{{Rows: n}}, nil
	}
	labs, err := selectAll[struct {
		Lab  string
		Rows uint64
	}](ctx, s, "backup_labs", clickhouse.Parameters{"relation": table})
	if err != nil {
		return nil, err
	}
	var out []Slice
	for _, l := range labs {
		last := len(out) - 1
		if last < 0 || out[last].Rows+l.Rows > most {
			if last >= 0 {
				out[last].Labs.To = l.Lab
			}
			out = append(out, Slice{Labs: LabRange{From: l.Lab}})
			last++
		}
		out[last].Rows += l.Rows
	}
	return out, nil
}

// Dump gives a part of a table as ClickHouse's Native format, in which [Store.Load] takes it. The caller closes it.
func (s *Store) Dump(ctx context.Context, table string, part Slice) (out io.ReadCloser, err error) {
	defer s.metrics.observe("dump", time.Now(), &err)
	if !slices.Contains(BackedUp(), table) {
		return nil, fmt.Errorf("dump %s: not one of %s", table, strings.Join(BackedUp(), ", "))
	}
	parameters := url.Values{"param_relation": {table}}
	query := "backup_rows_all"
	if part.Labs != (LabRange{}) {
		query = "backup_rows"
		for name, bound := range part.Labs.parameters() {
			parameters.Set("param_"+name, bound)
		}
	}
	parameters.Set("default_format", "Native")
	return s.overHTTP(ctx, "dump "+table, parameters, strings.NewReader(s.query(query)))
}

// Load adds rows in Native format to a table. Columns that the table lacks are an error, those that the rows lack have
// their default. Loading the same rows again changes nothing.
func (s *Store) Load(ctx context.Context, table string, rows io.Reader) (err error) {
	defer s.metrics.observe("load", time.Now(), &err)
	if !slices.Contains(BackedUp(), table) {
		return fmt.Errorf("load %s: not one of %s", table, strings.Join(BackedUp(), ", "))
	}
	if table == "event_store" {
		if err := s.forgetWrites(ctx); err != nil {
			return err
		}
	}
	body, err := s.overHTTP(ctx, "load "+table, url.Values{
		"query": {s.statement("restore_" + table)}, // what follows the statement's line are rows
	}, rows)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	if _, err = io.Copy(io.Discard, body); err == nil && table == "event_store" {
		err = s.forgetWrites(ctx)
	}
	return err
}
