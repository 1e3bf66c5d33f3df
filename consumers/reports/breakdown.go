package reports

import (
	"cmp"
	"slices"

	"vitrine/internal/pages"
)

// measure is a column of a breakdown: an indicator by the parts of a dimension.
type measure struct{ indicator, title, unit string }

// breakdown is a table of indicators by the parts of a dimension, the largest of the first one first. The last row
// is the whole, which isn't always the sum of its parts: a company that came twice is one company.
func (w words) breakdown(m *material, id, dimension, title string, measures ...measure) *Table {
	t := &Table{ID: id, Caption: w.Must("caption." + id), Empty: w.Must("empty." + id), Columns: []Column{{Title: title, Width: 40}}}
	seen := map[string]bool{}
	var segments []string
	for _, c := range measures {
		t.Columns = append(t.Columns, Column{Title: c.title, Numeric: true, Width: 60 / float64(len(measures))})
		for _, segment := range m.parts(c.indicator, dimension) {
			if !seen[segment] {
				seen[segment] = true
				segments = append(segments, segment)
			}
		}
	}
	slices.SortFunc(segments, func(a, b string) int {
		first := measures[0].indicator
		return cmp.Or(m.figureOrZero(first, b).Cmp(m.figureOrZero(first, a)), cmp.Compare(pages.SortKey(w.segment(a)), pages.SortKey(w.segment(b))))
	})
	for _, segment := range segments {
		row := line(text(w.segment(segment)))
		for _, c := range measures {
			row.Cells = append(row.Cells, w.part(m, c, segment))
		}
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows) > 0 {
		total := Row{Cells: []Cell{text(w.Must("total"))}, Level: Total}
		for _, c := range measures {
			total.Cells = append(total.Cells, w.part(m, c, ""))
		}
		t.Rows = append(t.Rows, total)
	}
	return t
}

func (w words) part(m *material, c measure, segment string) Cell {
	v := m.figure(c.indicator, segment)
	if v == nil || v.IsZero() && c.unit == "" {
		return text("·")
	}
	return w.num(*v, c.unit)
}
