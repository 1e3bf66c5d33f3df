package clickhouse

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"vitrine/schemas"
)

// eventBlock is a batch of rows as ClickHouse takes it: column by column, in its Native format. Its memory is used again
// for the next batch.
type eventBlock struct {
	lab, kind, source, reason, data texts
	localDay                        proto.ColDate
	id                              proto.ColUUID
	version                         proto.ColUInt128
	superseded, retracted           proto.ColBool
	revision                        proto.ColUInt32
	streamSeq                       proto.ColUInt64
	occurredAt, endedAt, receivedAt millis
	measures                        struct {
		ends    proto.ColUInt64
		names   texts
		amounts proto.ColDecimal128
	}
	segments struct {
		ends         proto.ColUInt64
		names, codes texts
	}
	companies struct {
		ends proto.ColUInt64
		refs texts
	}
	later struct { // the parts of the events after their first days
		ends    proto.ColUInt64
		days    proto.ColDate
		seconds proto.ColDecimal128
	}
}

// millis are times as DateTime64(3) holds them.
type millis = proto.ColInt64

// makeRoom makes an empty block have room for what is largest in rows.
func (b *eventBlock) makeRoom(rows []*Row) {
	data, measures := 0, 0
	for _, r := range rows {
		data, measures = data+len(r.Data)+binary.MaxVarintLen16, measures+len(r.Measures)
	}
	b.data.native, b.measures.amounts = emptied(b.data.native, data), emptied(b.measures.amounts, measures)
}

// add appends a row.
func (b *eventBlock) add(r *Row) {
	b.lab.Append(r.Lab)
	b.kind.Append(r.Kind)
	b.localDay = append(b.localDay, dateOf(r.Place.LocalDay))
	b.id.Append(r.ID)
	b.version.Append(r.Version.number())
	b.superseded.Append(r.Superseded)
	b.retracted.Append(r.Retracted)
	b.revision.Append(r.Version.Revision)
	b.streamSeq.Append(r.Version.StreamSeq)
	b.source.Append(r.Source)
	b.reason.Append(r.Reason)
	b.occurredAt.Append(r.Place.Start.UnixMilli())
	b.endedAt.Append(r.Place.End.UnixMilli())
	b.receivedAt.Append(r.ReceivedAt.UnixMilli())
	b.data.AppendBytes(r.Data)
	for _, m := range r.Measures {
		b.measures.names.Append(m.Name)
		b.measures.amounts.Append(exact128(m.Amount))
	}
	b.measures.ends.Append(uint64(b.measures.names.Rows()))
	for _, s := range r.Segments {
		b.segments.names.Append(s.Name)
		b.segments.codes.Append(s.Code)
	}
	b.segments.ends.Append(uint64(b.segments.names.Rows()))
	for _, ref := range r.CompanyRefs {
		b.companies.refs.Append(ref)
	}
	b.companies.ends.Append(uint64(b.companies.refs.Rows()))
	for _, part := range r.Place.Later() {
		b.later.days = append(b.later.days, dateOf(part.Day))
		b.later.seconds.Append(exact128(part.Seconds))
	}
	b.later.ends.Append(uint64(len(b.later.days)))
}

// encode gives the block's bytes, which stand until the next reset.
func (b *eventBlock) encode() (pieces, error) {
	return encodeNative([]proto.InputColumn{
		{Name: "lab", Data: &b.lab},
		{Name: "kind", Data: &b.kind},
		{Name: "local_day", Data: &b.localDay},
		{Name: "id", Data: &b.id},
		{Name: "version", Data: &b.version},
		{Name: "superseded", Data: &b.superseded},
		{Name: "retracted", Data: &b.retracted},
		{Name: "revision", Data: &b.revision},
		{Name: "stream_seq", Data: &b.streamSeq},
		{Name: "source", Data: &b.source},
		{Name: "reason", Data: &b.reason},
		{Name: "occurred_at", Data: proto.Alias(&b.occurredAt, typeMillis)},
		{Name: "ended_at", Data: proto.Alias(&b.endedAt, typeMillis)},
		{Name: "received_at", Data: proto.Alias(&b.receivedAt, typeMillis)},
		{Name: "measures", Data: mapsOf(b.measures.ends, &b.measures.names, proto.Alias(&b.measures.amounts, typeAmount))},
		{Name: "segments", Data: mapsOf(b.segments.ends, &b.segments.names, &b.segments.codes)},
		{Name: "company_refs", Data: arrays(b.companies.ends, &b.companies.refs)},
		{Name: "data", Data: &b.data},
		{Name: "later_days", Data: arrays(b.later.ends, &b.later.days)},
		{Name: "later_seconds", Data: arrays(b.later.ends, proto.Alias(&b.later.seconds, typeAmount))},
	})
}

// The types of columns that ch-go names otherwise.
const (
	typeMillis = "DateTime64(3, 'UTC')"
	typeAmount = "Decimal(38, 6)"
	typePart   = "Enum8('numerator' = 0, 'denominator' = 1)"
	typeFn     = "Enum8('sum' = 0, 'distinct' = 1, 'last' = 2, 'state' = 3, 'max' = 4)"
)

// reset empties the block and keeps its memory.
func (b *eventBlock) reset() {
	for _, c := range []interface{ Reset() }{
		&b.lab, &b.kind, &b.source, &b.reason, &b.data, &b.localDay, &b.id, &b.version, &b.superseded, &b.retracted, &b.revision, &b.streamSeq,
		&b.occurredAt, &b.endedAt, &b.receivedAt, &b.measures.ends, &b.measures.names, &b.measures.amounts,
		&b.segments.ends, &b.segments.names, &b.segments.codes, &b.companies.ends, &b.companies.refs,
		&b.later.ends, &b.later.days, &b.later.seconds,
	} {
		c.Reset()
	}
}

// number is the version as one ordered integer: revision << 64 | stream_seq.
func (v Version) number() proto.UInt128 {
	return proto.UInt128{Low: v.StreamSeq, High: uint64(v.Revision)}
}

// year is a day's partition. (In a database from before it is the month: rows in the order of years are in that of their
// months' key, too.)
func year(d proto.Date) int { return d.Time().Year() }

// dateOf is a day, which is midnight UTC, as ClickHouse's Date has it.
func dateOf(day time.Time) proto.Date { return proto.Date(day.Unix() / 86400) }

// exact128 is a number as Decimal(38, 6) holds it.
func exact128(d schemas.Decimal) proto.Decimal128 {
	n := d.Micros()
	high := uint64(0)
	if n < 0 {
		high = math.MaxUint64
	}
	return proto.Decimal128(proto.Int128{Low: uint64(n), High: high})
}
