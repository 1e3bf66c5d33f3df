package clickhouse

import (
	"slices"
	"sync"
)

// spares keeps what is large and used again. Unlike a sync.Pool it doesn't forget it at a garbage collection, after which
// every batch would have its memory grow again.
type spares[T any] struct {
	mu   sync.Mutex
	free []*T
}

// take is a spare one, or a zero one.
func (s *spares[T]) take() *T {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		one := s.free[n-1]
		s.free = s.free[:n-1]
		return one
	}
	return new(T)
}

func (s *spares[T]) give(one *T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, one)
}

// roomy is a slice with room for one more. It grows by a half, where append adds a quarter to what is large: each time all of it is copied.
func roomy[T any](s []T) []T { return roomyFor(s, 1) }

// emptied is a slice of no elements with room for so many: unlike with slices.Grow what stood in it isn't copied. It is given a quarter more, as the next
// batch may need somewhat more.
func emptied[T any](s []T, room int) []T {
	if cap(s) < room {
		return make([]T, 0, room+room/4)
	}
	return s[:0]
}

// roomyFor is one with room for so many more.
func roomyFor[T any](s []T, more int) []T {
	if len(s)+more > cap(s) {
		return slices.Grow(s, max(64, more, len(s)/2))
	}
	return s
}
