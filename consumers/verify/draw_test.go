package verify

import (
	"fmt"
	"math/bits"
	"time"

	"pgregory.net/rapid"
)

// drawn is a chooser whose choices rapid makes. All are equally likely, but for a sixteenth at most: rapid's own
// ranges and lists prefer the small and the ends, and so would hardly ever draw what stands in the middle.
type drawn struct{ r *rapid.T }

func (d drawn) IntN(n int) int {
	choice := 0
	for range bits.Len(uint(n)) + 4 {
		choice <<= 1
		if rapid.Bool().Draw(d.r, "bit") {
			choice++
		}
	}
	return choice % n
}

// lot is what is tried at once.
type lot struct {
	asOf      time.Time
	schedules schedules
}

// lotSize is how many schedules a lot has: many, since comparing takes seconds, however few they are.
const lotSize = 25

// GoString is short: what matters of a failing lot is printed by itself.
func (l lot) GoString() string {
	return fmt.Sprintf("%d schedules as of %s", len(l.schedules), l.asOf.Format(time.DateOnly))
}

// drawLot draws the schedules that come after the first so many: themes and deaths are gone round, so that
// each has its turn.
func drawLot(before int) func(*rapid.T) lot {
	return func(r *rapid.T) lot {
		c := drawn{r}
		asOf := []string{"2025-12-10", "2025-03-31", "2025-10-26", "2026-02-28"}[c.IntN(4)]
		day, _ := time.Parse(time.DateOnly, asOf)
		l := lot{asOf: day}
		for i := range lotSize {
			l.schedules = append(l.schedules, drawSchedule(c, day, before+i))
		}
		return l
	}
}

// drawSchedule draws the n-th schedule.
func drawSchedule(c chooser, asOf time.Time, n int) schedule {
	all := themes()
	g := &generator{chooser: c, asOf: asOf, theme: all[(n+n/len(all))%len(all)]} // not always with the same deaths
	g.closes = n/lotSize%3 == 0                                                  // freezing takes seconds a lot
	var opening []sent
	var steps []step
	switch {
	case n%2 == 0: // someone dies over the first batch
		d := deaths()[n/2%len(deaths())]
		opening, steps = g.opening(d.rejected), d.steps
	case n%8 == 1: // two have one event of a cell each, and the one with the later reads the cell first and writes it last
		opening = g.two()
		steps = []step{{1, stepFetch, 1}, {0, stepFetch, 1}, {0, stepRead, 1}, {1, stepGoOn, protocolMax}, {0, stepGoOn, protocolMax}}
	}
	s := schedule{events: g.drawEvents(opening), steps: steps, free: 3 + c.IntN(6)}
	for range 5 + c.IntN(6) {
		s.steps = append(s.steps, drawSteps(c)...)
	}
	return s
}

func drawSteps(c chooser) []step {
	who, n := c.IntN(consumers), c.IntN(protocolMax)
	switch c.IntN(16) {
	case 0, 1: // one is overtaken while it waits to write
		return []step{{who, stepFetch, 1 + n%2}, {who, stepRead, min(1, c.IntN(3))}, {(who + 1) % consumers, stepFetch, 1}, {(who + 1) % consumers, stepGoOn, protocolMax}, {who, stepGoOn, protocolMax}}
	case 2: // and by one that took its messages before
		return []step{{(who + 1) % consumers, stepFetch, 1}, {who, stepFetch, 1}, {who, stepRead, min(1, c.IntN(3))}, {(who + 1) % consumers, stepGoOn, protocolMax}, {who, stepGoOn, protocolMax}}
	}
	all := []string{
		stepSend, stepFetch, stepFetch, stepFetch, stepFetch, stepGoOn, stepGoOn, stepGoOn, stepGoOn, stepRead, stepRead, stepExpire, stepExpire,
		stepDie, stepVanish, stepTear, stepDie, stepVanish, stepTear, stepReplay,
	}
	do := all[c.IntN(len(all))]
	if do == stepReplay {
		n += 3 // in few batches: it is everything once more
	}
	return []step{{who, do, n}}
}

// death is somebody's, over the first three messages.
type death struct {
	rejected bool // two of the messages are to be rejected; else the first is moved twice
	steps    []step
}

// deaths are all ways of dying at all steps, and at the writes of those that read and write.
func deaths() (all []death) {
	for _, how := range []string{stepDie, stepVanish, stepTear} {
		for n := range protocolMax - 1 {
			all = append(all, death{steps: []step{{0, stepFetch, 3}, {0, how, n}}})
		}
		for n := 6; n < 9; n++ { // both rejections are published, and then stored
			all = append(all, death{true, []step{{0, stepFetch, 3}, {0, how, n}}})
		}
		for n := range 2 {
			all = append(all, death{steps: []step{{0, stepFetch, 3}, {0, stepRead, n}, {0, how, 0}}})
		}
	}
	return all
}

// opening is three messages about one event.
func (g *generator) opening(rejected bool) []sent {
	e := sent{lab: "a", id: 1}
	e.at(g.when())
	e.kind, e.data = g.data(e.when())
	events := []sent{g.keep(e)}
	for revision := range 2 {
		next := e
		next.revision = 1 + revision
		if rejected {
			next.data = `'nonsense': 1`
			events = append(events, next)
			continue
		}
		next.at(e.when().AddDate(0, 0, 2+2*revision)) // another day, even where one has 25 hours
		next.data = g.dataOf(e.kind, next.when())
		events = append(events, g.keep(next))
	}
	return events
}

// two are two events in a cell that nothing else happens in: what comes later would have it computed anew, and
// mend it.
func (g *generator) two() []sent {
	first := sent{lab: "c", id: 901}
	first.at(g.when())
	first.kind, first.data = g.data(first.when())
	second := first
	second.id, second.data = 902, g.dataOf(first.kind, first.when())
	return []sent{first, second}
}
