package verify

import (
	"cmp"
	"context"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// programmeKey names a figure over all labs; period is "" from the start to a day.
type programmeKey struct{ indicator, segment, period string }

// combined is a figure over all labs in the making.
type combined struct {
	figure
	values []*big.Rat // the labs'
	labs   map[string]bool
	refs   map[uint32]bool // where companies unite
}

// programme makes the programme's figures: those of all labs from the start to a day, and by quarter.
type programme struct {
	oracle              *Oracle
	sinceStart, quarter combining
	arrivals            map[newcomer]arrival
}

func newProgramme(o *Oracle) *programme {
	return &programme{o, combining{}, combining{}, map[newcomer]arrival{}}
}

// enter adds a lab by its facts and its figures of all quarters.
func (p *programme) enter(lab string, facts map[string][]fact, quarters map[seriesKey]series, asOf Day) {
	p.enterSinceStart(lab, facts, asOf)
	p.enterQuarters(lab, facts, quarters)
	p.enterNewcomers(lab, facts)
}

// combining are figures over all labs in the making.
type combining map[programmeKey]*combined

func (c combining) at(k programmeKey, lab string) *combined {
	f := c[k]
	if f == nil {
		f = &combined{labs: map[string]bool{}, refs: map[uint32]bool{}}
		c[k] = f
	}
	f.labs[lab] = true
	return f
}

// add enters a lab's figure.
func (c combining) add(lab string, i *schemas.Indicator, segment, period string, f figure) {
	if i.OverLabs == schemas.LabsNone || i.OverLabs == schemas.LabsUnion || strings.HasPrefix(segment, "machine=") {
		return
	}
	sum := c.at(programmeKey{i.Code, segment, period}, lab)
	sum.numerator, sum.denominator = sum.numerator.plus(f.numerator), sum.denominator.plus(f.denominator)
	if value := valueOf(i, f); value != nil {
		sum.values = append(sum.values, value)
	}
}

// valueOf is a figure's value, nil for a ratio without a denominator.
func valueOf(i *schemas.Indicator, f figure) *big.Rat {
	if i.Aggregation == schemas.AggRatio {
		return share(i, f)
	}
	return cut(over(fraction(f.numerator), number(i.Scale)))
}

// enterSinceStart enters what a lab has as of a day.
func (p *programme) enterSinceStart(lab string, facts map[string][]fact, asOf Day) {
	c, month := p.sinceStart, Monthly.start(Monthly.of(asOf))
	for code, facts := range facts {
		i, _ := p.oracle.catalogue.Lookup(code)
		known := calendar{Daily, asOf}.known(facts)
		states := takeOut(&known, func(f fact) bool { return f.fn == State })
		for segment, facts := range groupBy(known, func(f fact) string { return f.segment }) {
			var f figure
			switch {
			case i.OverLabs == schemas.LabsUnion:
				c.unite(lab, i, segment, "", facts)
				continue
			case i.Aggregation == schemas.AggLast, i.Aggregation == schemas.AggStock:
				if f.numerator = newest(facts); i.Age {
					f.numerator = whole(int64(asOf)).minus(f.numerator)
				}
			case i.Repeat:
				if f = repeats(facts, month.addMonths(1-i.Months)); f.denominator.isZero() {
					continue
				}
			case i.Window == schemas.WindowRolling:
				lately := from(facts, month.addMonths(1-i.Months))
				if f = total(lately); len(lately) == 0 {
					continue
				}
			default:
				f = total(facts)
			}
			c.add(lab, i, segment, "", f)
		}
		for segment, active := range activeBySegment(i, states, asOf) {
			c.add(lab, i, segment, "", figure{numerator: whole(active)})
		}
	}
}

// activeBySegment is how many references are active at the end of a day, in all and in each segment that one ever was.
func activeBySegment(i *schemas.Indicator, states []fact, asOf Day) map[string]int64 {
	out, different := map[string]int64{}, map[string]bool{}
	for _, facts := range groupBy(states, func(f fact) uint32 { return f.ref }) {
		r := referenceOf(facts)
		active := r.activeAt(asOf)
		for _, segment := range r.segments {
			if slices.Contains(active, segment) {
				out[segment]++
			} else {
				out[segment] += 0
			}
		}
		for _, segment := range active {
			if strings.HasPrefix(segment, i.Counts+"=") {
				different[segment] = true
			}
		}
	}
	if i.Counts != "" && len(states) > 0 {
		return map[string]int64{"": int64(len(different))}
	}
	return out
}

// enterQuarters enters a lab's figures of all quarters.
func (p *programme) enterQuarters(lab string, facts map[string][]fact, quarters map[seriesKey]series) {
	c := p.quarter
	for key, series := range quarters {
		i, _ := p.oracle.catalogue.Lookup(key.indicator)
		for quarter, f := range series {
			c.add(lab, i, key.segment, Quarterly.start(quarter).String(), f)
		}
	}
	for code, facts := range facts {
		if i, _ := p.oracle.catalogue.Lookup(code); i.OverLabs == schemas.LabsUnion && !i.First {
			for segment, facts := range groupBy(facts, func(f fact) string { return f.segment }) {
				for quarter, facts := range groupBy(facts, func(f fact) period { return Quarterly.of(f.day) }) {
					c.unite(lab, i, segment, Quarterly.start(quarter).String(), facts)
				}
			}
		}
	}
}

// newcomer is a reference that counts where it is seen first.
type newcomer struct {
	code, segment string
	ref           uint32
}

// arrival is when and where a newcomer was seen first.
type arrival struct {
	lab  string
	fact fact
}

// enterNewcomers looks where references are seen first; of two labs on that day, the one whose name comes first has it.
func (p *programme) enterNewcomers(lab string, facts map[string][]fact) {
	for code, facts := range facts {
		if i, _ := p.oracle.catalogue.Lookup(code); i.OverLabs != schemas.LabsUnion || !i.First {
			continue
		}
		for _, f := range facts {
			k := newcomer{code, f.segment, f.ref}
			had, known := p.arrivals[k]
			if !known || cmp.Or(cmp.Compare(f.day, had.fact.day), cmp.Compare(lab, had.lab)) < 0 {
				p.arrivals[k] = arrival{lab, f}
			}
		}
	}
}

// quarterly are the figures by quarter, each newcomer in the one in which any lab has it first.
func (p *programme) quarterly() combining {
	for k, first := range p.arrivals {
		i, _ := p.oracle.catalogue.Lookup(k.code)
		p.quarter.unite(first.lab, i, k.segment, Quarterly.start(Quarterly.of(first.fact.day)).String(), []fact{first.fact})
	}
	return p.quarter
}

func (c combining) unite(lab string, i *schemas.Indicator, segment, period string, facts []fact) {
	f := c.at(programmeKey{i.Code, segment, period}, lab)
	for _, one := range facts {
		f.refs[one.ref] = true
	}
}

// row is a figure as the views should hold it.
func (k programmeKey) row(i *schemas.Indicator, f *combined) row {
	r := row{"indicator": k.indicator, "segment": k.segment, "labs": strconv.Itoa(len(f.labs)), "over_labs": string(i.OverLabs)}
	if k.period != "" {
		r["period"] = k.period
	}
	switch i.OverLabs {
	case schemas.LabsUnion:
		n := strconv.Itoa(len(f.refs))
		return given(r, row{"value": n, "numerator": n})
	case schemas.LabsMedian:
		return given(r, row{"value": text(median(f.values))})
	case schemas.LabsRatio:
		return given(r, row{"value": text(share(i, f.figure)), "numerator": f.numerator.String(), "denominator": f.denominator.String()})
	}
	return given(r, row{"value": text(valueOf(i, f.figure)), "numerator": f.numerator.String()})
}

// median is the middle value, or the middle between two, cut at the sixth decimal; nil of none.
func median(values []*big.Rat) *big.Rat {
	if len(values) == 0 {
		return nil
	}
	values = slices.SortedFunc(slices.Values(values), (*big.Rat).Cmp)
	if n := len(values); n%2 == 0 {
		return cut(over(plus(values[n/2-1], values[n/2]), number(2)))
	}
	return values[len(values)/2]
}

// programme compares the figures over all labs: from the start, and by quarter.
func (c *comparison) programme(ctx context.Context, p *programme) ([]Check, error) {
	var checks []Check
	for _, one := range []struct {
		name string
		read clickhouse.Relation
		all  combining
	}{
		{"programme_figures", clickhouse.ProgrammeFiguresAsOf, p.sinceStart},
		{"programme_quarterly", clickhouse.ProgrammeQuarterlyAsOf, p.quarterly()},
	} {
		l := c.rowLedger(one.name)
		for k, f := range one.all {
			i, _ := c.oracle.catalogue.Lookup(k.indicator)
			r := k.row(i, f)
			l.expect(keyOf(r), r)
		}
		if err := c.store.EachRow(ctx, one.read, clickhouse.LabRange{}, c.report.AsOf.Time(), l.findRow); err != nil {
			return nil, err
		}
		l.settle()
		checks = append(checks, l.check)
	}
	return checks, nil
}
