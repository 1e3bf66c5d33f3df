package clickhouse

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"vitrine/consumers/rollup"
)

// Rows are inserted in the order of their table's key: by texts in which each part stands as the engine orders it.
func TestRowsAreSortedByTheirTablesKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Row {
			return Row{
				Lab:   rapid.SampledFrom([]string{"a", "ab", "atelier", "b"}).Draw(t, "lab"),
				Kind:  rapid.SampledFrom([]string{"machine.usage", "membership.count.reported"}).Draw(t, "kind"),
				ID:    uuid.UUID(rapid.SliceOfN(rapid.ByteRange(0, 2), 16, 16).Draw(t, "id")),
				Place: rollup.Place{LocalDay: time.Date(2026, 2, rapid.IntRange(27, 30).Draw(t, "day"), 0, 0, 0, 0, time.UTC)},
			}
		}), 0, 40).Draw(t, "rows")
		var want, got []string
		for i := range rows {
			want = append(want, keyText(&rows[i]))
		}
		slices.Sort(want)
		for _, r := range sortedRows(rows) {
			got = append(got, keyText(r))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("sorted are\n%q\nand should be\n%q", got, want)
		}
	})
}

func keyText(r *Row) string {
	return fmt.Sprintf("%s\x00%s\x00%s\x00%x%x", r.Place.LocalDay.Format(time.DateOnly), r.Lab, r.Kind, r.ID[8:], r.ID[:8])
}

// Cells are inserted year by year, as their table is partitioned, and by its key within each.
func TestCellsAreSortedByTheirTablesKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		labs := rapid.Permutation([]string{"a", "ab", "atelier", "b"}).Draw(t, "labs") // they are numbered as they come
		days := rapid.SliceOfNDistinct(rapid.IntRange(0, 500), 1, 8, rapid.ID[int]).Draw(t, "days")
		var r cellReducer
		r.reset()
		var want, got []string
		var numbers []int32
		text := func(lab, kind string, day time.Time) string {
			return fmt.Sprintf("%d\x00%s\x00%s\x00%s", day.Year(), lab, kind, day.Format(time.DateOnly))
		}
		for _, after := range days {
			day := time.Date(2025, 7, 1+after, 0, 0, 0, 0, time.UTC)
			for _, lab := range labs {
				for _, kind := range []string{"membership.count.reported", "machine.usage"} {
					numbers = append(numbers, r.number(cellID{lab: r.labs.number(lab), kind: r.kinds.number(kind), day: dateOf(day)}))
					want = append(want, text(lab, kind, day))
				}
			}
		}
		slices.Sort(want)
		for _, n := range r.sorted(numbers) {
			id := r.cells[n].cellID
			got = append(got, text(r.labs.names[id.lab], r.kinds.names[id.kind], id.day.Time()))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("sorted are\n%q\nand should be\n%q", got, want)
		}
	})
}
