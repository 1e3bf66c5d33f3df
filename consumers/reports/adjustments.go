package reports

import (
	"cmp"
	"context"
	"slices"

	"github.com/shopspring/decimal"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/periods"
	"vitrine/schemas"
)

// adjustment is a figure that is another since it was approved.
type adjustment struct {
	clickhouse.Adjustment
	// Late are the events behind it, as far as it was taken apart.
	late  []periods.Late
	apart bool
}

// compare fills in what is another since the period was approved: where a figure's numerator or denominator differs,
// as period_adjustments has it. live are today's figures of the period.
func (m *material) compare(live map[slice]clickhouse.Figure) {
	keys := map[slice]bool{}
	for key := range m.figures {
		keys[key] = true
	}
	for key := range live {
		keys[key] = true
	}
	for key := range keys {
		then, before := m.figures[key]
		now, after := live[key]
		i, known := m.catalogue.Lookup(key.indicator)
		if !known || then.Numerator.Equal(now.Numerator) && orZero(then.Denominator).Equal(orZero(now.Denominator)) {
			continue
		}
		a := clickhouse.Adjustment{Lab: m.sheet.Lab, Period: m.name, Indicator: key.indicator, Segment: key.segment, Unit: i.Unit, Starts: m.starts, Ends: m.ends}
		if before {
			a.Approved, a.ApprovedNumerator, a.ApprovedDenominator = then.Value, &then.Numerator, then.Denominator
		}
		if after {
			a.Now, a.NowNumerator, a.NowDenominator = now.Value, &now.Numerator, now.Denominator
		}
		if !i.Percent() || a.Approved != nil && a.Now != nil {
			difference := orZero(a.Now).Sub(orZero(a.Approved))
			a.Difference = &difference
		}
		a.ApprovalSeq, a.CatalogueChanged = m.approvalSeq(), m.approval.CatalogueChanged
		m.adjustments = append(m.adjustments, adjustment{Adjustment: a})
	}
	place := map[string]int{}
	for n, i := range m.catalogue.Indicators {
		place[i.Code] = n
	}
	slices.SortFunc(m.adjustments, func(a, b adjustment) int {
		return cmp.Or(cmp.Compare(place[a.Indicator], place[b.Indicator]), cmp.Compare(a.Segment, b.Segment))
	})
}

// takeApart finds the events behind a lab's adjustments: those of whole figures, whose segments have the same ones.
func (s Sources) takeApart(ctx context.Context, m *material) (err error) {
	if s.Behind == nil {
		return nil
	}
	taken := 0
	for n := range m.adjustments {
		a := &m.adjustments[n]
		if a.Segment != "" || taken == periods.MostTakenApart {
			continue
		}
		taken++
		if a.late, err = s.Behind(ctx, a.Adjustment); err != nil {
			return err
		}
		a.apart = true
	}
	return nil
}

// adjusted is what came since the approval.
func (w words) adjusted(m *material) Section {
	s := Section{ID: "adjustments", Title: w.Must("adjustments"), Sheet: w.Must("adjustments")}
	if !m.frozen {
		s.Blocks = append(s.Blocks, Paragraph{w.Must("adjustments.none"), Nothing})
		return s
	}
	t := w.listing("adjustments", Column{w.Must("column.code"), false, 8}, Column{w.Must("column.indicator"), false, 50}, Column{w.Must("column.approved"), true, 14},
		Column{w.Must("column.now"), true, 14}, Column{w.Must("column.difference"), true, 14})
	behind := w.listing("behind", Column{w.Must("column.code"), false, 7}, Column{w.Must("column.kind"), false, 24}, Column{w.Must("column.date"), false, 11},
		Column{w.Must("column.then"), true, 11}, Column{w.Must("column.nowadds"), true, 11}, Column{w.Must("column.why"), false, 22}, Column{w.Must("column.received"), false, 12})
	for _, a := range m.adjustments {
		i := m.indicator(a.Indicator)
		approved, now, difference := w.compared(a, i.Unit)
		t.Rows = append(t.Rows, line(text(a.Indicator), text(w.figureName(i, a.Segment)), approved, now, difference))
		for _, l := range a.late {
			behind.Rows = append(behind.Rows, w.late(a, l))
		}
	}
	s.Blocks = append(s.Blocks, t)
	if len(t.Rows) > 0 {
		t.Remark = w.Must("adjustments.remark")
	}
	if m.approval.CatalogueChanged {
		s.Blocks = append(s.Blocks, Paragraph{w.Must("adjustments.catalogue"), Remark})
	}
	if len(behind.Rows) > 0 {
		s.Blocks = append(s.Blocks, behind)
	}
	return s
}

// late is an event behind an adjustment.
func (w words) late(a adjustment, l periods.Late) Row {
	kind, day := l.Latest.Kind, l.Latest.LocalDay
	if l.Now != nil {
		kind, day = l.Now.Kind, l.Now.Day
	} else if l.Then != nil {
		kind, day = l.Then.Kind, l.Then.Day
	}
	why := w.Must("change." + string(l.Change))
	if l.Latest.Reason != "" {
		why += w.Must("change.reason", "reason", schemas.Reason(l.Latest.Reason).In(w.lang))
	}
	reason := text(why)
	reason.Foreign = l.Latest.Reason != ""
	return line(text(a.Indicator), text(w.title(kind)), w.date(day), w.added(l.Then, a), w.added(l.Now, a), reason, w.dayOf(l.Latest.ReceivedAt))
}

// added is what an event adds, in the figure's own unit; a ratio's parts stand as numerator / denominator.
func (w words) added(v *periods.Added, a adjustment) Cell {
	if v == nil {
		return text(none)
	}
	if a.ApprovedDenominator != nil || a.NowDenominator != nil {
		return text(w.plain(v.Numerator) + " / " + w.plain(v.Denominator))
	}
	return w.opt(v.Value, a.Unit)
}

func (w words) plain(v *decimal.Decimal) string {
	if v == nil {
		return none
	}
	return w.value(*v, "")
}
