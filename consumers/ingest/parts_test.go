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
