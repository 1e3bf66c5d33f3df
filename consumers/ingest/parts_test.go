package ingest

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// What is kept stays what it was, however much is kept after it, until the reset; and whoever appends to it doesn't write into its neighbour.
func TestAnArenaKeepsWhatItIsGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a arena[byte]
		for range rapid.IntRange(1, 3).Draw(t, "rounds") {
			given := rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 0, 3*leastInChunk)).Draw(t, "given")
			var kept [][]byte
			for _, s := range given {
				mine := bytes.Clone(s)
				kept = append(kept, a.keep(mine))
				_ = append(kept[len(kept)-1], 0xff)
				clear(mine)
			}
			for i := range given {
				if !bytes.Equal(kept[i], given[i]) {
					t.Fatalf("%d of %d: %x, want %x", i, len(given), kept[i], given[i])
				}
			}
			a.reset()
		}
	})
}

// Whatever the sizes of what comes, batch after batch of the same amount need no more memory: large messages grow from one to the next here, so that none
// fits where another stood.
func TestAnArenaDoesNotGrow(t *testing.T) {
	var a arena[byte]
	held := func() (bytes int) {
		for _, chunk := range a.chunks {
			bytes += cap(chunk)
		}
		return bytes
	}
	after := 0
	for round := range 20 {
		a.keep(make([]byte, mostInChunk/8*(round+1)))
		for range 4000 {
			a.keep(make([]byte, 250))
		}
		a.reset()
		if round == 0 {
			after = held()
		}
	}
	if got := held(); got > after+2*mostInChunk {
		t.Errorf("%d bytes are held after 20 rounds, %d after the first", got, after)
	}
}
