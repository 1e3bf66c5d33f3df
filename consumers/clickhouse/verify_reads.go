package clickhouse

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// LabRange is the labs from From on, before To in the order of bytes; an empty To is no bound.
// Ranges that follow each other leave no lab out, known or not.
type LabRange struct{ From, To string }

// StoredVersion is a version of an event as the views give it.
type StoredVersion struct {
	Lab       string
	ID        uuid.UUID
	Revision  uint32
	StreamSeq uint64
	Kind      string
	Day       int32 // since 1970-01-01
	Retracted bool
	// Content is the xxHash64 of source, reason, occurred_at, ended_at, received_at (milliseconds) and data;
	// Derived the lower half of that of measures, segments and companies, for live events alone.
	Content uint64
	Derived uint32
}

// Identity is the version without its content.
func (v StoredVersion) Identity() StoredVersion {
	v.Content, v.Derived = 0, 0
	return v
}

// StoredCell is a cell as kpi_cells holds it. Numbers are written out as ClickHouse does.
type StoredCell struct {
	Lab, Kind string
	Day       int32 // since 1970-01-01
	Version   string
	Items     []StoredItem
}

// StoredItem is one line of a cell.
type StoredItem struct {
	Indicator, Part, Fn string
	Day                 int32 // since 1970-01-01
	Segment, Ref        string
	Amount              string
	AtMillis            int64
	Seq                 uint64
}

// StoredFigure is a row of kpi_by_period. Numbers are written out as ClickHouse does; nil is NULL.
type StoredFigure struct {
	Lab, Indicator, Segment string
	Start                   int32 // the period's first day, since 1970-01-01
	Numerator               string
	Denominator, Value      *string
}

// StoredRejection is what became of a message that wasn't accepted.
type StoredRejection struct {
	StreamSeq uint64
	Code      string
}

// EachVersion calls f with each row of event_history, in no order.
func (s *Store) EachVersion(ctx context.Context, labs LabRange, f func(StoredVersion) error) error {
	return s.each(ctx, "verify_versions", labs.parameters(), scanVersion(f))
}

// EachLiveEvent calls f with each row of events, in no order.
func (s *Store) EachLiveEvent(ctx context.Context, labs LabRange, f func(StoredVersion) error) error {
	return s.each(ctx, "verify_events", labs.parameters(), scanVersion(f))
}

func scanVersion(f func(StoredVersion) error) func(driver.Rows) error {
	return func(rows driver.Rows) error {
		var v StoredVersion
		if err := rows.Scan(&v.Lab, &v.ID, &v.Revision, &v.StreamSeq, &v.Kind, &v.Day, &v.Retracted, &v.Content, &v.Derived); err != nil {
			return err
		}
		return f(v)
	}
}

// EachCell calls f with each cell, in no order.
func (s *Store) EachCell(ctx context.Context, labs LabRange, f func(StoredCell) error) error {
	return s.each(ctx, "verify_cells", labs.parameters(), func(rows driver.Rows) error {
		var (
			c                                               StoredCell
			indicators, parts, fns, segments, refs, amounts []string
			days                                            []int32
			ats                                             []int64
			seqs                                            []uint64
		)
		if err := rows.Scan(&c.Lab, &c.Kind, &c.Day, &c.Version, &indicators, &parts, &fns, &days, &segments, &refs, &amounts, &ats, &seqs); err != nil {
			return err
		}
		c.Items = make([]StoredItem, len(indicators))
		for i := range indicators {
			c.Items[i] = StoredItem{indicators[i], parts[i], fns[i], days[i], segments[i], refs[i], amounts[i], ats[i], seqs[i]}
		}
		return f(c)
	})
}

// EachFigure calls f with each figure by periods of a grain ("day", "month", "quarter") as it stood
// on a day, in no order.
func (s *Store) EachFigure(ctx context.Context, grain string, asOf time.Time, labs LabRange, f func(StoredFigure) error) error {
	parameters := labs.parameters()
	parameters["grain"], parameters["as_of"] = grain, asOf.Format(time.DateOnly)
	return s.each(ctx, "verify_figures", parameters, func(rows driver.Rows) error {
		var k StoredFigure
		if err := rows.Scan(&k.Lab, &k.Indicator, &k.Segment, &k.Start, &k.Numerator, &k.Denominator, &k.Value); err != nil {
			return err
		}
		return f(k)
	})
}

// Digested is a relation that [Store.EachDigest] reads: its rows, and how they are written down to be hashed.
type Digested struct{ rows, digest string }

// What EachVersion, EachLiveEvent, EachCell and EachFigure give by rows.
var (
	DigestedVersions = Digested{"verify_versions", "digest_versions"}
	DigestedEvents   = Digested{"verify_events", "digest_versions"}
	DigestedCells    = Digested{"verify_cells", "digest_cells"}
	DigestedFigures  = Digested{"verify_figures", "digest_figures"}
)

// EachDigest calls f with each lab that has rows, how many there are, and the sum of their xxHash64 (modulo 2⁶⁴); the query says
// how a row is written. grain and asOf are for the figures alone.
func (s *Store) EachDigest(ctx context.Context, d Digested, labs LabRange, grain string, asOf time.Time, f func(lab string, rows, sum uint64)) error {
	parameters := labs.parameters()
	parameters["grain"], parameters["as_of"] = grain, asOf.Format(time.DateOnly)
	query := "WITH verified AS (\n" + s.query(d.rows) + ")\n" + s.query(d.digest)
	return s.eachOf(ctx, d.rows, query, parameters, func(rows driver.Rows) error {
		var lab string
		var found, sum uint64
		if err := rows.Scan(&lab, &found, &sum); err != nil {
			return err
		}
		f(lab, found, sum)
		return nil
	})
}

// EachRejection calls f with each row of rejections, in no order.
func (s *Store) EachRejection(ctx context.Context, f func(StoredRejection) error) error {
	return s.each(ctx, "verify_rejections", clickhouse.Parameters{}, func(rows driver.Rows) error {
		var r StoredRejection
		if err := rows.Scan(&r.StreamSeq, &r.Code); err != nil {
			return err
		}
		return f(r)
	})
}

// parameters are the bounds as the server reads them: it takes a backslash for an escape. They may come from the database, where
// anything may stand for a lab.
func (r LabRange) parameters() clickhouse.Parameters {
	escape := strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`)
	return clickhouse.Parameters{"from": escape.Replace(r.From), "to": escape.Replace(r.To)}
}

// each runs queries/name.sql and gives its rows to scan as they arrive, so that no result is held whole.
func (s *Store) each(ctx context.Context, name string, parameters clickhouse.Parameters, scan func(driver.Rows) error) error {
	return s.eachOf(ctx, name, s.query(name), parameters, scan)
}

// eachOf is each for a query's text.
func (s *Store) eachOf(ctx context.Context, name, query string, parameters clickhouse.Parameters, scan func(driver.Rows) error) error {
	rows, err := s.conn.Query(clickhouse.Context(ctx, clickhouse.WithParameters(parameters)), query)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer func() { _ = rows.Close() }() // what matters is rows.Err
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
