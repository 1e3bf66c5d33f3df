package clickhouse

import (
	"time"

	"github.com/ClickHouse/ch-go/proto"
)

// cellEvents are rows of cell_events.sql, column by column: the events of the cells to be recomputed with what they contribute.
type cellEvents struct {
	lab, kind proto.ColStr
	localDay  proto.ColDate
	version   proto.ColUInt128
	at        proto.ColInt64 // occurred_at in milliseconds
	streamSeq proto.ColUInt64

	indicator, segment, ref textArray
	part, fn                smallArray
	day                     struct {
		offsets proto.ColArr[time.Time]
		data    proto.ColDate
	}
	amount struct {
		offsets proto.ColArr[proto.Decimal128]
		data    proto.ColDecimal128
	}
}

// textArray and smallArray are Array(String) and Array(Int8).
type (
	textArray struct {
		proto.ColArr[string]
		data proto.ColStr
	}
	smallArray struct {
		proto.ColArr[int8]
		data proto.ColInt8
	}
)

// results are the columns as the query names them, in its order.
func (e *cellEvents) results() proto.Results {
	e.indicator.Data, e.segment.Data, e.ref.Data = &e.indicator.data, &e.segment.data, &e.ref.data
	e.part.Data, e.fn.Data = &e.part.data, &e.fn.data
	e.day.offsets.Data, e.amount.offsets.Data = &e.day.data, &e.amount.data
	return proto.Results{
		{Name: "lab", Data: &e.lab},
		{Name: "kind", Data: &e.kind},
		{Name: "local_day", Data: &e.localDay},
		{Name: "version", Data: &e.version},
		{Name: "at", Data: &e.at},
		{Name: "stream_seq", Data: &e.streamSeq},
		{Name: "indicators", Data: &e.indicator.ColArr},
		{Name: "parts", Data: &e.part.ColArr},
		{Name: "fns", Data: &e.fn.ColArr},
		{Name: "days", Data: &e.day.offsets},
		{Name: "segments", Data: &e.segment.ColArr},
		{Name: "refs", Data: &e.ref.ColArr},
		{Name: "amounts", Data: &e.amount.offsets},
	}
}

// facts are the first and the next row's first contribution of a row.
func (e *cellEvents) facts(row int) (from, to int) {
	if row > 0 {
		from = int(e.part.Offsets[row-1])
	}
	return from, int(e.part.Offsets[row])
}
