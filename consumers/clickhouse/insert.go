package clickhouse

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"vitrine/schemas"
)

// InsertEvents appends versions of events. Nothing is read first, and inserting the same rows again
// changes nothing; an insert that failed may be there in part, and must be repeated.
func (s *Store) InsertEvents(ctx context.Context, rows []Row) (err error) {
	if len(rows) == 0 {
		return nil
	}
	defer s.metrics.observe("insert events", time.Now(), &err)
	block := s.blocks.take()
	defer s.blocks.give(block)
	block.reset()
	sorted := sortedRows(rows)
	block.makeRoom(sorted)
	for _, r := range sorted {
		block.add(r)
	}
	native, err := block.encode()
	if err != nil {
		return fmt.Errorf("insert %d events: %w", len(rows), err)
	}
	if err := s.insertNative(ctx, "event_insert", native); err != nil {
		return fmt.Errorf("insert %d events: %w", len(rows), err)
	}
	s.metrics.rows.WithLabelValues("event_store").Add(float64(len(rows)))
	return nil
}

// sortedRows are rows in the order of event_store's key, which its partitions follow. (A database from before has another: it sorts them.)
func sortedRows(rows []Row) []*Row {
	places := make([]placedRow, len(rows))
	for i := range rows {
		r := &rows[i]
		places[i] = placedRow{r.Place.LocalDay.Unix(), r.Lab, r.Kind, r}
	}
	slices.SortFunc(places, placedRow.compare)
	sorted := make([]*Row, len(rows))
	for i := range places {
		sorted[i] = places[i].row
	}
	return sorted
}

// placedRow is a row with what it is mostly sorted by: rows are large, and lie apart.
type placedRow struct {
	day       int64
	lab, kind string
	row       *Row
}

func (p placedRow) compare(o placedRow) int {
	if c := cmp.Compare(p.day, o.day); c != 0 {
		return c
	}
	if c := strings.Compare(p.lab, o.lab); c != 0 {
		return c
	}
	if c := strings.Compare(p.kind, o.kind); c != 0 {
		return c
	}
	return compareIDs(p.row.ID, o.row.ID)
}

// compareIDs is ClickHouse's order of UUIDs: by the second half first, as it keeps the two halves.
func compareIDs(a, b uuid.UUID) int {
	if c := bytes.Compare(a[8:], b[8:]); c != 0 {
		return c
	}
	return bytes.Compare(a[:8], b[:8])
}

// exact is a schemas.Decimal as the driver wants it.
func exact(d schemas.Decimal) decimal.Decimal { return decimal.New(d.Micros(), -6) }

func nullable(d *schemas.Decimal) *decimal.Decimal {
	if d == nil {
		return nil
	}
	e := exact(*d)
	return &e
}

// InsertRejections writes rejected events down; the same ones again change nothing.
func (s *Store) InsertRejections(ctx context.Context, rejections []Rejection) (err error) {
	if len(rejections) == 0 {
		return nil
	}
	defer s.metrics.observe("insert rejections", time.Now(), &err)
	batch, err := s.conn.PrepareBatch(ctx, s.query("rejection_insert"))
	if err != nil {
		return fmt.Errorf("insert %d rejections: %w", len(rejections), err)
	}
	defer batch.Close()
	for _, r := range rejections {
		err := batch.Append(r.StreamSeq, r.Lab, r.Kind, r.ID, r.Code, r.Field, r.Reason.EN, r.Reason.FR, r.Subject, r.ReceivedAt, r.Raw)
		if err != nil {
			return fmt.Errorf("insert rejection %d: %w", r.StreamSeq, err)
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("insert %d rejections: %w", len(rejections), err)
	}
	s.metrics.rows.WithLabelValues("rejections").Add(float64(len(rejections)))
	return nil
}
