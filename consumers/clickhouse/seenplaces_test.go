package clickhouse

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"vitrine/consumers/rollup"
)

// Whatever comes in whatever order, an event that stood in two places is never said to have stood in one, though ids are forgotten and two labs
// may use the same; and what came again soon is known.
func TestPlacesNeverMissAnEventThatMoved(t *testing.T) {
	again, known := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		places := seenPlaces{room: rapid.IntRange(1, 8).Draw(t, "room")}
		stood := map[EventID]map[Cell]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "rows") {
			row := Row{
				Lab: fmt.Sprint("lab-", rapid.SampledFrom([]int{1, 1, 1, 1, 2}).Draw(t, "lab")), Kind: rapid.SampledFrom([]string{"training.held", "training.held", "training.held", "machine.usage"}).Draw(t, "kind"),
				ID:    uuid.UUID{byte(rapid.IntRange(0, 9).Draw(t, "id"))},
				Place: rollup.Place{LocalDay: time.Date(2026, 3, rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(t, "day"), 0, 0, 0, 0, time.UTC)},
			}
			cells := stood[row.event()]
			if cells == nil {
				stood[row.event()] = map[Cell]bool{{row.Lab, row.Kind, row.Place.LocalDay}: true}
				places.add(&row)
				continue
			}
			cells[Cell{row.Lab, row.Kind, row.Place.LocalDay}] = true
			again++
			if !places.onlyThere(&row) {
				continue
			}
			known++
			if len(cells) > 1 {
				t.Fatalf("%s of %s stood in %d places", row.ID, row.Lab, len(cells))
			}
		}
	})
	if 10*known < again {
		t.Errorf("of %d that came again %d were known", again, known)
	}
}
