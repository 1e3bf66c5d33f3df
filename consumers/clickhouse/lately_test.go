package clickhouse

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"vitrine/consumers/rollup"
)

// Cells of days long ago aren't kept where a batch has few of them, and are where it is about them, or is small.
func TestWhatIsOfLately(t *testing.T) {
	today := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	batch := func(old, recent int) (rows []Row) {
		for n := range old + recent {
			day := today.AddDate(0, 0, -n%6)
			if n < old {
				day = today.AddDate(0, 0, -100-n)
			}
			rows = append(rows, Row{Lab: "a", Kind: "training.held", ID: uuid.New(), Place: rollup.Place{LocalDay: day}})
		}
		return rows
	}
	for _, c := range []struct {
		old, recent, passing int
	}{{3, 97, 3}, {40, 60, 5}, {0, 100, 0}, {1, 9, 0}, {100, 0, 5}} {
		h := NewShelf(0)
		h.touchAll(batch(c.old, c.recent), nil)
		passing := 0
		for _, n := range h.touched {
			if h.states[n].passing {
				passing++
				if h.keeps(n) {
					t.Error("the events of a cell that passes are kept")
				}
			}
		}
		if passing != c.passing {
			t.Errorf("of %d cells of days long ago, and rows of %d of the last days, %d cells aren't kept; want %d", c.old, c.recent, passing, c.passing)
		}
	}
}
