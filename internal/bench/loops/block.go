package loops

import (
	"bytes"
	"errors"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/go-faster/jx"
	"github.com/google/uuid"

	"vitrine/schemas"
)

// block is rows of the plain table by column, filled from JSON without an object in between.
type block struct {
	lab, kind, source, data proto.ColStr
	id                      proto.ColUUID
	time                    proto.ColDateTime64
	revision                proto.ColInt64
	retracted               proto.ColBool
	encoded                 proto.Buffer
}

func newBlock() *block {
	b := &block{}
	b.time.WithPrecision(proto.PrecisionMilli)
	return b
}

func (b *block) reset() {
	for _, c := range b.columns() {
		c.Data.(proto.Resettable).Reset()
	}
}

func (b *block) columns() []proto.InputColumn {
	return []proto.InputColumn{{Name: "lab", Data: &b.lab}, {Name: "kind", Data: &b.kind}, {Name: "id", Data: &b.id}, {Name: "time", Data: &b.time},
		{Name: "revision", Data: &b.revision}, {Name: "retracted", Data: &b.retracted}, {Name: "source", Data: &b.source}, {Name: "data", Data: &b.data}}
}

// encode gives the block in ClickHouse's Native format; it holds until the next call.
func (b *block) encode() ([]byte, error) {
	b.encoded.Reset()
	err := proto.Block{Columns: len(b.columns()), Rows: b.id.Rows()}.EncodeRawBlock(&b.encoded, 0, b.columns())
	return b.encoded.Buf, err
}

var errEvent = errors.New("not an event as the load makes them")

// add reads an event; nothing is checked but that the columns can be filled.
func (b *block) add(d *jx.Decoder, raw []byte) error {
	d.ResetBytes(raw)
	var revision int64
	var retracted bool
	var data []byte
	seen := 0
	err := d.ObjBytes(func(d *jx.Decoder, key []byte) (err error) {
		switch string(key) {
		case "id":
			s, err := d.StrBytes()
			if err != nil {
				return err
			}
			id, err := uuid.ParseBytes(s)
			b.id.Append(id)
			seen++
			return err
		case "source":
			s, err := d.StrBytes()
			if err != nil {
				return err
			}
			lab, isLab := bytes.CutPrefix(s, []byte("/labs/"))
			if !isLab {
				return errEvent
			}
			lab, _, _ = bytes.Cut(lab, []byte("/"))
			b.source.AppendBytes(s)
			b.lab.AppendBytes(lab)
			seen++
		case "type":
			s, err := d.StrBytes()
			if err != nil {
				return err
			}
			b.kind.AppendBytes(bytes.TrimPrefix(s, []byte(schemas.TypePrefix)))
			seen++
		case "time":
			s, err := d.StrBytes()
			if err != nil {
				return err
			}
			var t time.Time
			if err := t.UnmarshalText(s); err != nil {
				return err
			}
			b.time.Append(t)
			seen++
		case "revision":
			revision, err = d.Int64()
		case "retracted":
			retracted, err = d.Bool()
		case "data":
			data, err = d.Raw()
		default:
			err = d.Skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	if seen != 4 {
		return errEvent
	}
	b.revision.Append(revision)
	b.retracted.Append(retracted)
	b.data.AppendBytes(data)
	return nil
}
