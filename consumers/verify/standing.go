package verify

import (
	"math/big"
	"strconv"

	"vitrine/schemas"
)

// Rules are the lowest paces that still count as on_track and at_risk, as status_rules holds them;
// without one nothing does.
type Rules struct{ OnTrack, AtRisk *big.Rat }

// standing is how a commitment stands as of a day.
type standing struct {
	commitment
	unit, direction, aggregation               string
	expected                                   *big.Rat
	baseline, actual, percent, pace, projected *big.Rat // nil: none
	low, high, needed                          *big.Rat // the projection's range, and what a month must bring; nil: none
	status                                     string
}

// standings are all of a lab's commitments as of a day; facts are all of the lab's.
func (o *Oracle) standings(lab string, facts map[string][]fact, asOf Day, rules Rules) []standing {
	var out []standing
	for _, c := range o.commitments(lab) {
		out = append(out, o.standing(c, facts[c.indicator], asOf, rules))
	}
	return out
}

func (o *Oracle) standing(c commitment, facts []fact, asOf Day, rules Rules) standing {
	s := standing{commitment: c, baseline: c.baseline, expected: new(big.Rat)}
	indicator, known := o.catalogue.Lookup(c.indicator)
	var m measured
	direction, w := "", c.window(asOf)
	if known {
		s.unit, direction = indicator.Unit, indicator.Direction
		s.direction, s.aggregation = direction, string(indicator.Aggregation)
		s.needed = c.needed(indicator, nil, w)
	}
	if asOf < c.from {
		s.status = "not_started"
		return s
	}
	if known {
		m = c.measure(indicator, facts, w)
		s.needed = c.needed(indicator, m.actual, w)
	}
	line := c.expected(indicator, w)
	s.expected, s.actual = rounded(line, 2), m.actual
	if s.actual != nil {
		if c.target.Sign() != 0 {
			s.percent = rounded(over(times(number(100), s.actual), c.target), 1)
		}
		s.projected = rounded(plus(s.actual, m.toCome), 2)
		if m.atLeast != nil {
			s.low, s.high = rounded(plus(s.actual, m.atLeast), 2), rounded(plus(s.actual, m.atMost), 2)
		}
		s.pace = paceOf(direction, s.actual, line)
	}
	overdue := asOf > c.due
	switch {
	case (s.actual == nil || !m.ever) && (!overdue || direction == "cap" || !known):
		s.status = "no_data"
	case s.actual == nil:
		s.status = "missed"
	case direction == "cap" && !less(c.target, s.actual):
		s.status = "within"
	case direction == "cap":
		s.status = "exceeded"
	case direction == "down" && !less(c.target, s.actual), direction != "down" && !less(s.actual, c.target):
		s.status = "achieved"
	case overdue:
		s.status = "missed"
	case rules.OnTrack != nil && !less(s.pace, rules.OnTrack):
		s.status = "on_track"
	case rules.AtRisk != nil && !less(s.pace, rules.AtRisk):
		s.status = "at_risk"
	default:
		s.status = "late"
	}
	return s
}

// paceOf is nil for a cap, and 1 where there is nothing to divide by.
func paceOf(direction string, actual, expected *big.Rat) *big.Rat {
	switch {
	case direction == "cap":
		return nil
	case direction == "down" && actual.Sign() <= 0, direction != "down" && expected.Sign() <= 0:
		return number(1)
	case direction == "down":
		return rounded(over(expected, actual), 3)
	default:
		return rounded(over(actual, expected), 3)
	}
}

// needed is what each month left must bring to reach the target, where a month is 30.4375 days; in the last one all that
// is missing. It is nil where no month's share leads there: for ratios and highest values, for caps and what should be
// less, and once no day is left.
func (c commitment) needed(indicator *schemas.Indicator, actual *big.Rat, w window) *big.Rat {
	level := indicator.Aggregation == schemas.AggLast || indicator.Aggregation == schemas.AggStock
	if indicator.Direction != "up" || !level && !flows(indicator) {
		return nil
	}
	switch {
	case actual != nil:
	case level && c.baseline != nil:
		actual = c.baseline
	default:
		actual = new(big.Rat)
	}
	missing := plus(c.target, new(big.Rat).Neg(actual))
	months := big.NewRat(w.left()*16, 487)
	switch {
	case missing.Sign() <= 0:
		return new(big.Rat)
	case w.left() == 0:
		return nil
	case less(number(1), months):
		return rounded(over(missing, months), 2)
	default:
		return rounded(missing, 2)
	}
}

// row is the standing as commitment_status should hold it.
func (s standing) row(lab string, asOf Day) row {
	return given(row{
		"lab": lab, "agreement": s.agreement, "number": strconv.Itoa(s.number), "indicator": s.indicator, "segment": s.segment,
		"target": text(s.target), "expected": text(s.expected), "status": s.status, "as_of": asOf.String(), "mode": s.mode,
		"from_date": s.from.String(), "due_date": s.due.String(), "unit": s.unit,
		"every": s.every, "direction": s.direction, "aggregation": s.aggregation,
	}, row{"baseline": text(s.baseline), "actual": text(s.actual), "percent": text(s.percent), "pace": text(s.pace), "projected": text(s.projected),
		"projected_low": text(s.low), "projected_high": text(s.high), "needed_per_month": text(s.needed)})
}

// standingRows is what commitment_status should hold of a lab.
func standingRows(standings []standing, lab string, asOf Day) []row {
	var out []row
	for _, s := range standings {
		out = append(out, s.row(lab, asOf))
	}
	return out
}
