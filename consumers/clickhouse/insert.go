package clickhouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

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
	block := s.blocks.Get().(*eventBlock)
	defer s.blocks.Put(block)
	block.reset()
	for i := range rows {
		block.add(&rows[i])
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

// insertNative inserts rows in ClickHouse's Native format, by the statement of a query file.
func (s *Store) insertNative(ctx context.Context, query string, native []byte) error {
	parameters := url.Values{"query": {s.statement(query) + " FORMAT Native"}}
	for name, value := range s.options.Settings {
		parameters.Set(name, fmt.Sprint(value))
	}
	body, err := s.overHTTP(ctx, query, parameters, bytes.NewReader(native))
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, body)
	return errors.Join(err, body.Close())
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
