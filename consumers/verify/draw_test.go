package verify

import (
	"fmt"
	"time"

	"pgregory.net/rapid"
)

// drawn is a chooser whose choices rapid makes, and makes smaller when something fails.
type drawn struct{ r *rapid.T }

func (d drawn) IntN(n int) int { return rapid.IntRange(0, n-1).Draw(d.r, "choice") }

// lot is what is tried at once.
type lot struct {
	asOf      time.Time
	schedules schedules
}

// GoString is short: what matters of a failing lot is printed by itself.
func (l lot) GoString() string {
	return fmt.Sprintf("%d schedules as of %s", len(l.schedules), l.asOf.Format(time.DateOnly))
}

// drawLot draws some 15 schedules. The lists are several short ones, since rapid's have about five
// elements each.
func drawLot(r *rapid.T) lot {
	asOf := rapid.SampledFrom([]string{"2025-12-10", "2025-03-31", "2025-10-26", "2026-02-28"}).Draw(r, "as of")
	day, _ := time.Parse(time.DateOnly, asOf)
	return lot{day, several(r, rapid.Custom(drawSchedule), 3)}
}

func several[T any](r *rapid.T, one *rapid.Generator[T], lists int) (all []T) {
	for range lists {
		all = append(all, rapid.SliceOfN(one, 0, 40).Draw(r, "list")...)
	}
	return all
}

func drawSchedule(r *rapid.T) schedule {
	g := &generator{chooser: drawn{r}}
	return schedule{
		events: several(r, rapid.Custom(func(r *rapid.T) sent {
			g.chooser = drawn{r}
			return g.next()
		}), 2),
		steps: several(r, rapid.Custom(drawStep), 2),
		free:  rapid.IntRange(0, 6).Draw(r, "batch when free"),
	}
}

func drawStep(r *rapid.T) step {
	do := rapid.SampledFrom([]string{
		stepSend, stepFetch, stepGoOn, stepDie, stepRead, stepExpire, stepVanish, stepFetch, stepGoOn, stepRead, stepTear,
		stepReplay, // in the middle: rapid likes the ends
		stepFetch, stepGoOn, stepDie, stepRead, stepExpire, stepVanish, stepFetch, stepGoOn, stepDie, stepTear, stepExpire, stepVanish,
	}).Draw(r, "do")
	return step{rapid.IntRange(0, consumers-1).Draw(r, "who"), do, rapid.IntRange(0, protocolMax-1).Draw(r, "n")}
}
