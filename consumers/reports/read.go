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

// raw is what was read, of one lab or all; what there is of each lab goes by its slug.
type raw struct {
	sheets     []clickhouse.LabSheet
	agreements map[string][]clickhouse.AgreementSheet
	figures    map[string][]clickhouse.Figure
	months     map[string][]clickhouse.Figure
	series     map[string][]clickhouse.CommitmentStatus // at the ends of quarters; the last day is that of the report
	items      map[string][]clickhouse.Item
	conducts   map[string][]clickhouse.Conduct
	counted    map[string][]clickhouse.Counted
	rejections map[string][]clickhouse.RejectionCount
	sequence   uint64                              // of the last message of the stream that was stored or rejected
	states     map[string][]clickhouse.PeriodState // of the period
	overdue    map[string]uint64                   // periods overdue
	approvals  map[string][]clickhouse.Approval    // of the period
	frozen     map[string][]clickhouse.SnapshotFigure
	promised   map[string][]clickhouse.CommitmentStatus // as approved
}

// byLab puts what was read of each lab together, in the order in which it was read.
func byLab[T any](rows []T, lab func(T) string) map[string][]T {
	of := map[string][]T{}
	for _, r := range rows {
		of[lab(r)] = append(of[lab(r)], r)
	}
	return of
}

func figureLab(f clickhouse.Figure) string               { return f.Lab }
func agreementLab(a clickhouse.AgreementSheet) string    { return a.Lab }
func commitmentLab(c clickhouse.CommitmentStatus) string { return c.Lab }

// atOnce is how many statements run at once: one fewer than the store has connections by default.
const atOnce = 3

// longest is how far back charts and sums since the start look, in years: longer than any agreement.
const longest = 10

// scope is how much of each lab is read.
type scope struct {
	// figures are the indicators whose figures of the period are read, as long as none is approved; none are all.
	figures []string
	// months are the indicators whose months are read.
	months []string
	// course says that the commitments are read at the ends of quarters, too, not just on the report's last day.
	course bool
	// detail says that events are read as well: those that are named, and how many add to each indicator. The latter reads all of them.
	detail bool
}

// ofLabs is what labs' reports show, ofProgramme what the programme's does: of all labs, the rest would take minutes.
func ofLabs() scope { return scope{months: monthly(), course: true, detail: true} }
func ofProgramme() scope {
	return scope{figures: []string{"I01", "I02", "I03", "Q01", "Q02", "Q03"}, months: []string{"I01"}}
}

