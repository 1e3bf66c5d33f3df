package verify

import (
	"math/big"
	"strconv"

	"github.com/google/uuid"

	"vitrine/schemas"
)

// asked is a period of a lab that was approved at a place in the stream.
type asked struct {
	lab, period string
	seq         uint64
}

// grainOf is how long a period is, by its name.
func grainOf(period string) Grain {
	if len(period) > 5 && period[5] == 'Q' {
		return Quarterly
	}
	return Monthly
}

// approvals are those of a lab that still hold, in force or not.
func (o *Oracle) approvals(lab string) []asked {
	var out []asked
	for _, t := range o.tellings(lab) {
		if t.kind == kindApproved {
			out = append(out, asked{lab, t.period, t.told})
		}
	}
	return out
}

// inForce are a lab's approvals that are in force on a day.
func (o *Oracle) inForce(lab string, today Day) []asked {
	var out []asked
	for _, s := range o.stories(lab, today) {
		if s.approval != nil {
			out = append(out, asked{lab, s.period, s.approval.told})
		}
	}
	return out
}

// before is what an oracle would know of one lab that had heard only the messages before a place in the stream.
func (o *Oracle) before(name string, seq uint64) *Oracle {
	then := *o
	then.labs, then.latest = map[string]*lab{}, labFacts{}
	l, known := o.labs[name]
	if !known {
		return &then
	}
	heard := *l
	heard.ids = make(map[uuid.UUID]uint32, len(l.ids))
	for id, head := range l.ids {
		for v, n := range l.chain(head) { // the one that came last first
			if v.seq < seq {
				heard.ids[id] = n
				break
			}
		}
	}
	then.labs[name] = &heard
	return &then
}

// figuresOf are a lab's figures of one period, looked at from a day.
func (o *Oracle) figuresOf(lab, name string, asOf Day) map[seriesKey]figure {
	grain := grainOf(name)
	starts, _ := (&story{period: name}).days()
	out := map[seriesKey]figure{}
	if _, known := o.labs[lab]; !known {
		return out
	}
	for key, series := range o.seriesOf(o.factsOf(lab), grain, asOf) {
		if f, has := series[grain.of(starts)]; has {
			out[key] = f
		}
	}
	return out
}

// snapshotRows are what is frozen of a period: its figures by the messages before the approval.
func (o *Oracle) snapshotRows(a asked) []row {
	_, ends := (&story{period: a.period}).days()
	var out []row
	for key, f := range o.before(a.lab, a.seq).figuresOf(a.lab, a.period, ends) {
		value, numerator, denominator := o.inWords(a.lab, key, f)
		out = append(out, given(a.row(row{"indicator": key.indicator, "segment": key.segment, "numerator": numerator}),
			row{"value": value, "denominator": denominator}))
	}
	return out
}

// snapshotCommitmentRows are the commitments on a period's last day, by the messages before the approval.
func (o *Oracle) snapshotCommitmentRows(a asked, rules Rules) []row {
	_, ends := (&story{period: a.period}).days()
	then := o.before(a.lab, a.seq)
	if _, known := then.labs[a.lab]; !known {
		return nil
	}
	var out []row
	for _, s := range then.standings(a.lab, then.factsOf(a.lab), ends, rules) {
		out = append(out, a.row(s.row(a.lab, ends)))
	}
	return out
}

// adjustmentRows are the differences between what was approved and what the messages up to now make of the period,
// looked at from the end of the period that a day lies in.
func (o *Oracle) adjustmentRows(a asked, until Day) []row {
	grain := grainOf(a.period)
	_, ends := (&story{period: a.period}).days()
	then := o.before(a.lab, a.seq).figuresOf(a.lab, a.period, ends)
	now := o.figuresOf(a.lab, a.period, grain.end(grain.of(until)))
	keys := map[seriesKey]bool{}
	for key := range then {
		keys[key] = true
	}
	for key := range now {
		keys[key] = true
	}
	var out []row
	for key := range keys {
		before, had := then[key]
		after, has := now[key]
		if before == after { // what isn't there is 0
			continue
		}
		r, nullable := a.row(row{"indicator": key.indicator, "segment": key.segment}), row{}
		if had {
			nullable["approved"], nullable["approved_numerator"], nullable["approved_denominator"] = o.inWords(a.lab, key, before)
		}
		if has {
			nullable["now"], nullable["now_numerator"], nullable["now_denominator"] = o.inWords(a.lab, key, after)
		}
		nullable["difference"] = o.difference(key, nullable["approved"], nullable["now"])
		out = append(out, given(r, nullable))
	}
	return out
}

// difference is none for a ratio that has no value then or now; otherwise no value is 0.
func (o *Oracle) difference(key seriesKey, approved, now string) string {
	indicator, _ := o.catalogue.Lookup(key.indicator)
	if indicator.Aggregation == schemas.AggRatio && (approved == "" || now == "") {
		return ""
	}
	difference := new(big.Rat)
	for sign, text := range map[int64]string{1: now, -1: approved} {
		if n, ok := new(big.Rat).SetString(text); ok {
			difference.Add(difference, n.Mul(n, big.NewRat(sign, 1)))
		}
	}
	return text(difference)
}

// inWords writes a figure's value, numerator and denominator as ClickHouse does; "" is NULL.
func (o *Oracle) inWords(lab string, key seriesKey, f figure) (value, numerator, denominator string) {
	indicator, _ := o.catalogue.Lookup(key.indicator)
	kpi := kpiOf(lab, key, indicator, Daily, 0, f)
	if kpi.Value != nil {
		value = *kpi.Value
	}
	if kpi.Denominator != nil {
		denominator = *kpi.Denominator
	}
	return value, kpi.Numerator.String(), denominator
}

// row adds to a row which approval it belongs to.
func (a asked) row(r row) row {
	r["lab"], r["period"], r["approval"] = a.lab, a.period, strconv.FormatUint(a.seq, 10)
	return r
}
