package clickhouse

import (
	"github.com/ClickHouse/ch-go/proto"

	"vitrine/consumers/rollup"
)

// cellBlock are recomputed cells as ClickHouse takes them. Its memory is used again.
type cellBlock struct {
	lab, kind          texts
	localDay           proto.ColDate
	version            proto.ColUInt128
	ends               proto.ColUInt64 // of all the items' arrays
	indicator, segment codedTexts
	ref                texts
	part, fn           proto.ColInt8
	day                proto.ColDate
	amount             proto.ColInt128
	at                 proto.ColInt64
	seq                proto.ColUInt64
}

// makeRoom makes an empty block have room for so many items.
func (b *cellBlock) makeRoom(items int) {
	b.indicator.keys, b.segment.keys = emptied(b.indicator.keys, items), emptied(b.segment.keys, items)
	b.ref.native = emptied(b.ref.native, items) // a byte each at least
	b.part, b.fn, b.day = emptied(b.part, items), emptied(b.fn, items), emptied(b.day, items)
	b.amount, b.at, b.seq = emptied(b.amount, items), emptied(b.at, items), emptied(b.seq, items)
}

// add appends a cell with its items.
func (b *cellBlock) add(r *cellReducer, c reducedCell) {
	b.lab.Append(r.labs.names[c.lab])
	b.kind.Append(r.kinds.names[c.kind])
	b.localDay = append(b.localDay, c.day)
	b.version.Append(c.version)
	for n := c.first; n >= 0; {
		i := r.items.at(n)
		n = i.next
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
	b.ends.Append(uint64(b.seq.Rows()))
}

// encode gives the block's bytes, which stand until the next reset.
func (b *cellBlock) encode() (pieces, error) {
	array := func(element proto.ColInput) proto.ColInput { return arrays(b.ends, element) }
	return encodeNative([]proto.InputColumn{
		{Name: "lab", Data: &b.lab},
		{Name: "kind", Data: &b.kind},
		{Name: "local_day", Data: &b.localDay},
		{Name: "version", Data: &b.version},
		{Name: "item_indicator", Data: array(&b.indicator)},
		{Name: "item_part", Data: array(proto.Alias(&b.part, typePart))},
		{Name: "item_fn", Data: array(proto.Alias(&b.fn, typeFn))},
		{Name: "item_day", Data: array(&b.day)},
		{Name: "item_segment", Data: array(&b.segment)},
		{Name: "item_ref", Data: array(&b.ref)},
		{Name: "item_amount", Data: array(proto.Alias(&b.amount, typeAmount))},
		{Name: "item_at", Data: array(proto.Alias(&b.at, typeMillis))},
		{Name: "item_seq", Data: array(&b.seq)},
	})
}

// reset empties the block and keeps its memory.
func (b *cellBlock) reset() {
	for _, c := range []interface{ Reset() }{
		&b.lab, &b.kind, &b.localDay, &b.version, &b.ends, &b.indicator, &b.segment, &b.ref, &b.part, &b.fn, &b.day, &b.amount, &b.at, &b.seq,
	} {
		c.Reset()
	}
}
