package agreement

import (
	"strings"

	"github.com/agnivade/levenshtein"

	"vitrine/schemas"
)

// nearest is the candidate that a mistyped word probably means; "" if none is close: about one letter in three may differ,
// and two that changed places are two.
func nearest(word string, candidates []string) string {
	best, distance := "", (len([]rune(word))+1)/3+1
	for _, c := range candidates {
		if d := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(c)); d < distance {
			best, distance = c, d
		}
	}
	return best
}

// nearField is the field that an unknown one probably means: by its name, or by its title in either language.
func nearField(name string, fields []schemas.Field) string {
	var names []string
	for _, f := range fields {
		if strings.EqualFold(name, f.Title.FR) || strings.EqualFold(name, f.Title.EN) {
			return f.Name
		}
		names = append(names, f.Name)
	}
	return nearest(name, names)
}
