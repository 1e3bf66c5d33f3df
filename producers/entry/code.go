package entry

import (
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// Code finds the code that a text means: the code itself, its name in French or in English, or an
// unmistakable part of the name ("CCI", "Lycée"). Case, accents, separators and the plural don't matter.
// A text that means none, or more than one, is refused; the nearest is named, but not taken.
func Code(terms []schemas.Term, text string) (string, error) {
	for _, t := range terms {
		if text == t.Code || text == t.Label.FR || text == t.Label.EN {
			return t.Code, nil
		}
	}
	folded := importers.Fold(text)
	all := make([]names, len(terms))
	for i, t := range terms {
		all[i] = namesOf(t)
	}
	for _, among := range []func(names) bool{
		func(n names) bool { return slices.Contains(n.whole, folded) },
		func(n names) bool { return slices.Contains(n.parts, folded) },
		func(n names) bool { return slices.ContainsFunc(slices.Concat(n.whole, n.parts), samePlural(folded)) },
	} {
		var found []schemas.Term
		for i, n := range all {
			if among(n) {
				found = append(found, terms[i])
			}
		}
		if len(found) == 1 {
			return found[0].Code, nil
		}
		if len(found) > 1 {
			return "", refuse(terms, text, found)
		}
	}
	return "", refuse(terms, text, nearest(terms, all, folded))
}

// names are what a term is called, folded: its code and its names as they stand, and the parts of them that
// can stand alone: without what is in parentheses, what is there, and what slashes part.
type names struct{ whole, parts []string }

func namesOf(t schemas.Term) names {
	n := names{whole: []string{importers.Fold(t.Code), importers.Fold(t.Label.FR), importers.Fold(t.Label.EN)}}
	for _, label := range []string{t.Label.FR, t.Label.EN} {
		if before, in, given := strings.Cut(label, "("); given {
			in, _, _ = strings.Cut(in, ")")
			n.parts = append(n.parts, importers.Fold(before), importers.Fold(in))
			label = before
		}
		if strings.Contains(label, " / ") {
			for part := range strings.SplitSeq(label, " / ") {
				n.parts = append(n.parts, importers.Fold(part))
			}
		}
	}
	return n
}

func samePlural(folded string) func(string) bool {
	folded = singularOf(folded)
	return func(name string) bool { return singularOf(name) == folded }
}

// singularOf takes the plural's s and x off every word.
func singularOf(folded string) string {
	words := strings.Fields(folded)
	for i, w := range words {
		if len(w) > 3 {
			words[i] = strings.TrimRight(w, "sx")
		}
	}
	return strings.Join(words, " ")
}

// nearest is the term that a mistyped text most likely means; none if it is too far from all.
func nearest(terms []schemas.Term, all []names, folded string) []schemas.Term {
	if r := []rune(folded); len(r) > 80 || len(r) < 3 {
		return nil
	}
	best, at := len([]rune(folded))/3+1, -1
	for i, n := range all {
		for _, name := range slices.Concat(n.whole, n.parts) {
			if d := levenshtein.ComputeDistance(folded, name); d < best {
				best, at = d, i
			}
		}
	}
	if at < 0 {
		// Nothing is spelt alike: the only name that holds the words, if there is one.
		var holders []schemas.Term
		for i, n := range all {
			if slices.ContainsFunc(n.whole, func(name string) bool { return strings.Contains(name, folded) }) {
				holders = append(holders, terms[i])
			}
		}
		if len(holders) > 3 {
			return nil
		}
		return holders
	}
	return terms[at : at+1]
}

func refuse(terms []schemas.Term, text string, suggested []schemas.Term) error {
	fr, en := "une des valeurs "+labels(terms, schemas.French, ", "), "one of "+labels(terms, schemas.English, ", ")
	if len(suggested) > 0 {
		fr = "« " + labels(suggested, schemas.French, " » ou « ") + " » peut-être, sinon " + fr
		en = "perhaps “" + labels(suggested, schemas.English, "” or “") + "”, else " + en
	}
	return fail(schemas.CodeValue, text, fr, en)
}

func labels(terms []schemas.Term, l schemas.Lang, between string) string {
	names := make([]string, len(terms))
	for i, t := range terms {
		names[i] = t.Label.In(l)
	}
	return strings.Join(names, between)
}
