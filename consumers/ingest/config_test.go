package ingest

import (
	"math"
	"testing"

	"vitrine/consumers/clickhouse"
)

// Of systemd's 1 GiB Go may take nine tenths: that is enough for three batches of 69,000 events, and as much again.
func TestABatchFitsIntoTheMemory(t *testing.T) {
	for _, c := range []struct {
		memory int64
		hands  int
		want   room
		shelf  int
	}{
		{math.MaxInt64, 3, room{100_000, 64 << 20}, clickhouse.DefaultShelf},
		{920 << 20, 3, room{69_031, 632 << 20 / 24}, 115 << 20},
		{512 << 20, 3, room{24_466, 224 << 20 / 24}, 64 << 20},
		{512 << 20, 1, room{73_400, 224 << 20 / 8}, 64 << 20},
		{64 << 20, 3, room{1000, 4 << 20}, 8 << 20},
	} {
		if got, shelf := roomWithin(c.memory, c.hands), shelfWithin(c.memory); got != c.want || shelf != c.shelf {
			t.Errorf("%d bytes and %d batches in hand: %+v each and a shelf of %d bytes, want %+v and %d", c.memory, c.hands, got, shelf, c.want, c.shelf)
		}
	}
}
