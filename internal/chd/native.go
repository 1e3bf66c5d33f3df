package chd

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// The library writes the Native format as of protocol revision 0. A client that
// names a later one (client_protocol_version) expects, before each block, its
// block info, and in each column a flag for custom serialization. Nothing else
// differs, so the columns' bytes are copied as they are; only where each ends has
// to be found.

const (
	// revisionBlockInfo is the first with block info; clickhouse-go and the
	// server agree that any but 0 has it.
	revisionBlockInfo = 1
	// revisionCustomSerialization is the first with the flag.
	revisionCustomSerialization = proto.DBMS_MIN_REVISION_WITH_CUSTOM_SERIALIZATION

	// nativeBuffer must be at least what ch-go's reader asks for (128 KiB), lest
	// it put a buffer of its own before ours, and bytes get counted twice.
	nativeBuffer = 256 << 10
)

// nativeRewriter rewrites a Native stream from revision 0 to the client's.
type nativeRewriter struct {
	revision uint64
	tap      *tapReader
	buf      *bufio.Reader
	reader   *chproto.Reader
	context  *column.ServerContext
	types    map[string]*nativeType

	// For tests: measure with the decoder alone, or without it.
	decodeAll, decodeNone bool
}

func newNativeRewriter(src io.Reader, revision uint64, location *time.Location) *nativeRewriter {
	tap := &tapReader{src: src}
	buf := bufio.NewReaderSize(tap, nativeBuffer)
	return &nativeRewriter{
		revision: revision,
		tap:      tap,
		buf:      buf,
		reader:   chproto.NewReader(buf),
		context:  &column.ServerContext{Timezone: location},
		types:    map[string]*nativeType{},
	}
}

// next appends the next block to dst; io.EOF ends the stream.
func (n *nativeRewriter) next(dst []byte) ([]byte, error) {
	n.tap.begin(n.buf.Buffered())
	if _, err := n.buf.Peek(1); err != nil {
		return dst, err // io.EOF, or what befell the statement
	}
	cols, err := binary.ReadUvarint(n.buf)
	if err != nil {
		return dst, fmt.Errorf("chd: read a Native block: %w", unexpected(err))
	}
	rows, err := readCount(n.buf)
	if err != nil {
		return dst, fmt.Errorf("chd: read a Native block: %w", err)
	}
	if n.revision >= revisionBlockInfo {
		dst = append(dst, 1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0)
	}
	dst = append(dst, n.tap.taken(n.buf.Buffered())...)
	for i := uint64(0); i < cols; i++ {
		name, err := readName(n.buf)
		if err != nil {
			return dst, fmt.Errorf("chd: read a Native block: %w", err)
		}
		typeName, err := readName(n.buf)
		if err != nil {
			return dst, fmt.Errorf("chd: read a Native block: %w", err)
		}
		dst = append(dst, n.tap.taken(n.buf.Buffered())...)
		if n.revision >= revisionCustomSerialization {
			dst = append(dst, 0)
		}
		if rows > 0 {
			if err := n.skipColumn(name, typeName, rows); err != nil {
				return dst, fmt.Errorf("chd: read column %s %s: %w", name, typeName, err)
			}
			dst = append(dst, n.tap.taken(n.buf.Buffered())...)
		}
	}
	return dst, nil
}

// skipColumn reads a column's data, for its length.
func (n *nativeRewriter) skipColumn(name, typeName string, rows int) error {
	t, known := n.types[typeName]
	if !known {
		// Where it can't be parsed, nil is kept, for the decoder below.
		t, _ = parseNativeType(typeName)
		n.types[typeName] = t
	}
	if t != nil && !n.decodeAll {
		if err := t.skipPrefix(n.buf); err != nil {
			return err
		}
		return t.skip(n.buf, rows)
	}
	if n.decodeNone {
		return errUnknownType
	}
	col, err := column.Type(typeName).Column(name, n.context)
	if err != nil {
		return err
	}
	if c, ok := col.(column.CustomSerialization); ok {
		if err := c.ReadStatePrefix(n.reader); err != nil {
			return err
		}
	}
	return col.Decode(n.reader, rows)
}

// tapReader keeps what passes through, so that what a reader behind it consumed
// can be had again.
type tapReader struct {
	src  io.Reader
	kept []byte
	done int // how much of kept was handed out
}

func (t *tapReader) Read(p []byte) (int, error) {
	n, err := t.src.Read(p)
	t.kept = append(t.kept, p[:n]...)
	return n, err
}

// begin forgets what was consumed; buffered is what the reader behind still holds.
func (t *tapReader) begin(buffered int) {
	t.kept = append(t.kept[:0], t.kept[len(t.kept)-buffered:]...)
	t.done = 0
}

// taken returns what was consumed since it was last called.
func (t *tapReader) taken(buffered int) []byte {
	end := len(t.kept) - buffered
	data := t.kept[t.done:end]
	t.done = end
	return data
}

// streamReader reads a result that arrives in pieces.
type streamReader struct {
	next func() ([]byte, error)
	rest []byte
	err  error // the readers above ask again after an error
}

func (s *streamReader) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.err != nil {
			return 0, s.err
		}
		s.rest, s.err = s.next()
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}
