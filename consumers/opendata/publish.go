package opendata

import (
	"cmp"
	"slices"

	"vitrine/schemas"
)

// Publish makes the figures of a release from facts and from the release before; nil if there was none, as on the first day. Quarters
// that the one before published stay as they were: two releases can't be subtracted from each other.
func Publish(f *Facts, before *Release) *Release {
	r := &Release{Quarter: f.Until, First: f.First}
	if before != nil {
		r.First = before.First
	}
	p := &publication{facts: f, index: indexed(f), before: published(before)}
	for i := range f.Catalogue.Indicators {
		ind := &f.Catalogue.Indicators[i]
		if rule, public := policyOf(ind.Code); public && p.possible(rule, ind) {
			r.Indicators = append(r.Indicators, Indicator{Code: ind.Code, Name: ind.Name, Definition: ind.Definition, Unit: ind.Unit,
				Aggregation: string(ind.Aggregation), Level: ind.Level, Direction: ind.Direction, About: rule.about, Threshold: rule.threshold})
		} else {
			r.Withheld = append(r.Withheld, Withheld{Code: ind.Code, Name: ind.Name, Why: whyNot(ind.Code)})
		}
	}
	p.indicators = r.Indicators
	entries := slices.Clone(f.Labs)
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Lab, b.Lab) })
	for _, e := range entries {
		figures := p.lab(e.Lab)
		r.Labs = append(r.Labs, Lab{Entry: e, Figures: figures, Commitments: p.commitments(e.Lab, figures)})
	}
	r.Programme = programme(r)
	return r
}

// publication is the making of one release.
type publication struct {
	facts      *Facts
	index      *index
	indicators []Indicator
	before     map[key][]Figure
}

// published are the figures of a release by lab and indicator.
func published(r *Release) map[key][]Figure {
	out := map[key][]Figure{}
	if r == nil {
		return out
	}
	for _, l := range r.Labs {
		for _, f := range l.Figures {
			out[key{l.Lab, f.Indicator}] = append(out[key{l.Lab, f.Indicator}], f)
		}
	}
	return out
}

// possible says whether a catalogue counts an indicator as its policy expects: a programme may have changed it.
func (p *publication) possible(rule policy, ind *schemas.Indicator) bool {
	switch rule.how {
	case added:
		return ind.Aggregation == schemas.AggSum
	case beside:
		return ind.Aggregation == schemas.AggSum || ind.Aggregation == schemas.AggDistinct && !ind.First
	case united, counted:
		return ind.Aggregation == schemas.AggDistinct
	case level:
		return ind.Aggregation == schemas.AggStock || ind.Aggregation == schemas.AggLast
	}
	return true
}

// lab are the figures of a lab, in the catalogue's order.
func (p *publication) lab(lab string) []Figure {
	tracks := map[string]*track{}
	first, any := p.first(lab)
	if any {
		p.mask(lab, first, tracks)
	}
	var out []Figure
	for _, ind := range p.indicators {
		rule, _ := policyOf(ind.Code)
		switch {
		case rule.how == free:
			out = append(out, p.freely(lab, ind)...)
		case !any:
		case rule.how == level:
			out = append(out, p.levels(lab, rule, first)...)
		case rule.how == beside:
			out = append(out, p.beside(lab, rule, ind, first, tracks[rule.with])...)
		default:
			out = append(out, tracked(ind.Code, tracks[ind.Code], first, p.facts.Until)...)
		}
	}
	return out
}

// first is a lab's first published quarter.
func (p *publication) first(lab string) (Quarter, bool) {
	for _, rule := range policies() {
		for _, f := range p.before[key{lab, rule.code}] {
			if rule.how != free && !f.Total {
				return f.From, true // the first of the oldest run
			}
		}
	}
	first, any := p.index.first[lab]
	return first, any
}

// mask makes the tracks of a lab.
func (p *publication) mask(lab string, first Quarter, tracks map[string]*track) {
	for _, rule := range policies() {
		if rule.how == added || rule.how == united || rule.how == counted {
			tracks[rule.code] = resumed(p.before[key{lab, rule.code}])
		}
	}
	for _, rule := range policies() {
		k, until := key{lab, rule.code}, p.facts.Until
		switch rule.how {
		case added:
			publishAdded(tracks[rule.code], first, until, rule.threshold, p.index.since(k))
		case united:
			fresh := &track{} // of one that publishes no new ones
			for _, other := range policies() {
				if other.how == counted && other.with == rule.code {
					fresh = tracks[other.code]
				}
			}
			publishUnited(tracks[rule.code], fresh, first, until, rule.threshold, sets(p.index.companies[k]))
		}
	}
}

// resumed is a track as the release before published it.
func resumed(figures []Figure) *track {
	t := &track{}
	for _, f := range figures {
		switch {
		case f.Value == nil:
		case f.Total:
			t.total = f.Value.Micros()
		default:
			t.spans = append(t.spans, span{f.From, f.To, f.Value.Micros()})
		}
	}
	return t
}

// tracked writes a track as figures: a row for each quarter, and the total.
func tracked(code string, t *track, first, until Quarter) []Figure {
	var out []Figure
	for _, s := range t.spans {
		for q := s.from; q < s.to; q++ {
			out = append(out, Figure{Indicator: code, From: q, To: q, Masked: true, CountedIn: s.to})
		}
		out = append(out, Figure{Indicator: code, From: s.from, To: s.to, Value: micros(s.value)})
	}
	for q := t.next(first); q <= until; q++ {
		out = append(out, Figure{Indicator: code, From: q, To: q, Masked: true})
	}
	total := Figure{Indicator: code, Total: true, From: first, To: first, Masked: true}
	if n := len(t.spans); n > 0 {
		total.To, total.Value, total.Masked = t.spans[n-1].to, micros(t.total), false
	}
	return append(out, total)
}

func micros(v int64) *schemas.Decimal {
	d := schemas.Micros(v)
	return &d
}
