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

func (c *codedTexts) column() proto.ColLowCardinalityRaw {
	return proto.ColLowCardinalityRaw{Index: &c.texts, Key: proto.KeyUInt32, Keys32: c.keys}
}

// Type is the column's type.
func (c *codedTexts) Type() proto.ColumnType { return c.column().Type() }

// Rows is how many texts there are.
func (c *codedTexts) Rows() int { return c.keys.Rows() }

// EncodeState writes what stands before the column.
func (c *codedTexts) EncodeState(b *proto.Buffer) { c.column().EncodeState(b) }

// EncodeColumn copies the texts, then which of them stands where.
func (c *codedTexts) EncodeColumn(b *proto.Buffer) { c.column().EncodeColumn(b) }

// WriteColumn gives both away as they stand.
func (c *codedTexts) WriteColumn(w *proto.Writer) { c.column().WriteColumn(w) }
