package programme

import (
	"cmp"
	"slices"
	"strings"

	"vitrine/internal/pages"
)

// column is a promise that labs have made: an indicator, or a segment of it.
type column struct {
	Key       string
	Code      string
	Name      Text
	Segment   Text
	Indicator string
	family    string
}

// families are the groups of columns, by the letter of the indicators' codes, in the order of the catalogue.
func families() []string {
	return []string{"I", "O", "D", "T", "K", "A", "C", "U", "E", "B", "V", "Q"}
}

// familyOf is an indicator's group; a programme's own indicators are together in "".
func familyOf(code string) string {
	for _, f := range families() {
		if strings.HasPrefix(code, f) {
			return f
		}
	}
	return ""
}

func (c *Commitment) key() string {
	if c.Segment == "" {
		return c.Indicator
	}
	return c.Indicator + "." + c.Segment
}

// anchor is where the commitment stands on its lab's page.
func (c *Commitment) anchor() string {
	return "c-" + strings.NewReplacer("=", "-", ".", "-", " ", "-").Replace(c.key())
}

// columnsOf are all promises of some labs, family by family.
func columnsOf(labs []Lab) []column {
	seen := map[string]bool{}
	var all []column
	for i := range labs {
		for j := range labs[i].Commitments {
			c := &labs[i].Commitments[j]
			if seen[c.key()] {
				continue
			}
			seen[c.key()] = true
			all = append(all, column{Key: c.key(), Code: c.Indicator, Name: c.Name, Segment: c.SegmentName, Indicator: c.Indicator, family: familyOf(c.Indicator)})
		}
	}
	order := families()
	rank := func(f string) int {
		if i := slices.Index(order, f); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortFunc(all, func(a, b column) int {
		return cmp.Or(cmp.Compare(rank(a.family), rank(b.family)), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Key, b.Key))
	})
	return all
}

// byKey are a lab's commitments by their columns; of two on the same one, that of the later agreement.
func (l *Lab) byKey() map[string]*Commitment {
	all := make(map[string]*Commitment, len(l.Commitments))
	for i := range l.Commitments {
		c := &l.Commitments[i]
		if other, ok := all[c.key()]; !ok || c.From.After(other.From) {
			all[c.key()] = c
		}
	}
	return all
}

// arranged are the labs in the order that was asked for.
func arranged(labs []*Lab, by string) []*Lab {
	type keyed struct {
		lab    *Lab
		name   string
		region string
		on     *Commitment // in the column
	}
	all := make([]keyed, len(labs))
	for i, lab := range labs {
		all[i] = keyed{lab: lab, name: pages.SortKey(lab.title()), region: pages.SortKey(lab.Region), on: lab.byKey()[by]}
	}
	slices.SortStableFunc(all, func(a, b keyed) int {
		byName := cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.lab.Slug, b.lab.Slug))
		worst := cmp.Compare(a.lab.Worst.Rank(), b.lab.Worst.Rank())
		mean := cmp.Compare(a.lab.Mean.Rank(), b.lab.Mean.Rank())
		switch {
		case by == sortName:
			return byName
		case by == sortMean:
			return cmp.Or(mean, worst, byName)
		case by == sortRegion:
			return cmp.Or(cmp.Compare(a.region, b.region), byName)
		case by == sortLast: // the longest silence first
			return cmp.Or(cmp.Compare(b.lab.silence(), a.lab.silence()), byName)
		case a.on != nil && b.on != nil:
			return cmp.Or(cmp.Compare(a.on.Status.Rank(), b.on.Status.Rank()), cmp.Compare(orHigh(a.on.Pace), orHigh(b.on.Pace)), byName)
		case a.on != nil || b.on != nil: // who has promised comes before who hasn't
			if a.on != nil {
				return -1
			}
			return 1
		}
		return cmp.Or(worst, mean, byName)
	})
	out := make([]*Lab, len(all))
	for i := range all {
		out[i] = all[i].lab
	}
	return out
}

func orHigh(v *float64) float64 {
	if v == nil {
		return 1e300
	}
	return *v
}

// silence is for how many days a lab has been silent; one that never spoke comes before all others.
func (l *Lab) silence() int {
	switch {
	case l.LastEvent == nil:
		return 1 << 30
	case l.SilentDays == nil:
		return 0
	}
	return *l.SilentDays
}

// title is the lab's name, or what else it can be called.
func (l *Lab) title() string { return cmp.Or(strings.TrimSpace(l.Name), l.Slug) }

// place is the commune and the region, as far as they are known.
func (l *Lab) place() string { return strings.Trim(l.Commune+" · "+l.Region, " ·") }
