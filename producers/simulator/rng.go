package simulator

import (
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
)

// rng is one stream of chance. Each lab and theme has its own, so that a change to one theme
// leaves the others as they were.
type rng struct{ *rand.Rand }

func newRNG(seed uint64, name string) rng {
	h := fnv.New64a()
	h.Write([]byte(name)) // never fails
	return rng{rand.New(rand.NewPCG(seed, h.Sum64()))}
}

// between is a whole number from lo to hi, both included.
func (r rng) between(lo, hi int) int { return lo + r.IntN(hi-lo+1) }

func (r rng) float(lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }

func (r rng) chance(p float64) bool { return r.Float64() < p }

// duration is between lo and hi, in whole seconds: sources know no finer time.
func (r rng) duration(lo, hi time.Duration) time.Duration {
	return (lo + time.Duration(r.Float64()*float64(hi-lo))).Truncate(time.Second)
}

func pick[T any](r rng, of []T) T { return of[r.IntN(len(of))] }

// choice is a value and how often it comes, relative to the others.
type choice[T any] struct {
	value  T
	weight int
}

func weighted[T any](r rng, of []choice[T]) T {
	total := 0
	for _, c := range of {
		total += c.weight
	}
	n := r.IntN(total)
	for _, c := range of {
		if n -= c.weight; n < 0 {
			return c.value
		}
	}
	panic("unreachable: n is below the sum of the weights")
}

// uuidV7 is a UUIDv7 (RFC 9562) whose time is the event's and whose chance is seeded.
func (r rng) uuidV7(at time.Time) uuid.UUID {
	var id uuid.UUID
	a, b, ms := r.Uint64(), r.Uint64(), uint64(at.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6], id[7] = 0x70|byte(a)&0x0f, byte(a>>8)
	for i := range 8 {
		id[8+i] = byte(b >> (8 * i))
	}
	id[8] = 0x80 | id[8]&0x3f
	return id
}

// spread turns a rate into whole events. Unlike a Poisson process it stays within one or two of
// the expected number, so that a storyline shows even in an indicator of a dozen events.
type spread struct{ sum, next float64 }

func newSpread(r rng) *spread { return &spread{next: r.float(0.2, 0.8)} }

func (s *spread) due(rate float64, r rng) int {
	n := 0
	for s.sum += rate; s.sum >= s.next; n++ {
		s.next += r.float(0.6, 1.4)
	}
	return n
}
