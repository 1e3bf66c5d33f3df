package pages

import "github.com/shopspring/decimal"

// mostPlaces are the decimals of the contract's figures.
const mostPlaces = 6

// Compared is with how many decimals, least or more, what was, what is and the difference are written beside each other: with those that they have, but no more
// than two, unless the smallest of them needs more to be seen, or they need more to add up. What isn't known is nil.
func Compared(least int32, was, is, difference *decimal.Decimal) int32 {
	places, most := least, int32(2)
	for _, v := range []*decimal.Decimal{was, is, difference} {
		if v == nil {
			continue
		}
		for most < mostPlaces && !v.IsZero() && v.Abs().LessThan(decimal.New(1, -most)) {
			most++
		}
		for places < most && !v.Equal(v.Round(places)) {
			places++
		}
	}
	if was != nil && is != nil && difference != nil {
		for places < mostPlaces && !was.Round(places).Add(difference.Round(places)).Equal(is.Round(places)) {
			places++ // rounded by themselves, one is beside the sum of the others
		}
	}
	return places
}

// UnitOfDifference is the unit of a difference: between two percentages lie points.
func UnitOfDifference(unit string) string {
	if unit == "%" {
		return "point"
	}
	return unit
}
