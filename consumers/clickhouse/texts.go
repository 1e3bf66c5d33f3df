package clickhouse

import (
	"encoding/binary"

	"github.com/ClickHouse/ch-go/proto"
)

// texts is a column of texts as the Native format has them, each with its length before it. It is sent as it is, where [proto.ColStr], which can be read, too,
// keeps where each begins and ends, and copies them once more.
type texts struct {
	native []byte
	rows   int
}

// Append appends a text.
func (t *texts) Append(text string) { appendText(t, text) }

// AppendBytes appends a text.
func (t *texts) AppendBytes(text []byte) { appendText(t, text) }

func appendText[T string | []byte](t *texts, text T) {
	t.native = append(binary.AppendUvarint(roomyFor(t.native, len(text)+binary.MaxVarintLen64), uint64(len(text))), text...)
	t.rows++
}

// Type is the column's type.
func (*texts) Type() proto.ColumnType { return proto.ColumnTypeString }

// Rows is how many texts there are.
func (t *texts) Rows() int { return t.rows }

// Reset empties it and keeps its memory.
func (t *texts) Reset() { t.native, t.rows = t.native[:0], 0 }

// EncodeColumn copies it.
func (t *texts) EncodeColumn(b *proto.Buffer) { b.PutRaw(t.native) }

// WriteColumn gives it away as it stands.
func (t *texts) WriteColumn(w *proto.Writer) { w.ChainWrite(t.native) }
