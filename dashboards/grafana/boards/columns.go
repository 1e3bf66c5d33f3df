package boards

import (
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"vitrine/dashboards/grafana/kit"
	"vitrine/schemas"
)

// panel is what the SDK's builders of panels with columns have; T is the builder itself.
type panel[T any] interface {
	Description(string) T
	OverrideByName(string, []kit.Property) T
	Transformations([]dashboard.DataTransformerConfig) T
}

// explained adds the catalogue's formulas of what a panel shows to its description, the text KEY.help.
func explained[T panel[T]](b *kit.Board, p T, key string, indicators ...string) T {
	lines := []string{b.Text(key + ".help")}
	for _, code := range indicators {
		lines = append(lines, b.Formula(code))
	}
	return p.Description(strings.Join(lines, "\n\n"))
}

// only keeps the time and these columns of an answer that several panels share, so that each shows its own.
func only[T panel[T]](p T, columns ...string) T {
	return p.Transformations([]dashboard.DataTransformerConfig{{Id: "filterFieldsByName",
		Options: map[string]any{"include": map[string]any{"names": append([]string{"time"}, columns...)}}}})
}

// series keeps the columns PREFIX_CODE of a shared answer, one for each term, and calls them by the terms' names.
func series[T panel[T]](b *kit.Board, p T, prefix string, terms []schemas.Term) T {
	names := make([]string, len(terms))
	for i, term := range terms {
		names[i] = prefix + "_" + term.Code
	}
	return called(b, only(p, names...), prefix, terms)
}

// called calls the columns PREFIX_CODE by the terms' names.
func called[T panel[T]](b *kit.Board, p T, prefix string, terms []schemas.Term) T {
	for _, term := range terms {
		p = p.OverrideByName(prefix+"_"+term.Code, []kit.Property{kit.Named(in(b, term.Label))})
	}
	return p
}

// indicators keeps the columns that are called as indicators, and calls them by their names.
func indicators[T panel[T]](b *kit.Board, p T, codes ...string) T {
	for _, code := range codes {
		p = p.OverrideByName(code, []kit.Property{kit.Named(b.IndicatorName(code))})
	}
	return only(p, codes...)
}

// words shows a column's codes by the terms' names.
func words(b *kit.Board, terms []schemas.Term) kit.Property {
	options := map[string]dashboard.ValueMappingResult{}
	for i, term := range terms {
		text, index := in(b, term.Label), int32(i)
		options[term.Code] = dashboard.ValueMappingResult{Text: &text, Index: &index}
	}
	return kit.Property{Id: "mappings", Value: []dashboard.ValueMapping{kit.Values(options)}}
}

func in(b *kit.Board, t schemas.Text) string { return b.Lang.Typeset(t.In(schemas.Lang(b.Lang))) }

// terms are the codes that a field of a kind's data takes, with their names; of a list's objects: LIST.FIELD.
func terms(kind, field string) []schemas.Term {
	k, _ := schemas.KindByName(kind)
	fields := k.Fields()
	list, inside, nested := strings.Cut(field, ".")
	if nested {
		for _, f := range fields {
			if f.Name == list {
				fields = f.Items
			}
		}
		field = inside
	}
	for _, f := range fields {
		if f.Name == field {
			return f.Terms
		}
	}
	return nil
}

// unknown is the segment of what doesn't say it.
func unknown(dimension string) schemas.Term {
	return schemas.Term{Code: "unknown", Label: schemas.SegmentLabel(dimension + "=unknown")}
}

// kinds are the kinds of events, as terms.
func kinds() []schemas.Term {
	var all []schemas.Term
	for _, k := range schemas.Kinds() {
		all = append(all, schemas.Term{Code: k.Name, Label: k.Title})
	}
	return all
}

// labLink leads from a lab's name to its dashboard.
func labLink(b *kit.Board) []kit.Property {
	return []kit.Property{kit.Width(260), kit.Link(b.Text("link.lab"), b.Dashboard("lab", "var-lab=${__data.fields.lab}"))}
}
