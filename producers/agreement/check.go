package agreement

import (
	"fmt"
	"slices"
	"strings"

	"vitrine/schemas"
)

// catalogue looks for indicators and dimensions that the catalogue doesn't have: such a commitment could never be kept. What
// isn't text is the door's business.
func (t *tree) catalogue(data map[string]any, catalogue *schemas.Catalogue) {
	var codes []string
	for _, i := range catalogue.Indicators {
		codes = append(codes, i.Code)
	}
	list, _ := data["commitments"].([]any)
	for n, item := range list {
		c, _ := item.(map[string]any)
		code, _ := c["indicator"].(string)
		segment, _ := c["segment"].(string)
		add := func(field, found, near string, expected schemas.Text) {
			field = fmt.Sprintf("commitments[%d].%s", n, field)
			t.mistakes = append(t.mistakes, Mistake{place: t.nearestPlace(field), Near: near,
				Problem: schemas.Problem{Field: field, Code: schemas.CodeValue, Found: fmt.Sprintf("%q", schemas.Evidence(found, 60)), Expected: expected}})
		}
		if code == "" {
			continue
		}
		i, known := catalogue.Lookup(code)
		if !known {
			add("indicator", code, nearest(code, codes), schemas.Text{FR: "un code du catalogue, comme `vitrine call` les donne", EN: "a code of the catalogue, as `vitrine call` lists them"})
			continue
		}
		dimension, _, given := strings.Cut(segment, "=")
		if names := dimensions(i); given && !slices.Contains(names, dimension) {
			expected := schemas.Text{FR: "une dimension de " + i.Code + " : " + strings.Join(names, ", "), EN: "a dimension of " + i.Code + ": " + strings.Join(names, ", ")}
			if len(names) == 0 {
				expected = schemas.Text{FR: i.Code + " n'est donné que pour l'ensemble", EN: i.Code + " is given for the whole only"}
			}
			add("segment", segment, nearest(dimension, names), expected)
		}
	}
}

// dimensions are those that an indicator is given by; one that counts a dimension's values is given for the whole only.
func dimensions(i *schemas.Indicator) []string {
	var names []string
	add := func(all []schemas.Dimension) {
		for _, d := range all {
			if i.Counts == "" && !slices.Contains(names, d.Name) {
				names = append(names, d.Name)
			}
		}
	}
	for _, s := range i.Numerator {
		add(i.DimensionsOf(s))
	}
	return names
}

// Remark is something odd that may be meant.
type Remark struct {
	place
	Field string
	Text  schemas.Text
}

// In says it in a language, with where it stands: "12:5: commitments[2].target: …".
func (r Remark) In(l schemas.Lang) string {
	return fmt.Sprintf("%d:%d: %s%s%s", r.line, r.column, r.Field, schemas.Text{FR: " : ", EN: ": "}.In(l), r.Text.In(l))
}