// read reads what reports on a period need, in statements that run at once; lab "" is all.
func (s Sources) read(ctx context.Context, lab string, p span, asOf, today time.Time, of scope) (raw, error) {
	var r raw
	var err error
	if r.sheets, err = s.Store.LabSheets(ctx, lab); err != nil || len(r.sheets) == 0 {
		return r, err
	}
	agreements, err := s.Store.AgreementSheets(ctx, lab)
	if err != nil {
		return r, err
	}
	r.agreements = byLab(agreements, agreementLab)
	days := []time.Time{asOf}
	if of.course {
		days = quarterEnds(earliest(agreements, asOf), asOf, mostQuarters)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	begin := p.starts.AddDate(-longest, 0, 0)
	group.Go(func() error {
		if err := s.readApproved(ctx, &r, lab, p, today); err != nil {
			return err
		}
		indicators := of.figures
		if r.anyFrozen() { // any figure may be another since
			indicators = nil
		}
		figures, err := s.Store.FiguresBetween(ctx, p.grain, lab, p.starts, asOf, indicators...)
		r.figures = byLab(figures, figureLab)
		return err
	})
	group.Go(func() error {
		months, err := s.Store.FiguresBetween(ctx, "month", lab, begin, asOf, of.months...)
		r.months = byLab(months, figureLab)
		return err
	})
	group.Go(func() error {
		series, err := s.Store.CommitmentSeries(ctx, lab, days)
		r.series = byLab(series, commitmentLab)
		return err
	})
	group.Go(func() error {
		if of.detail {
			if err := s.readEvents(ctx, &r, lab, p, asOf); err != nil {
				return err
			}
		}
		return s.readConduct(ctx, &r, lab, p, asOf)
	})
	return r, group.Wait()
}

// readEvents reads events that are named one by one, and counts those that add to figures.
func (s Sources) readEvents(ctx context.Context, r *raw, lab string, p span, asOf time.Time) error {
	items, err := s.Store.Items(ctx, lab, p.starts, asOf, named()...)
	if err != nil {
		return err
	}
	r.items = byLab(items, func(i clickhouse.Item) string { return i.Lab })
	counted, err := s.Store.CountedEvents(ctx, rollup.NewRules(s.Catalogue), lab, p.starts, asOf)
	r.counted = byLab(counted, func(c clickhouse.Counted) string { return c.Lab })
	return err
}

// readConduct reads how labs reported, and how far the stream is counted.
func (s Sources) readConduct(ctx context.Context, r *raw, lab string, p span, asOf time.Time) error {
	conducts, err := s.Store.Conducts(ctx, lab, p.starts, asOf)
	if err != nil {
		return err
	}
	r.conducts = byLab(conducts, func(c clickhouse.Conduct) string { return c.Lab })
	rejections, err := s.Store.CountRejections(ctx, "lab", clickhouse.RejectionFilter{Lab: lab, State: clickhouse.StateOpen})
	if err != nil {
		return err
	}
	r.rejections = byLab(rejections, func(c clickhouse.RejectionCount) string { return c.Key })
	newest, err := s.Store.Newest(ctx, 1)
	if len(newest) > 0 {
		r.sequence = newest[0].StreamSeq
	}
	return err
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
	states = slices.DeleteFunc(states, func(st clickhouse.PeriodState) bool { return st.Period != p.name })
	approvals = slices.DeleteFunc(approvals, func(a clickhouse.Approval) bool { return a.Period != p.name })
	r.states = byLab(states, func(st clickhouse.PeriodState) string { return st.Lab })
	r.approvals = byLab(approvals, func(a clickhouse.Approval) string { return a.Lab })
	if !r.anyFrozen() {
		return nil
	}
	figures, err := s.Store.Snapshot(ctx, lab, p.name)
	if err != nil {
		return err
	}
	promised, err := s.Store.SnapshotCommitments(ctx, lab, p.name)
	r.frozen = byLab(figures, func(f clickhouse.SnapshotFigure) string { return f.Lab })
	r.promised = byLab(promised, commitmentLab)
	return err
}

// anyFrozen says whether figures of the period are there as approved.
func (r *raw) anyFrozen() bool {
	for _, of := range r.approvals {
		if slices.ContainsFunc(of, func(a clickhouse.Approval) bool { return a.FrozenAt != nil }) {
			return true
		}
	}
	return false
}

// of cuts out what concerns a lab.
func (r raw) of(sheet clickhouse.LabSheet, p span, asOf time.Time, s Sources) *material {
	m := &material{
		span: p, asOf: asOf, catalogue: s.Catalogue, sheet: sheet, overdue: r.overdue[sheet.Lab],
		figures: map[slice]clickhouse.Figure{}, months: map[slice]map[time.Time]clickhouse.Figure{}, counted: map[string]clickhouse.Counted{},
	}
	lab := sheet.Lab
	m.items = r.items[lab]
	for _, a := range r.agreements[lab] { // the latest first
		if now := m.agreement(); now != nil && now.Starts.After(p.ends) {
			m.agreements = nil
		}
		m.agreements = append(m.agreements, a)
	}
	for _, f := range r.figures[lab] {
		if f.Period.Equal(p.starts) {
			m.figures[slice{f.Indicator, f.Segment}] = f
		}
	}
	for _, f := range r.months[lab] {
		key := slice{f.Indicator, f.Segment}
		if m.months[key] == nil {
			m.months[key] = map[time.Time]clickhouse.Figure{}
		}
		m.months[key][f.Period.UTC()] = f
	}
	for _, c := range r.series[lab] {
		m.series = append(m.series, promiseOf(c))
		if c.AsOf.Equal(asOf) {
			m.promises = append(m.promises, promiseOf(c))
		}
	}
	for _, c := range r.conducts[lab] {
		m.conduct = c
	}
	for _, c := range r.counted[lab] {
		m.counted[c.Indicator] = c
	}
	for _, c := range r.rejections[lab] {
		m.rejected = c.Open
	}
	r.approved(m)
	return m
}

// approved puts what was frozen in the place of today's figures, and finds where they differ.
func (r raw) approved(m *material) {
	lab := m.sheet.Lab
	for _, st := range r.states[lab] {
		m.state = &st
	}
	for _, a := range r.approvals[lab] {
		// As of a day before it, the approval isn't there.
		if m.state != nil && m.state.ApprovalSeq == a.Seq {
			m.approval = &a
		}
	}
	if m.approval == nil || m.approval.FrozenAt == nil {
		return
	}
	live := m.figures
	m.figures, m.promises, m.frozen = map[slice]clickhouse.Figure{}, nil, true
	for _, f := range r.frozen[lab] {
		if f.ApprovalSeq == m.approval.Seq {
			m.figures[slice{f.Indicator, f.Segment}] = clickhouse.Figure{Lab: lab, Indicator: f.Indicator, Segment: f.Segment, Period: m.starts,
				Value: f.Value, Numerator: f.Numerator, Denominator: f.Denominator}
		}
	}
	for _, c := range r.promised[lab] {
		m.promises = append(m.promises, promiseOf(c))
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
