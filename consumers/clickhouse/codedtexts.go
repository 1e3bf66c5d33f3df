package clickhouse

import "github.com/ClickHouse/ch-go/proto"

// codedTexts is LowCardinality(String) of texts that have numbers already: a block's own texts, each once, and which of them stands where.
type codedTexts struct {
	texts proto.ColStr
	keys  proto.ColUInt32
	codes []uint32 // by the texts' numbers in their dictionary: 1 + the place among texts, 0 for none yet
}

// append appends a text by its number in a dictionary, which is the same for all of them.
func (c *codedTexts) append(of *dictionary, number int32) {
	for int(number) >= len(c.codes) {
		c.codes = append(c.codes, 0)
	}
	if c.codes[number] == 0 {
		c.texts.Append(of.names[number])
		c.codes[number] = uint32(c.texts.Rows())
	}
	c.keys.Append(c.codes[number] - 1)
}

// Reset empties it and keeps its memory.
func (c *codedTexts) Reset() {
	c.texts.Reset()
	c.keys.Reset()
	clear(c.codes)
	c.codes = c.codes[:0]
}

// codedArray is Array(LowCardinality(String)), as ch-go encodes a column.
type codedArray struct {
	offsets proto.ColUInt64
	*codedTexts
}

func (a codedArray) column() proto.ColLowCardinalityRaw {
	return proto.ColLowCardinalityRaw{Index: &a.texts, Key: proto.KeyUInt32, Keys32: a.keys}
}

// Type is the column's type.
func (a codedArray) Type() proto.ColumnType { return arraysOf(a.column().Type()) }

// Rows is how many arrays there are.
func (a codedArray) Rows() int { return a.offsets.Rows() }

// EncodeState writes what stands before the column.
func (a codedArray) EncodeState(b *proto.Buffer) { a.column().EncodeState(b) }

// EncodeColumn writes the arrays' ends, then the texts.
func (a codedArray) EncodeColumn(b *proto.Buffer) {
	a.offsets.EncodeColumn(b)
	a.column().EncodeColumn(b)
}

// WriteColumn does so without copying.
func (a codedArray) WriteColumn(w *proto.Writer) {
	a.offsets.WriteColumn(w)
	a.column().WriteColumn(w)
}
