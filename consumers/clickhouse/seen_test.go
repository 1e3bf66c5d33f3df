package clickhouse_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/testkit/storekit"
)

// Whatever moved is looked up, whoever stored it and whatever became of what consumers told each other; and hardly anything else is
// while one consumer is alone.
func TestWhatMovedIsDoubted(t *testing.T) {
	url := storekit.URL(t)
	store := storekit.At(t, url)
	s := newBatches(t, 3, 400)
	seen := []*clickhouse.Seen{clickhouse.NewSeen(""), clickhouse.NewSeen(""), clickhouse.NewSeen("")}
	random := rand.New(rand.NewPCG(3, 4))
	moves, alone, looked := 0, 0, 0
	for round := range 40 {
		who := 0
		switch {
		case round >= 28: // any of them
			who = random.IntN(len(seen))
		case round == 15: // as an erasure does, and another stores before anybody looks
			ask(t, url, "TRUNCATE TABLE cell_writes")
			who = 1
		}
		if random.IntN(4) > 0 { // else the same rows again, as after a lost acknowledgement
			s.read()
			s.decide(t)
		}
		if err := store.Foresee(t.Context(), len(s.rows), seen[who]); err != nil {
			t.Fatal(err)
		}
		if err := store.InsertEvents(t.Context(), s.rows); err != nil {
			t.Fatal(err)
		}
		ids := s.ids()
		doubtful, err := store.Recall(t.Context(), s.rows, seen[who])
		if err != nil {
			t.Fatal(err)
		}
		moved := settled(t, store, doubtful)
		if all := settled(t, store, ids); !slices.Equal(moved, all) {
			t.Fatalf("batch %d: of events that moved %d cells were found, and there are %d: %v and %v", round, len(moved), len(all), moved, all)
		}
		moves += len(moved)
		if round > 0 && round < 15 {
			alone, looked = alone+len(ids), looked+len(doubtful)
		}
	}
	if moves < 20 {
		t.Errorf("%d cells of events that moved: too few to prove anything", moves)
	}
	t.Logf("alone, a consumer looked up %d of %d events", looked, alone)
	if looked == 0 || 20*looked > alone {
		t.Errorf("alone, a consumer looked up %d of %d events", looked, alone)
	}
}

// What stood in one place alone by what a consumer remembered may have moved once another has stored something, also after the ids were read anew.
func TestPlacesAreForgottenWhenAnotherStores(t *testing.T) {
	store := storekit.At(t, storekit.URL(t))
	s := newBatches(t, 3, 50)
	s.read()
	s.decide(t)
	one, other := clickhouse.NewSeen(""), clickhouse.NewSeen("")
	keep := func(who *clickhouse.Seen, rows []clickhouse.Row) (doubtful []clickhouse.EventID) {
		t.Helper()
		if err := store.Foresee(t.Context(), len(rows), who); err != nil {
			t.Fatal(err)
		}
		if err := store.InsertEvents(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
		doubtful, err := store.Recall(t.Context(), rows, who)
		if err != nil {
			t.Fatal(err)
		}
		return doubtful
	}
	first, rest := s.rows[:1], s.rows[1:]
	keep(one, first)
	if doubtful := keep(one, first); len(doubtful) > 0 {
		t.Fatalf("alone, a consumer doubts %v, which stands where it stood", doubtful)
	}
	moved := first[0]
	moved.Place.LocalDay = moved.Place.LocalDay.AddDate(0, 0, 1)
	moved.Version.Revision++
	keep(other, []clickhouse.Row{moved})
	keep(one, rest) // finds that another stores, and forgets
	if doubtful := keep(one, first); !slices.Contains(doubtful, clickhouse.EventID{Lab: moved.Lab, ID: moved.ID}) {
		t.Errorf("of an event that another moved nothing is doubted: %v", doubtful)
	}
}

// settled are the cells that Settle finds, in an order of their own.
func settled(t *testing.T, store *clickhouse.Store, ids []clickhouse.EventID) []clickhouse.Cell {
	t.Helper()
	cells, err := store.Settle(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(cells, func(a, b clickhouse.Cell) int {
		return cmp.Or(cmp.Compare(a.Lab, b.Lab), cmp.Compare(a.Kind, b.Kind), a.LocalDay.Compare(b.LocalDay))
	})
	return cells
}
