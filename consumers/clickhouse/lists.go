package clickhouse

import "github.com/ClickHouse/ch-go/proto"

// lists is a column of arrays, or of maps: where each row's elements end, and the elements. It is made of columns that are filled already,
// whatever these are of: ch-go's own arrays and maps want such as can be read, too.
type lists struct {
	typ      proto.ColumnType
	ends     proto.ColUInt64
	elements []proto.ColInput // one for arrays; keys and values for maps
}

// arrays are those of a column's elements, of its type.
func arrays(ends proto.ColUInt64, element proto.ColInput) lists {
	return lists{arraysOf(element.Type()), ends, []proto.ColInput{element}}
}

// mapsOf are those of a column's keys and another's values, of their types.
func mapsOf(ends proto.ColUInt64, keys, values proto.ColInput) lists {
	return lists{proto.ColumnTypeMap.Sub(keys.Type(), values.Type()), ends, []proto.ColInput{keys, values}}
}

// arraysOf is the type of arrays of a type.
func arraysOf(element proto.ColumnType) proto.ColumnType { return proto.ColumnTypeArray.Sub(element) }

// Type is the column's type.
func (l lists) Type() proto.ColumnType { return l.typ }

// Rows is how many lists there are.
func (l lists) Rows() int { return l.ends.Rows() }

// EncodeState writes what some elements have before the column.
func (l lists) EncodeState(b *proto.Buffer) {
	for _, e := range l.elements {
		if state, has := e.(proto.StateEncoder); has {
			state.EncodeState(b)
		}
	}
}

// EncodeColumn copies the lists' ends, then the elements.
func (l lists) EncodeColumn(b *proto.Buffer) {
	l.ends.EncodeColumn(b)
	for _, e := range l.elements {
		e.EncodeColumn(b)
	}
}

// WriteColumn gives them away as they stand.
func (l lists) WriteColumn(w *proto.Writer) {
	l.ends.WriteColumn(w)
	for _, e := range l.elements {
		e.WriteColumn(w)
	}
}
