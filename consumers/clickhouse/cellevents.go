package clickhouse

import (
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/google/uuid"

	"vitrine/consumers/rollup"
	"vitrine/schemas"
)

// cellEvents are events as cell_events.sql and lab_events.sql give them, column by column, and what it takes to work out what they
// contribute. It is for one goroutine.
type cellEvents struct {
	lab, kind proto.ColStr
	localDay  proto.ColDate
	id        proto.ColUUID
	version   proto.ColUInt128
	gone      proto.ColUInt8 // superseded or retracted
	at, until proto.ColInt64 // occurred_at and ended_at in milliseconds
	data      proto.ColStr
	later     struct {
		days    proto.ColArr[time.Time]
		day     proto.ColDate
		seconds proto.ColArr[proto.Decimal128]
		second  proto.ColDecimal128
	}
	before       storedFacts
	storedBefore proto.ColUInt8 // has such facts; where they aren't read themselves

	labs, kinds dictionary
	latest      struct{ lab, kind string }
	door        *schemas.Decoder
	parts       []rollup.DayPart // of the latest event that was asked for
	facts       []rollup.Fact
}

// storedFacts are what rows contribute that were stored when that was still worked out then.
type storedFacts struct {
	indicator, segment, ref textArray
	part, fn                smallArray
	days                    proto.ColArr[time.Time]
	day                     proto.ColDate
	amounts                 proto.ColArr[proto.Decimal128]
	amount                  proto.ColDecimal128
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

// results are the columns as the queries name them that read facts of rows from before, in their order.
func (e *cellEvents) results() proto.Results {
	columns, b := e.withoutFacts(), &e.before
	b.indicator.Data, b.segment.Data, b.ref.Data = &b.indicator.data, &b.segment.data, &b.ref.data
	b.part.Data, b.fn.Data = &b.part.data, &b.fn.data
	b.days.Data, b.amounts.Data = &b.day, &b.amount
	return append(columns, proto.Results{
		{Name: "indicators", Data: &b.indicator.ColArr},
		{Name: "parts", Data: &b.part.ColArr},
		{Name: "fns", Data: &b.fn.ColArr},
		{Name: "days", Data: &b.days},
		{Name: "segments", Data: &b.segment.ColArr},
		{Name: "refs", Data: &b.ref.ColArr},
		{Name: "amounts", Data: &b.amounts},
	}...)
}

// newResults are those of cell_events.sql, which reads no facts: [errStoredBefore] says where there are some.
func (e *cellEvents) newResults() proto.Results {
	return append(e.withoutFacts(), proto.ResultColumn{Name: "stored_before", Data: &e.storedBefore})
}

func (e *cellEvents) withoutFacts() proto.Results {
	e.before, e.storedBefore = storedFacts{}, nil
	e.later.days.Data, e.later.seconds.Data = &e.later.day, &e.later.second
	return proto.Results{
		{Name: "lab", Data: &e.lab},
		{Name: "kind", Data: &e.kind},
		{Name: "local_day", Data: &e.localDay},
		{Name: "id", Data: &e.id},
		{Name: "version", Data: &e.version},
		{Name: "gone", Data: proto.Alias(&e.gone, proto.ColumnTypeBool)},
		{Name: "at", Data: &e.at},
		{Name: "until", Data: &e.until},
		{Name: "data", Data: &e.data},
		{Name: "later_days", Data: &e.later.days},
		{Name: "later_seconds", Data: &e.later.seconds},
	}
}

// errStoredBefore is for rows that hold facts which weren't read.
var errStoredBefore = errors.New("some events hold what they contribute")

// names are a row's lab and kind; equal ones are the same string. Most rows have those of the row before.
func (e *cellEvents) names(row int) (lab, kind string) {
	e.latest.lab, e.latest.kind = e.labs.same(e.latest.lab, e.lab.RowBytes(row)), e.kinds.same(e.latest.kind, e.kind.RowBytes(row))
	return e.latest.lab, e.latest.kind
}

// contributions are what a row contributes; they hold until the next are asked for. [errStoredBefore] where that is in columns that weren't read.
func (e *cellEvents) contributions(row int, rules *rollup.Rules) ([]rollup.Fact, error) {
	e.parts = e.parts[:0]
	if e.gone[row] != 0 {
		return nil, nil
	}
	if e.holdsFacts(row) {
		from, to := within(e.before.part.Offsets, row)
		return e.before.facts(e.facts[:0], from, to), nil
	} else if len(e.before.part.Offsets) == 0 && e.storedBefore[row] != 0 {
		return nil, errStoredBefore
	}
	for i, to := within(e.later.days.Offsets, row); i < to; i++ {
		e.parts = append(e.parts, rollup.DayPart{Day: e.later.day[i].Time(), Seconds: schemas.Micros(int64(e.later.second[i].Low))})
	}
	place := rollup.StoredPlace(e.localDay[row].Time(), time.UnixMilli(e.at[row]).UTC(), time.UnixMilli(e.until[row]).UTC(), e.parts)
	lab, kind := e.names(row)
	return e.factsOf(lab, kind, e.id[row], e.data.RowBytes(row), place, rules)
}

// holdsFacts says that a row holds what it contributes, and that this was read.
func (e *cellEvents) holdsFacts(row int) bool {
	if len(e.before.part.Offsets) == 0 {
		return false
	}
	from, to := within(e.before.part.Offsets, row)
	return from < to
}

func (e *cellEvents) factsOf(lab, kind string, id uuid.UUID, data []byte, place rollup.Place, rules *rollup.Rules) ([]rollup.Fact, error) {
	if e.door == nil {
		e.door = schemas.NewDecoder()
	}
	defer e.door.Reset()
	event, err := e.door.Stored(lab, kind, data)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", id, err)
	}
	e.facts, err = rules.AppendFacts(e.facts[:0], event, place)
	if err != nil {
		return nil, fmt.Errorf("event %s of %s: %w", id, lab, err)
	}
	return e.facts, nil
}

func (b *storedFacts) facts(out []rollup.Fact, from, to int) []rollup.Fact {
	for i := from; i < to; i++ {
		out = append(out, rollup.Fact{
			Indicator: b.indicator.data.Row(i), Part: rollup.Part(b.part.data[i]), Fn: rollup.Fn(b.fn.data[i]), Day: b.day[i].Time(),
			Segment: b.segment.data.Row(i), Ref: b.ref.data.Row(i), Amount: schemas.Micros(int64(b.amount[i].Low)),
		})
	}
	return out
}

// within are the first element of a row's array, and the next row's.
func within(offsets proto.ColUInt64, row int) (from, to int) {
	if row > 0 {
		from = int(offsets[row-1])
	}
	return from, int(offsets[row])
}
