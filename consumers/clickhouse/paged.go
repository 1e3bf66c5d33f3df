package clickhouse

// paged is a list that never moves what is in it: it grows by a page at a time, where a slice is copied whole to memory that was never touched.
type paged[T any] struct {
	pages [][]T
	n     int
}

const (
	pageBits = 10
	pageSize = 1 << pageBits
)

// at is an element by its number, which it keeps.
func (p *paged[T]) at(n int32) *T { return &p.pages[n>>pageBits][n&(pageSize-1)] }

// add appends an element, and gives its number.
func (p *paged[T]) add(one T) int32 {
	n := int32(p.n)
	if p.n++; p.n > len(p.pages)*pageSize {
		p.pages = append(p.pages, make([]T, pageSize))
	}
	*p.at(n) = one
	return n
}

// empty forgets all elements and keeps their memory.
func (p *paged[T]) empty() { p.n = 0 }
