package opendata

import (
	"vitrine/schemas"
)

// Facts are what a release is worked out from. They hold small figures: nothing of them may be shown as it is.
type Facts struct {
	// Until is the last quarter to publish, First the first one in which anything is counted.
	First, Until Quarter
	Catalogue    *schemas.Catalogue
	Labs         []Entry
	Raw          []Raw
	// Companies are the companies by lab, indicator and quarter.
	Companies []Companies
	Standings []Standing
}

// Raw is a figure of a lab in a quarter.
type Raw struct {
	Lab, Indicator         string
	Quarter                Quarter
	Value                  *schemas.Decimal
	Numerator, Denominator schemas.Decimal
}

// Companies are the different companies that an indicator counts in a quarter.
type Companies struct {
	Lab, Indicator string
	Quarter        Quarter
	Refs           []string
}

// Standing is a commitment as it stood at the end of [Facts.Until].
type Standing struct {
	Lab string
	Commitment
}

// key finds a lab's indicator.
type key struct{ lab, indicator string }

// index is the facts by lab and indicator.
type index struct {
	raw       map[key]map[Quarter]Raw
	companies map[key]map[Quarter][]string
	first     map[string]Quarter // by lab: its first quarter with any figure
}

func indexed(f *Facts) *index {
	x := &index{raw: map[key]map[Quarter]Raw{}, companies: map[key]map[Quarter][]string{}, first: map[string]Quarter{}}
	seen := func(lab string, q Quarter) {
		if have, known := x.first[lab]; !known || q < have {
			x.first[lab] = q
		}
	}
	for _, r := range f.Raw {
		if r.Quarter > f.Until {
			continue
		}
		k := key{r.Lab, r.Indicator}
		if x.raw[k] == nil {
			x.raw[k] = map[Quarter]Raw{}
		}
		x.raw[k][r.Quarter] = r
		seen(r.Lab, r.Quarter)
	}
	for _, c := range f.Companies {
		if c.Quarter > f.Until {
			continue
		}
		k := key{c.Lab, c.Indicator}
		if x.companies[k] == nil {
			x.companies[k] = map[Quarter][]string{}
		}
		x.companies[k][c.Quarter] = c.Refs
		seen(c.Lab, c.Quarter)
	}
	return x
}

// value is a count in a quarter, in millionths; 0 where there is none.
func (x *index) value(k key, q Quarter) int64 {
	if r, has := x.raw[k][q]; has && r.Value != nil {
		return r.Value.Micros()
	}
	return 0
}

// since is the sum of a count up to a quarter.
func (x *index) since(k key) func(Quarter) int64 {
	return func(to Quarter) (sum int64) {
		for q, r := range x.raw[k] {
			if q <= to && r.Value != nil {
				sum += r.Value.Micros()
			}
		}
		return sum
	}
}

// sets are the companies of one indicator of a lab.
type sets map[Quarter][]string

func (s sets) over(from, to Quarter) int64 {
	different := map[string]bool{}
	for q, refs := range s {
		if from <= q && q <= to {
			for _, ref := range refs {
				different[ref] = true
			}
		}
	}
	return int64(len(different)) * one
}

func (s sets) until(to Quarter) int64 { return s.over(0, to) }
