package reports

import (
	"time"

	"github.com/shopspring/decimal"

	"vitrine/consumers/clickhouse"
)

// promise is how a commitment stands.
type promise struct {
	lab, indicator, segment, unit, status         string
	target, expected                              decimal.Decimal
	actual, percent, projected, low, high, needed *decimal.Decimal
	from, due, asOf                               time.Time
	mode, every, direction, agreement             string
	number                                        uint32
}

func promiseOf(c clickhouse.CommitmentStatus) promise {
	return promise{
		lab: c.Lab, indicator: c.Indicator, segment: c.Segment, unit: c.Unit, status: c.Status,
		target: exactly(c.Target), expected: exactly(c.Expected),
		actual: exactlyOpt(c.Actual), percent: exactlyOpt(c.Percent), projected: exactlyOpt(c.Projected),
		low: exactlyOpt(c.ProjectedLow), high: exactlyOpt(c.ProjectedHigh), needed: exactlyOpt(c.NeededPerMonth),
		from: c.From, due: c.Due, asOf: c.AsOf, mode: c.Mode, every: c.Every, direction: c.Direction, number: c.Number, agreement: c.Agreement,
	}
}

// urgent says that a commitment wants attention.
func (p promise) urgent() bool {
	switch p.status {
	case "late", "missed", "exceeded", "at_risk":
		return true
	}
	return false
}

// failing says that it is behind, not just at risk.
func (p promise) failing() bool { return p.urgent() && p.status != "at_risk" }

// statuses are those of commitments, the best first.
func statuses() []string {
	return []string{"achieved", "within", "on_track", "at_risk", "late", "missed", "exceeded", "no_data", "not_started"}
}

// tally counts the statuses of commitments.
func tally(promises []promise) map[string]uint64 {
	n := map[string]uint64{}
	for _, p := range promises {
		n[p.status]++
	}
	return n
}
