package clickhouse

import (
	"math"
	"slices"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"vitrine/schemas"
)

// eventBlock is a batch of rows as ClickHouse takes it: column by column, in its Native format. Its memory is used again
// for the next batch.
type eventBlock struct {
	lab, kind, source, reason, data proto.ColStr
	localDay                        proto.ColDate
	id                              proto.ColUUID
	version                         proto.ColUInt128
	superseded, retracted           proto.ColBool
	revision                        proto.ColUInt32
	streamSeq                       proto.ColUInt64
	occurredAt, endedAt, receivedAt millis
	measures                        proto.ColMap[string, proto.Decimal128]
	segments                        proto.ColMap[string, string]
	companyRefs                     proto.ColArr[string]
	later                           laterColumns

	names   proto.ColStr // of the measures
	amounts proto.ColDecimal128
	codes   struct{ names, values proto.ColStr } // of the segments
	refs    proto.ColStr                         // of the companies
	buffer  proto.Buffer
}

// laterColumns are the parts of the events after their first days. Both arrays have the same lengths.
type laterColumns struct {
	offsets proto.ColUInt64
	day     proto.ColDate
	seconds proto.ColDecimal128
}

// millis are times as DateTime64(3) holds them.
type millis = proto.ColInt64

// grow makes room for what is largest in rows.
func (b *eventBlock) grow(rows []*Row) {
	data, measures, segments := 0, 0, 0
	for _, r := range rows {
		data, measures, segments = data+len(r.Data), measures+len(r.Measures), segments+len(r.Segments)
	}
	b.data.Buf = slices.Grow(b.data.Buf, data)
	b.names.Pos, b.amounts = slices.Grow(b.names.Pos, measures), slices.Grow(b.amounts, measures)
	b.codes.names.Pos, b.codes.values.Pos = slices.Grow(b.codes.names.Pos, segments), slices.Grow(b.codes.values.Pos, segments)
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
	b.data.Append(r.Data)
	for _, m := range r.Measures {
		b.names.Append(m.Name)
		b.amounts.Append(exact128(m.Amount))
	}
	b.measures.Offsets.Append(uint64(b.names.Rows()))
	for _, s := range r.Segments {
		b.codes.names.Append(s.Name)
		b.codes.values.Append(s.Code)
	}
	b.segments.Offsets.Append(uint64(b.codes.names.Rows()))
	for _, ref := range r.CompanyRefs {
		b.refs.Append(ref)
	}
	b.companyRefs.Offsets.Append(uint64(b.refs.Rows()))
	for _, part := range r.Place.Later() {
		b.later.day = append(b.later.day, dateOf(part.Day))
		b.later.seconds.Append(exact128(part.Seconds))
	}
	b.later.offsets.Append(uint64(len(b.later.day)))
}

// encode gives the block's bytes, which stand until the next reset.
func (b *eventBlock) encode() ([]byte, error) {
	b.measures.Keys, b.measures.Values = &b.names, &b.amounts
	b.segments.Keys, b.segments.Values = &b.codes.names, &b.codes.values
	b.companyRefs.Data = &b.refs
	input := []proto.InputColumn{
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
		{Name: "measures", Data: proto.Alias(&b.measures, "Map(String, "+typeAmount+")")},
		{Name: "segments", Data: &b.segments},
		{Name: "company_refs", Data: &b.companyRefs},
		{Name: "data", Data: &b.data},
		{Name: "later_days", Data: &proto.ColArr[time.Time]{Offsets: b.later.offsets, Data: &b.later.day}},
		{Name: "later_seconds", Data: proto.Alias(&proto.ColArr[proto.Decimal128]{Offsets: b.later.offsets, Data: &b.later.seconds}, arraysOf(typeAmount))},
	}
	b.buffer.Reset()
	err := encodeNative(&b.buffer, input)
	return b.buffer.Buf, err
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
		&b.occurredAt, &b.endedAt, &b.receivedAt, &b.measures.Offsets, &b.segments.Offsets, &b.companyRefs.Offsets,
		&b.names, &b.amounts, &b.codes.names, &b.codes.values, &b.refs,
		&b.later.offsets, &b.later.day, &b.later.seconds,
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
