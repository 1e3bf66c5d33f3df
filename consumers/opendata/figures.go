package opendata

import (
	"cmp"
	"maps"
	"slices"

	"vitrine/schemas"

	"github.com/shopspring/decimal"
)

// levels are what stood at each quarter's end. A quarter's is published once.
func (p *publication) levels(lab string, rule policy, first Quarter) []Figure {
	k := key{lab, rule.code}
	out := quarterly(p.before[k])
	for q := first + Quarter(len(out)); q <= p.facts.Until; q++ {
		f := Figure{Indicator: rule.code, From: q, To: q}
		if r, has := p.index.raw[k][q]; !has || r.Value == nil {
			f.Value = nil // nobody said
		} else if f.Masked = small(r.Value.Micros(), rule.threshold); !f.Masked {
			f.Value = r.Value
		}
		out = append(out, f)
	}
	total := Figure{Indicator: rule.code, Total: true, From: first, To: p.facts.Until}
	if n := len(out); n > 0 {
		total.Value, total.Masked = out[n-1].Value, out[n-1].Masked
	}
	return append(out, total)
}

// beside are an indicator's figures for the quarters in which another one is published alone and this one isn't small. What is left out
// counts in no total. Different companies have no total: a company may have come in several quarters.
func (p *publication) beside(lab string, rule policy, ind Indicator, first Quarter, other *track) []Figure {
	k := key{lab, rule.code}
	out := quarterly(p.before[k])
	alone := map[Quarter]bool{}
	for _, s := range other.spans {
		if s.from == s.to {
			alone[s.to] = true
		}
	}
	for q := first + Quarter(len(out)); q <= p.facts.Until; q++ {
		f := Figure{Indicator: rule.code, From: q, To: q, Masked: true}
		if v := p.index.value(k, q); alone[q] && !small(v, rule.threshold) {
			f.Value, f.Masked = micros(v), false
		}
		out = append(out, f)
	}
	if ind.Aggregation == string(schemas.AggDistinct) {
		return out
	}
	total := Figure{Indicator: rule.code, Total: true, From: first, To: first, Masked: true}
	var sum int64
	for _, f := range out {
		if f.Value != nil {
			sum += f.Value.Micros()
			total.To, total.Value, total.Masked = f.To, micros(sum), false
		}
	}
	return append(out, total)
}

// quarterly are the figures without the total.
func quarterly(figures []Figure) []Figure {
	return slices.DeleteFunc(slices.Clone(figures), func(f Figure) bool { return f.Total })
}

// freely are the figures of an indicator that is about nobody, as they are today.
func (p *publication) freely(lab string, ind Indicator) []Figure {
	byQuarter := p.index.raw[key{lab, ind.Code}]
	var out []Figure
	var all []Raw
	for _, q := range slices.Sorted(maps.Keys(byQuarter)) {
		out = append(out, Figure{Indicator: ind.Code, From: q, To: q, Value: byQuarter[q].Value})
		all = append(all, byQuarter[q])
	}
	if len(all) == 0 {
		return nil
	}
	return append(out, Figure{Indicator: ind.Code, Total: true, From: out[0].From, To: p.facts.Until, Value: sinceStart(ind, all)})
}

// sinceStart is what quarters come to together, oldest first.
func sinceStart(ind Indicator, quarters []Raw) *schemas.Decimal {
	switch schemas.Aggregation(ind.Aggregation) {
	case schemas.AggLast, schemas.AggStock:
		return quarters[len(quarters)-1].Value
	case schemas.AggRatio:
		return ratio(quarters)
	}
	var sum, most int64
	for _, r := range quarters {
		if r.Value != nil {
			sum, most = sum+r.Value.Micros(), max(most, r.Value.Micros())
		}
	}
	if ind.Aggregation == string(schemas.AggMax) {
		return micros(most)
	}
	return micros(sum)
}

// ratio is the ratio of the sums, per hundred; nil without a denominator.
func ratio(rows []Raw) *schemas.Decimal {
	var n, d int64
	for _, r := range rows {
		n, d = n+r.Numerator.Micros(), d+r.Denominator.Micros()
	}
	if d == 0 {
		return nil
	}
	q, err := schemas.ParseDecimal(decimal.NewFromInt(n).Mul(decimal.NewFromInt(100)).DivRound(decimal.NewFromInt(d), 6).String())
	if err != nil {
		return nil // beyond what a figure can hold
	}
	return &q
}

// programme adds up what is published of the labs, and nothing else.
func programme(r *Release) []Figure {
	var out []Figure
	for _, ind := range r.Indicators {
		if ind.Aggregation == string(schemas.AggMax) || ind.Aggregation == string(schemas.AggRatio) || ind.Code == "K02" {
			continue // longest times, ratios and kinds of partners don't add up
		}
		sums := map[Quarter]*Figure{}
		total := Figure{Indicator: ind.Code, Total: true, From: r.First, To: r.Quarter}
		for _, l := range r.Labs {
			for _, f := range l.Figures {
				if f.Indicator != ind.Code {
					continue
				}
				at := &total
				if !f.Total {
					if at = sums[f.To]; at == nil {
						at = &Figure{Indicator: ind.Code, From: f.To, To: f.To}
						sums[f.To] = at
					}
				}
				at.take(f)
			}
		}
		for _, q := range slices.SortedFunc(maps.Keys(sums), cmp.Compare[Quarter]) {
			out = append(out, *sums[q])
		}
		if total.Value != nil || total.MaskedLabs > 0 {
			out = append(out, total)
		}
	}
	return out
}

func (f *Figure) take(lab Figure) {
	if lab.Masked {
		f.MaskedLabs++
	}
	if lab.Value == nil {
		return
	}
	sum := lab.Value.Micros()
	if f.Value != nil {
		sum += f.Value.Micros()
	}
	f.Value = micros(sum)
}
