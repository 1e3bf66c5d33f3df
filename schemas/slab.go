package schemas

import "strings"

// slab gives out small slices of one large one, so that an event's parts cost no allocation each. Nothing is given out
// twice: what is held stays as it is, and holds its whole slab in memory.
type slab[T any] struct {
	free []T
	size int // of the next slab
}

// take is a slice of n zeroes.
func (s *slab[T]) take(n int) []T {
	switch {
	case n > s.size/4: // so much that little would be left for others
		return make([]T, n)
	case n > len(s.free):
		s.free = make([]T, s.size)
	}
	taken := s.free[:n:n]
	s.free = s.free[n:]
	return taken
}

// textSlab does the same for strings.
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
