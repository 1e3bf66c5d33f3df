package rollup

import (
	"maps"
	"slices"
)

// Kinds are the kinds of events that contribute to an indicator, in the order of the alphabet.
func (r *Rules) Kinds(indicator string) []string {
	var kinds []string
	for _, kind := range slices.Sorted(maps.Keys(r.byKind)) {
		if slices.ContainsFunc(r.byKind[kind], func(ru rule) bool { return ru.indicator == indicator }) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}
