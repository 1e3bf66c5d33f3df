package load

// random is splitmix64: a few instructions a number, and a state that is cheap to make from a message's number.
type random uint64

// What a message's random numbers are for. Each has a sequence of its own, so that a correction can change an
// event's figures and keep its identity.
const (
	forOrder = iota + 1
	forIdentity
	forFigures
)

// random is the sequence of a message for a purpose.
func (l *Load) random(n int, purpose uint64) random {
	r := random(l.Seed*0x9e3779b97f4a7c15 ^ uint64(n)<<8 ^ purpose)
	return random(r.next()) // neighbours' states must not be neighbours
}

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below is a number from 0 to n-1.
func (r *random) below(n int) int { return int(r.next() >> 1 % uint64(n)) }

// between is a number from low to high.
func (r *random) between(low, high int) int { return low + r.below(high-low+1) }

func (r *random) chance(percent int) bool { return r.below(100) < percent }

// one picks from a list.
func one[T any](r *random, list []T) T { return list[r.below(len(list))] }
