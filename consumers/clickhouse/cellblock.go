package clickhouse

import (
	"slices"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"vitrine/consumers/rollup"
)

// cellBlock are recomputed cells as ClickHouse takes them. Its memory is used again.
type cellBlock struct {
	lab, kind          proto.ColStr
	localDay           proto.ColDate
	version            proto.ColUInt128
	offsets            proto.ColUInt64 // of all the items' arrays
	indicator, segment codedTexts
	ref                proto.ColStr
	part, fn           proto.ColInt8
	day                proto.ColDate
	amount             proto.ColInt128
	at                 proto.ColInt64
	seq                proto.ColUInt64
	buffer             proto.Buffer
}

// grow makes room for so many items.
func (b *cellBlock) grow(items int) {
	b.indicator.keys, b.segment.keys = slices.Grow(b.indicator.keys, items), slices.Grow(b.segment.keys, items)
	b.ref.Pos = slices.Grow(b.ref.Pos, items)
	b.part, b.fn, b.day = slices.Grow(b.part, items), slices.Grow(b.fn, items), slices.Grow(b.day, items)
	b.amount, b.at, b.seq = slices.Grow(b.amount, items), slices.Grow(b.at, items), slices.Grow(b.seq, items)
}

// add appends a cell with its items.
func (b *cellBlock) add(r *cellReducer, c reducedCell) {
	b.lab.Append(r.labs.names[c.lab])
	b.kind.Append(r.kinds.names[c.kind])
	b.localDay = append(b.localDay, c.day)
	b.version.Append(c.version)
	for n := c.first; n >= 0; n = r.items[n].next {
		i := &r.items[n]
		b.indicator.append(&r.indicators, i.indicator)
		b.segment.append(&r.segments, i.segment)
		b.ref.Append(r.refs.names[i.ref])
		b.part.Append(i.part)
		b.fn.Append(i.fn)
		b.day = append(b.day, i.day)
		b.amount.Append(i.amount)
		at, seq := i.at, i.seq
		if fn := rollup.Fn(i.fn); fn != rollup.Last && fn != rollup.State { // nobody asks when, and zeros take no space
			at, seq = 0, 0
		}
		b.at.Append(at)
		b.seq.Append(seq)
	}
	b.offsets.Append(uint64(b.seq.Rows()))
}

// encode gives the block's bytes, which stand until the next reset.
func (b *cellBlock) encode() ([]byte, error) {
	b.buffer.Reset()
	err := encodeNative(&b.buffer, []proto.InputColumn{
		{Name: "lab", Data: &b.lab},
		{Name: "kind", Data: &b.kind},
		{Name: "local_day", Data: &b.localDay},
		{Name: "version", Data: &b.version},
		{Name: "item_indicator", Data: codedArray{b.offsets, &b.indicator}},
		{Name: "item_part", Data: proto.Alias(&proto.ColArr[int8]{Offsets: b.offsets, Data: &b.part}, arraysOf(typePart))},
		{Name: "item_fn", Data: proto.Alias(&proto.ColArr[int8]{Offsets: b.offsets, Data: &b.fn}, arraysOf(typeFn))},
		{Name: "item_day", Data: &proto.ColArr[time.Time]{Offsets: b.offsets, Data: &b.day}},
		{Name: "item_segment", Data: codedArray{b.offsets, &b.segment}},
		{Name: "item_ref", Data: &proto.ColArr[string]{Offsets: b.offsets, Data: &b.ref}},
		{Name: "item_amount", Data: proto.Alias(&proto.ColArr[proto.Int128]{Offsets: b.offsets, Data: &b.amount}, arraysOf(typeAmount))},
		{Name: "item_at", Data: proto.Alias(&proto.ColArr[int64]{Offsets: b.offsets, Data: &b.at}, arraysOf(typeMillis))},
		{Name: "item_seq", Data: &proto.ColArr[uint64]{Offsets: b.offsets, Data: &b.seq}},
	})
	return b.buffer.Buf, err
}

// arraysOf is the type of arrays of a type.
func arraysOf(element proto.ColumnType) proto.ColumnType { return proto.ColumnTypeArray.Sub(element) }

// reset empties the block and keeps its memory.
func (b *cellBlock) reset() {
	for _, c := range []interface{ Reset() }{
		&b.lab, &b.kind, &b.localDay, &b.version, &b.offsets, &b.indicator, &b.segment, &b.ref, &b.part, &b.fn, &b.day, &b.amount, &b.at, &b.seq,
	} {
		c.Reset()
	}
}
