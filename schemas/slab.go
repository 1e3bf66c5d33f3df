package schemas

import "strings"

// slab gives out small slices of large ones, so that an event's parts cost no allocation each. A slice holds all of its large one in memory.
type slab[T any] struct {
	free  []T
	size  int   // of a large slice
	kept  [][]T // the large ones, to be given out again; none as long as reset is never called
	used  int   // how many of these were given out since
	reuse bool
}

// maxKept bounds how many large slices are kept, at some 4 MB.
const maxKept = 256

// take is a slice of n, with whatever stands there.
func (s *slab[T]) take(n int) []T {
	switch {
	case n > s.size/4: // so much that little would be left for others
		return make([]T, n)
	case n > len(s.free):
		s.refill()
	}
	taken := s.free[:n:n]
	s.free = s.free[n:]
	return taken
}

func (s *slab[T]) refill() {
	if s.used < len(s.kept) {
		s.free = s.kept[s.used]
		s.used++
		return
	}
	s.free = make([]T, s.size)
	if s.reuse && len(s.kept) < maxKept {
		s.kept = append(s.kept, s.free)
		s.used++
	}
}

// reset lets what was given out be given out again.
func (s *slab[T]) reset() {
	s.free, s.used, s.reuse = nil, 0, true
}

// textSlab does the same for strings, but never gives out anything again: strings don't change.
type textSlab struct{ b strings.Builder }

const textSlabBytes = 8 << 10

func (t *textSlab) copy(s []byte) string {
	if t.b.Cap()-t.b.Len() < len(s) {
		t.b.Reset()
		t.b.Grow(max(textSlabBytes, len(s)))
	}
	from := t.b.Len()
	t.b.Write(s)
	return t.b.String()[from:]
}
