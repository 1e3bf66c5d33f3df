package reports

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/rollup"
)

// named are the kinds of events that reports name one by one.
func named() []string {
	return []string{"discovery.held", "visibility.item.published", "project.published", "service.launched", "partnership.activity",
		"business_model.test.concluded", "milestone.reached"}
}

// monthly are the indicators that charts and sums since the start are made of.
func monthly() []string {
	return []string{"I01", "D01", "D02", "T01", "T02", "C01", "C04", "U01", "E01", "V01"}
}

// raw is what was read, of one lab or all.
type raw struct {
	sheets     []clickhouse.LabSheet
	agreements []clickhouse.AgreementSheet
	figures    []clickhouse.Figure
	months     []clickhouse.Figure
	series     []clickhouse.CommitmentStatus // at the ends of quarters; the last day is that of the report
	items      []clickhouse.Item
	conducts   []clickhouse.Conduct
	counted    []clickhouse.Counted
	rejections []clickhouse.RejectionCount
	sequence   uint64                   // of the last message of the stream that was stored or rejected
	states     []clickhouse.PeriodState // of the period
	overdue    map[string]uint64        // periods overdue by lab
	approvals  []clickhouse.Approval    // of the period
	frozen     []clickhouse.SnapshotFigure
	promised   []clickhouse.CommitmentStatus // as approved
}

// atOnce is how many statements run at once: one fewer than the store has connections by default.
const atOnce = 3

// longest is how far back charts and sums since the start look, in years: longer than any agreement.
const longest = 10

