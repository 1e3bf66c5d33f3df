package verify

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"vitrine/consumers/clickhouse"
)

// frozenKey names a row of what is frozen, or of what differs from it.
type frozenKey struct{ lab, period, approval, agreement, number, indicator, segment string }

func frozenKeyOf(r row) frozenKey {
	return frozenKey{r["lab"], r["period"], r["approval"], r["agreement"], r["number"], r["indicator"], r["segment"]}
}

func (k frozenKey) place() Difference {
	d := rowKey{lab: k.lab, agreement: k.agreement, number: k.number, indicator: k.indicator, segment: k.segment, period: k.period}.place()
	if d.What != "" {
		d.What += ", "
	}
	d.What += "approval " + k.approval
	return d
}

// marks are which approvals are frozen, by lab.
type marks map[string][]mark

type mark struct {
	asked
	comparable bool // made with the present catalogue and zone
	sameRules  bool // and its statuses by the present thresholds
}

func (c *comparison) marks(ctx context.Context, madeWith string) (marks, error) {
	all := marks{}
	err := c.store.EachRow(ctx, clickhouse.SnapshotMarks, clickhouse.LabRange{}, c.report.AsOf.Time(), func(r map[string]string) error {
		seq, err := strconv.ParseUint(r["approval"], 10, 64)
		if err != nil {
			return err
		}
		m := mark{asked{r["lab"], r["period"], seq}, r["made_with"] == madeWith, r["same_rules"] == "true"}
		all[m.lab] = append(all[m.lab], m)
		return nil
	})
	return all, err
}

// frozen compares what is kept of approved periods, and what differs from it. What was frozen by another catalogue can't be
// computed by the present one; it is counted. today is the programme's.
func (c *comparison) frozen(ctx context.Context, madeWith string, today Day) ([]Check, error) {
	kept, err := c.marks(ctx, madeWith)
	if err != nil {
		return nil, err
	}
	o, until := c.oracle, c.report.AsOf
	for _, lab := range o.Labs() {
		for _, a := range o.inForce(lab, today) {
			_, ends := (&story{period: a.period}).days()
			until = max(until, ends)
		}
	}
	for _, all := range kept {
		for _, m := range all {
			if !m.comparable {
				c.report.FrozenOtherwise++
			}
		}
	}
	each := func(use func(mark) bool, rows func(asked) []row) func(string) []row {
		return func(lab string) (out []row) {
			for _, m := range kept[lab] {
				if m.comparable && use(m) {
					out = append(out, rows(m.asked)...)
				}
			}
			return out
		}
	}
	checks := []Check{c.approvals(kept)}
	for _, r := range []relation{
		{"period_snapshots", clickhouse.Snapshots, each(func(mark) bool { return true }, o.snapshotRows)},
		{"period_commitments", clickhouse.SnapshotCommitments, each(func(m mark) bool { return m.sameRules },
			func(a asked) []row { return o.snapshotCommitmentRows(a, c.rules) })},
		{"period_adjustments", clickhouse.AdjustmentsUntil, each(func(m mark) bool { return slices.Contains(o.inForce(m.lab, today), m.asked) },
			func(a asked) []row { return o.adjustmentRows(a, until) })},
	} {
		if len(kept) == 0 { // then none of them has a row
			checks = append(checks, Check{Name: r.name})
			continue
		}
		check, err := c.frozenRows(ctx, r, until)
		if err != nil {
			return nil, err
		}
		checks = append(checks, check)
	}
	return checks, nil
}

// approvals compares which approvals are frozen. Those that no longer hold may stay: what was frozen is kept.
func (c *comparison) approvals(kept marks) Check {
	l := newLedger(c, "period_approvals", func(a asked) Difference {
		return frozenKey{lab: a.lab, period: a.period, approval: strconv.FormatUint(a.seq, 10)}.place()
	}, func(asked, struct{}) string { return "frozen" })
	for _, lab := range c.oracle.Labs() {
		for _, a := range c.oracle.approvals(lab) {
			l.expect(a, struct{}{})
		}
		for _, m := range kept[lab] {
			if _, holds := l.expected[m.asked]; holds {
				l.find(m.asked, "frozen", func(struct{}) *pair { return nil })
			}
		}
	}
	l.settle()
	return l.check
}

func (c *comparison) frozenRows(ctx context.Context, r relation, until Day) (Check, error) {
	l := newLedger(c, r.name, frozenKey.place, func(_ frozenKey, r row) string { return writeRow(r, slices.Sorted(maps.Keys(r))) })
	err := l.byLabs(func(lab string) int {
		expected := r.expected(lab)
		for _, e := range expected {
			l.expect(frozenKeyOf(e), e)
		}
		return len(expected)
	}, func(labs clickhouse.LabRange) error {
		return c.store.EachRow(ctx, r.read, labs, until.Time(), func(found map[string]string) error {
			l.find(frozenKeyOf(found), writeRow(found, slices.Sorted(maps.Keys(found))), func(e row) *pair { return differingColumns(e, found) })
			return nil
		})
	})
	return l.check, err
}
