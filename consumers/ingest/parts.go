package ingest

import (
	"slices"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// parts holds what the rows of a batch have several of, and their data, so that no row has memory of its own.
type parts struct {
	measures arena[clickhouse.Measure]
	segments arena[clickhouse.Segment]
	refs     arena[string]
	data     arena[byte]

	// Those of the row at hand.
	someMeasures []clickhouse.Measure
	someSegments []clickhouse.Segment
	someRefs     []string
}

func (p *parts) reset() {
	p.measures.reset()
	p.segments.reset()
	p.refs.reset()
	p.data.reset()
}

// segmentsOf are the event's codes; its end is a time, and has a column of its own.
func (p *parts) segmentsOf(e *schemas.Event) []clickhouse.Segment {
	p.someSegments = p.someSegments[:0]
	for name, code := range e.Values.Codes() {
		if name != "end" {
			p.someSegments = append(p.someSegments, clickhouse.Segment{Name: name, Code: code})
		}
	}
	return p.segments.keep(p.someSegments)
}

func (p *parts) measuresOf(e *schemas.Event) []clickhouse.Measure {
	p.someMeasures = p.someMeasures[:0]
	for name, n := range e.Values.Numbers() {
		p.someMeasures = append(p.someMeasures, clickhouse.Measure{Name: name, Amount: n})
	}
	return p.measures.keep(p.someMeasures)
}

func (p *parts) companiesOf(e *schemas.Event) []string {
	p.someRefs = p.someRefs[:0]
	for _, company := range e.Values.List("companies") {
		p.someRefs = append(p.someRefs, schemas.CompanyRef(e.Lab(), company))
	}
	return p.refs.keep(p.someRefs)
}

// arena keeps small slices one after the other in large ones, which never move and are used again. A slice that is large itself has memory of its own: it
// would leave the rest of a chunk unused, and all chunks that it doesn't fit into.
type arena[T any] struct {
	chunks [][]T
	full   int // chunks
}

// The least and the most elements of a chunk: one row alone takes little.
const (
	leastInChunk = 64
	mostInChunk  = 64 << 10
)

// keep is a copy of s that stands until the next reset.
func (a *arena[T]) keep(s []T) []T {
	switch {
	case len(s) == 0:
		return nil
	case len(s) > mostInChunk/4:
		return slices.Clone(s)
	}
	for ; a.full < len(a.chunks); a.full++ {
		if chunk := a.chunks[a.full]; len(chunk)+len(s) <= cap(chunk) {
			break
		}
	}
	if a.full == len(a.chunks) {
		size := leastInChunk
		if a.full > 0 {
			size = min(2*cap(a.chunks[a.full-1]), mostInChunk)
		}
		for size < len(s) {
			size *= 2
		}
		a.chunks = append(a.chunks, make([]T, 0, size))
	}
	chunk := &a.chunks[a.full]
	from := len(*chunk)
	*chunk = append(*chunk, s...)
	return (*chunk)[from:len(*chunk):len(*chunk)]
}

// reset forgets all slices and keeps the memory.
func (a *arena[T]) reset() {
	for i, chunk := range a.chunks {
		clear(chunk) // they may hold texts of many events
		a.chunks[i] = chunk[:0]
	}
	a.full = 0
}