// read reads what reports on a period need, in statements that run at once; lab "" is all.
func (s Sources) read(ctx context.Context, lab string, p span, asOf, today time.Time) (raw, error) {
	var r raw
	var err error
	if r.sheets, err = s.Store.LabSheets(ctx, lab); err != nil || len(r.sheets) == 0 {
		return r, err
	}
	if r.agreements, err = s.Store.AgreementSheets(ctx, lab); err != nil {
		return r, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	begin := p.starts.AddDate(-longest, 0, 0)
	group.Go(func() (err error) {
		r.figures, err = s.Store.FiguresBetween(ctx, p.grain, lab, p.starts, asOf)
		return err
	})
	group.Go(func() (err error) {
		r.months, err = s.Store.FiguresBetween(ctx, "month", lab, begin, asOf, monthly()...)
		return err
	})
	group.Go(func() (err error) {
		r.series, err = s.Store.CommitmentSeries(ctx, lab, quarterEnds(earliest(r.agreements, asOf), asOf, mostQuarters))
		return err
	})
	group.Go(func() (err error) {
		if r.items, err = s.Store.Items(ctx, lab, p.starts, asOf, named()...); err != nil {
			return err
		}
		if r.conducts, err = s.Store.Conducts(ctx, lab, p.starts, asOf); err != nil {
			return err
		}
		if r.counted, err = s.Store.CountedEvents(ctx, rollup.NewRules(s.Catalogue), lab, p.starts, asOf); err != nil {
			return err
		}
		if r.rejections, err = s.Store.CountRejections(ctx, "lab", clickhouse.RejectionFilter{Lab: lab, State: clickhouse.StateOpen}); err != nil {
			return err
		}
		newest, err := s.Store.Newest(ctx, 1)
		if len(newest) > 0 {
			r.sequence = newest[0].StreamSeq
		}
		return err
	})
	group.Go(func() error { return s.readApproved(ctx, &r, lab, p, today) })
	return r, group.Wait()
}

// earliest is the first day of the first agreement, as far as it is before a day.
func earliest(agreements []clickhouse.AgreementSheet, day time.Time) time.Time {
	for _, a := range agreements {
		if a.Starts.Before(day) {
			day = a.Starts
		}
	}
	return day
}

// readApproved reads how the period stands, and what was frozen of it.
func (s Sources) readApproved(ctx context.Context, r *raw, lab string, p span, today time.Time) error {
	states, err := s.Store.PeriodStates(ctx, today, lab)
	if err != nil {
		return err
	}
	approvals, err := s.Store.Approvals(ctx, lab)
	if err != nil {
		return err
	}
	r.overdue = map[string]uint64{}
	for _, st := range states {
		if st.State == clickhouse.PeriodOverdue {
			r.overdue[st.Lab]++
		}
	}
	r.states = slices.DeleteFunc(states, func(st clickhouse.PeriodState) bool { return st.Period != p.name })
	r.approvals = slices.DeleteFunc(approvals, func(a clickhouse.Approval) bool { return a.Period != p.name })
	for _, a := range r.approvals {
		if a.FrozenAt == nil {
			continue
		}
		figures, err := s.Store.Snapshot(ctx, a.Lab, p.name)
		if err != nil {
			return err
		}
		promised, err := s.Store.SnapshotCommitments(ctx, a.Lab, p.name)
		if err != nil {
			return err
		}
		r.frozen, r.promised = append(r.frozen, figures...), append(r.promised, promised...)
	}
	return nil
}

// of cuts out what concerns a lab.
func (r raw) of(sheet clickhouse.LabSheet, p span, asOf time.Time, s Sources) *material {
	m := &material{
		span: p, asOf: asOf, catalogue: s.Catalogue, sheet: sheet, overdue: r.overdue[sheet.Lab],
		figures: map[slice]clickhouse.Figure{}, months: map[slice]map[time.Time]clickhouse.Figure{}, counted: map[string]clickhouse.Counted{},
	}
	lab := sheet.Lab
	for _, a := range r.agreements { // the rows come with the latest first
		if a.Lab != lab {
			continue
		}
		if now := m.agreement(); now != nil && now.Starts.After(p.ends) {
			m.agreements = nil
		}
		m.agreements = append(m.agreements, a)
	}
	for _, f := range r.figures {
		if f.Lab == lab && f.Period.Equal(p.starts) {
			m.figures[slice{f.Indicator, f.Segment}] = f
		}
	}
	for _, f := range r.months {
		if f.Lab != lab {
			continue
		}
		key := slice{f.Indicator, f.Segment}
		if m.months[key] == nil {
			m.months[key] = map[time.Time]clickhouse.Figure{}
		}
		m.months[key][f.Period.UTC()] = f
	}
	for _, c := range r.series {
		if c.Lab == lab {
			m.series = append(m.series, promiseOf(c))
			if c.AsOf.Equal(asOf) {
				m.promises = append(m.promises, promiseOf(c))
			}
		}
	}
	for _, i := range r.items {
		if i.Lab == lab {
			m.items = append(m.items, i)
		}
	}
	for _, c := range r.conducts {
		if c.Lab == lab {
			m.conduct = c
		}
	}
	for _, c := range r.counted {
		if c.Lab == lab {
			m.counted[c.Indicator] = c
		}
	}
	for _, c := range r.rejections {
		if c.Key == lab {
			m.rejected = c.Open
		}
	}
	r.approved(m)
	return m
}

// approved puts what was frozen in the place of today's figures, and finds where they differ.
func (r raw) approved(m *material) {
	lab := m.sheet.Lab
	for _, st := range r.states {
		if st.Lab == lab {
			m.state = &st
		}
	}
	for _, a := range r.approvals {
		// As of a day before it, the approval isn't there.
		if a.Lab == lab && m.state != nil && m.state.ApprovalSeq == a.Seq {
			m.approval = &a
		}
	}
	if m.approval == nil || m.approval.FrozenAt == nil {
		return
	}
	live := m.figures
	m.figures, m.promises, m.frozen = map[slice]clickhouse.Figure{}, nil, true
	for _, f := range r.frozen {
		if f.Lab == lab && f.ApprovalSeq == m.approval.Seq {
			m.figures[slice{f.Indicator, f.Segment}] = clickhouse.Figure{Lab: lab, Indicator: f.Indicator, Segment: f.Segment, Period: m.starts,
				Value: f.Value, Numerator: f.Numerator, Denominator: f.Denominator}
		}
	}
	for _, c := range r.promised {
		if c.Lab == lab {
			m.promises = append(m.promises, promiseOf(c))
		}
	}
	m.compare(live)
}

// dimensionOf is the dimension of a segment: "audience" of "audience=companies".
func dimensionOf(segment string) string {
	dimension, _, ok := strings.Cut(segment, "=")
	if !ok {
		return ""
	}
	return dimension
}

func slugs(sheets []clickhouse.LabSheet) []string {
	out := make([]string, len(sheets))
	for i, s := range sheets {
		out[i] = s.Lab
	}
	slices.Sort(out)
	return out
}
