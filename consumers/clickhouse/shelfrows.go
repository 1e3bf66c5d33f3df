package clickhouse

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unsafe"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/google/uuid"

	"vitrine/consumers/rollup"
)

// shelvedRows are the rows of the cells on a shelf, each event's latest.
type shelvedRows struct {
	rows  paged[shelvedRow]
	seen  map[uint64]int32           // the row by a hash of cell and event; of two with the same hash one
	texts [][]byte                   // the events' data, one after the other
	later map[int32][]rollup.DayPart // of the few that last over several local days
	bytes int                        // of the data
}

type shelvedRow struct {
	id        uuid.UUID
	version   proto.UInt128
	at, until int64 // in milliseconds
	cell      int32
	next      int32 // row of the cell; -1 after the last
	text      textPlace
	gone      bool // superseded or retracted
}

// textPlace is where an event's data stand.
type textPlace struct{ chunk, from, size uint32 }

// textChunk is how much data is kept together, in bytes; more only where one event has more.
const textChunk = 1 << 20

func (s *shelvedRows) empty() {
	if s.seen == nil {
		s.seen = map[uint64]int32{}
	}
	clear(s.seen)
	s.later = map[int32][]rollup.DayPart{}
	s.rows.empty()
	s.texts, s.bytes = s.texts[:0], 0
}

// size is what they take, in bytes: with 20 for each in the map.
func (s *shelvedRows) size() int {
	return s.bytes + s.rows.n*int(unsafe.Sizeof(shelvedRow{})+20)
}

func (s *shelvedRows) hash(cell int32, id uuid.UUID) uint64 {
	high, low := bits.Mul64(binary.LittleEndian.Uint64(id[:8])^uint64(cell)*0x9e3779b97f4a7c15, binary.LittleEndian.Uint64(id[8:])^0xd6e8feb86659fd93)
	return high ^ low
}

// find is the row of an event in a cell, or -1. Where another one has its place it isn't known whether there is one.
func (s *shelvedRows) find(cell int32, id uuid.UUID) (row int32, known bool) {
	n, there := s.seen[s.hash(cell, id)]
	if !there {
		return -1, true
	}
	found := s.rows.at(n)
	return n, found.cell == cell && found.id == id
}

// add keeps a row of an event that has none.
func (s *shelvedRows) add(r shelvedRow, later []rollup.DayPart, data []byte) int32 {
	n := s.rows.add(r)
	s.seen[s.hash(r.cell, r.id)] = n
	s.put(n, r, later, data)
	return n
}

// replace has a row be another version of its event.
func (s *shelvedRows) replace(n int32, r shelvedRow, later []rollup.DayPart, data []byte) {
	r.next = s.rows.at(n).next
	s.put(n, r, later, data)
}

func (s *shelvedRows) put(n int32, r shelvedRow, later []rollup.DayPart, data []byte) {
	r.text = s.keep(data)
	*s.rows.at(n) = r
	delete(s.later, n)
	if len(later) > 0 {
		s.later[n] = slices.Clone(later)
	}
}

// drop has the event of a row have none.
func (s *shelvedRows) drop(n int32) {
	delete(s.seen, s.hash(s.rows.at(n).cell, s.rows.at(n).id))
	delete(s.later, n)
}

func (s *shelvedRows) keep(data []byte) textPlace {
	last := len(s.texts) - 1
	if last < 0 || len(s.texts[last])+len(data) > cap(s.texts[last]) {
		last++
		if last < cap(s.texts) {
			s.texts = s.texts[:last+1]
		} else {
			s.texts = append(s.texts, nil)
		}
		if cap(s.texts[last]) < len(data) || s.texts[last] == nil {
			s.texts[last] = make([]byte, 0, max(textChunk, len(data)))
		}
		s.texts[last] = s.texts[last][:0]
	}
	from := len(s.texts[last])
	s.texts[last] = append(s.texts[last], data...)
	s.bytes += len(data)
	return textPlace{uint32(last), uint32(from), uint32(len(data))}
}

func (s *shelvedRows) data(n int32) []byte {
	t := s.rows.at(n).text
	return s.texts[t.chunk][t.from : t.from+t.size]
}
