package ingest

import (
	"math"
	"testing"

	"vitrine/consumers/clickhouse"
)

// Of systemd's 1 GiB Go may take nine tenths: that is enough for three batches of 30,000 events, and as much again.
func TestABatchFitsIntoTheMemory(t *testing.T) {
	for _, c := range []struct {
		memory             int64
		hands, want, shelf int
	}{{math.MaxInt64, 3, 100_000, clickhouse.DefaultShelf}, {1 << 30 / 10 * 9, 3, 30_307, 1 << 30 / 80 * 9}, {512 << 20, 3, 7216, 64 << 20}, {512 << 20, 1, 21_648, 64 << 20}, {64 << 20, 3, 1000, 8 << 20}} {
		if got, shelf := batchSizeWithin(c.memory, c.hands), shelfWithin(c.memory); got != c.want || shelf > c.shelf+100 || shelf < c.shelf-100 {
			t.Errorf("%d bytes and %d batches in hand: %d events each and a shelf of %d bytes, want %d and %d", c.memory, c.hands, got, shelf, c.want, c.shelf)
		}
	}
}
