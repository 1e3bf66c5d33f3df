package verify

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"vitrine/consumers/clickhouse"
)

// labCell is a cell's place.
type labCell struct {
	lab string
	cellKey
}

// cells compares every cell: its version and all its items.
func (c *comparison) cells(ctx context.Context) ([]Check, error) {
	l := newLedger(c, "kpi_cells", func(k labCell) Difference {
		return Difference{Lab: k.lab, What: fmt.Sprintf("%s on %s", k.kind, k.day)}
	}, func(_ labCell, cell *Cell) string { return writeCell(len(cell.Items), cell.Version.String()) })
	s, err := c.sift(ctx, l.check.Name, clickhouse.DigestedCells, c.digestOfCells)
	if err != nil {
		return nil, err
	}
	err = l.among(s, func(lab string) (n int) {
		for k, cell := range c.oracle.cellsOf(lab) {
			l.expect(labCell{lab, k}, cell)
			n += 1 + len(cell.Items)
		}
		return n
	}, func(labs clickhouse.LabRange) error {
		return c.store.EachCell(ctx, labs, func(found clickhouse.StoredCell) error {
			if !s.keeps(found.Lab) {
				return nil
			}
			l.find(labCell{found.Lab, cellKey{found.Kind, Day(found.Day)}}, writeCell(len(found.Items), found.Version),
				func(expected *Cell) *pair { return compareCell(expected, found) })
			return nil
		})
	})
	return []Check{l.check}, err
}

// digestOfCells is of a lab's cells.
func (c *comparison) digestOfCells(lab string) digest {
	var cells, items digester
	for k, cell := range c.oracle.cellsOf(lab) {
		items.digest = digest{}
		for i := range cell.Items {
			items.item(&cell.Items[i])
		}
		cells.text(k.kind)
		cells.number(int64(k.day))
		cells.text(cell.Version.String())
		cells.number(int64(items.rows))
		cells.unsigned(items.sum)
		cells.end()
	}
	return cells.digest
}

// item adds an item as it should be stored: with when it was said where the latest counts, without it elsewhere.
func (d *digester) item(i *Item) {
	d.text(i.Indicator)
	d.text(i.Part.String())
	d.text(i.Fn.String())
	d.number(int64(i.Day))
	d.text(i.Segment)
	d.text(i.Ref)
	d.amount(i.Amount)
	if i.Fn == Last || i.Fn == State {
		d.number(i.At)
		d.unsigned(i.Seq)
	}
	d.end()
}

func writeCell(items int, version string) string {
	return fmt.Sprintf("%d items, version %s", items, version)
}

// compareCell is the first difference between two cells, or nil.
func compareCell(expected *Cell, found clickhouse.StoredCell) *pair {
	items := make([]clickhouse.StoredItem, len(expected.Items))
	for i, item := range expected.Items {
		items[i] = storedItem(item)
	}
	slices.SortFunc(items, compareStored)
	slices.SortFunc(found.Items, compareStored)
	for i := range max(len(items), len(found.Items)) {
		order := 0
		switch {
		case i >= len(items):
			order = 1
		case i >= len(found.Items):
			order = -1
		default:
			order = compareStored(items[i], found.Items[i])
		}
		switch {
		case order < 0:
			return &pair{writeItem(items[i]), nothing}
		case order > 0:
			return &pair{nothing, writeItem(found.Items[i])}
		case items[i] != found.Items[i]:
			return &pair{writeItem(items[i]), writeItem(found.Items[i])}
		}
	}
	if version := expected.Version.String(); version != found.Version {
		return &pair{"version " + version, "version " + found.Version}
	}
	return nil
}

// storedItem is an item as it should be stored: with when it was said where the latest counts, without it elsewhere.
func storedItem(item Item) clickhouse.StoredItem {
	stored := clickhouse.StoredItem{
		Indicator: item.Indicator, Part: item.Part.String(), Fn: item.Fn.String(), Day: int32(item.Day),
		Segment: item.Segment, Ref: item.Ref, Amount: item.Amount.String(),
	}
	if item.Fn == Last || item.Fn == State {
		stored.AtMillis, stored.Seq = item.At, item.Seq
	}
	return stored
}

func compareStored(a, b clickhouse.StoredItem) int {
	return cmp.Or(
		cmp.Compare(a.Indicator, b.Indicator), cmp.Compare(a.Part, b.Part), cmp.Compare(a.Fn, b.Fn), cmp.Compare(a.Day, b.Day),
		cmp.Compare(a.Segment, b.Segment), cmp.Compare(a.Ref, b.Ref))
}

func writeItem(item clickhouse.StoredItem) string {
	segment, ref := "", ""
	if item.Segment != "" {
		segment = ", segment " + item.Segment
	}
	if item.Ref != "" {
		ref = " of " + item.Ref
	}
	when := ""
	if item.Seq != 0 { // messages begin at 1
		when = fmt.Sprintf(" (last at %d ms, message %d)", item.AtMillis, item.Seq)
	}
	return fmt.Sprintf("%s %s %s%s on %s%s: %s%s", item.Indicator, item.Part, item.Fn, ref, Day(item.Day), segment, item.Amount, when)
}
