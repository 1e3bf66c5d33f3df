package periods

import (
	"context"

	"vitrine/consumers/clickhouse"
)

// What is taken apart where somebody waits for it: the events behind each figure are found by reading all that the lab has
// told since the approval of what the figure counts.
const (
	// MostTakenApart is how many adjustments of a lab's period are taken apart into their events.
	MostTakenApart = 12
	// MostEventsBehind is how many events behind one adjustment are told of.
	MostEventsBehind = 100
)

// Apart is an adjustment with the events behind it.
type Apart struct {
	clickhouse.Adjustment
	// Behind are the first of the events, the earliest day first, and More is how many there are besides.
	Behind []Late
	More   int
	// Taken is false where the events weren't looked for.
	Taken bool
}

// TakeApart finds the events behind the adjustments of a lab's period: those of whole figures, whose segments have the
// same ones, and of no more than [MostTakenApart]. The others come without events.
func (a Archive) TakeApart(ctx context.Context, adjustments []clickhouse.Adjustment) ([]Apart, error) {
	out := make([]Apart, len(adjustments))
	taken := 0
	for i, adjusted := range adjustments {
		out[i].Adjustment = adjusted
		if adjusted.Segment != "" || taken == MostTakenApart {
			continue
		}
		taken++
		behind, err := a.Behind(ctx, adjusted)
		if err != nil {
			return nil, err
		}
		shown := min(len(behind), MostEventsBehind)
		out[i].Behind, out[i].More, out[i].Taken = behind[:shown], len(behind)-shown, true
	}
	return out, nil
}
