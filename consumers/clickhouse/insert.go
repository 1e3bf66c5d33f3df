package clickhouse

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
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
	batch, err := s.conn.PrepareBatch(ctx, s.query("event_insert"))
	if err != nil {
		return fmt.Errorf("insert %d events: %w", len(rows), err)
	}
	defer batch.Close()
	for i := range rows {
		if err := appendRow(batch, &rows[i]); err != nil {
			return fmt.Errorf("insert event %s of %s: %w", rows[i].ID, rows[i].Lab, err)
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("insert %d events: %w", len(rows), err)
	}
	s.metrics.rows.WithLabelValues("event_store").Add(float64(len(rows)))
	return nil
}

func appendRow(batch driver.Batch, r *Row) error {
	n := len(r.Facts)
	f := factColumns{
		indicator: make([]string, n), part: make([]int8, n), fn: make([]int8, n), day: make([]time.Time, n),
		segment: make([]string, n), ref: make([]string, n), amount: make([]decimal.Decimal, n),
	}
	for i, fact := range r.Facts {
		f.indicator[i], f.part[i], f.fn[i], f.day[i] = fact.Indicator, int8(fact.Part), int8(fact.Fn), fact.Day
		f.segment[i], f.ref[i], f.amount[i] = fact.Segment, fact.Ref, exact(fact.Amount)
	}
	measures := make(map[string]decimal.Decimal, len(r.Measures))
	for name, n := range r.Measures {
		measures[name] = exact(n)
	}
	return batch.Append(r.Lab, r.Kind, r.Place.LocalDay, r.ID, r.Version.number(), r.Superseded, r.Retracted,
		r.Version.Revision, r.Version.StreamSeq, r.Source, r.Reason,
		r.Place.Start, r.Place.End, r.ReceivedAt, measures, notNil(r.Segments), r.CompanyRefs, r.Data,
		f.indicator, f.part, f.fn, f.day, f.segment, f.ref, f.amount)
}

// factColumns are an event's facts as ClickHouse keeps them, column by column.
type factColumns struct {
	indicator, segment, ref []string
	part, fn                []int8
	day                     []time.Time
	amount                  []decimal.Decimal
}

// number is the version as one ordered integer: revision << 64 | stream_seq.
func (v Version) number() *big.Int {
	n := new(big.Int).Lsh(big.NewInt(int64(v.Revision)), 64)
	return n.Or(n, new(big.Int).SetUint64(v.StreamSeq))
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

func notNil(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
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
