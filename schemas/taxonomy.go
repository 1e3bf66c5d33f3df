package schemas

import (
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed taxonomies/*.csv
var taxonomyFiles embed.FS

// Term is one entry of a taxonomy. Extra holds its further columns by name, e.g. "is_company".
type Term struct {
	Code  string
	Label Text
	Extra map[string]string
}

// Taxonomy is the closed list of codes that a field may hold.
type Taxonomy struct {
	Name  string
	Terms []Term
}

// Codes are the taxonomy's codes, in its order.
func (t Taxonomy) Codes() []string {
	codes := make([]string, len(t.Terms))
	for i, term := range t.Terms {
		codes[i] = term.Code
	}
	return codes
}

// Label is a code's name for people; the code itself if the taxonomy doesn't know it.
func (t Taxonomy) Label(code string) Text {
	for _, term := range t.Terms {
		if term.Code == code {
			return term.Label
		}
	}
	return Text{FR: code, EN: code}
}

// Taxonomies are all of them by name, as the v:"tax=…" tags name them.
func Taxonomies() map[string]Taxonomy { return taxonomies() }

var taxonomies = sync.OnceValue(func() map[string]Taxonomy {
	files, err := taxonomyFiles.ReadDir("taxonomies")
	if err != nil {
		panic(err) // they are compiled in
	}
	all := make(map[string]Taxonomy, len(files))
	for _, f := range files {
		raw, err := taxonomyFiles.ReadFile("taxonomies/" + f.Name())
		if err != nil {
			panic(err)
		}
		name := strings.TrimSuffix(f.Name(), path.Ext(f.Name()))
		t, err := parseTaxonomy(name, raw)
		if err != nil {
			panic(err) // a test reads every one of them
		}
		all[name] = t
	}
	return all
})

func parseTaxonomy(name string, raw []byte) (Taxonomy, error) {
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil || len(rows) < 2 {
		return Taxonomy{}, fmt.Errorf("taxonomy %s: %d rows: %w", name, len(rows), err)
	}
	t := Taxonomy{Name: name}
	for _, row := range rows[1:] {
		term := Term{Extra: map[string]string{}}
		for i, column := range rows[0] {
			switch column {
			case "code":
				term.Code = row[i]
			case "label_fr":
				term.Label.FR = row[i]
			case "label_en":
				term.Label.EN = row[i]
			default:
				term.Extra[column] = row[i]
			}
		}
		t.Terms = append(t.Terms, term)
	}
	return t, nil
}

// dimensionTaxonomies are the taxonomies whose codes a dimension's segments hold.
var dimensionTaxonomies = map[string]string{
	"audience": "audiences", "type": "discovery_event_types", "topic": "training_topics", "partner_type": "partner_types",
	"machine_category": "machine_categories", "user_type": "user_types", "service_type": "service_types",
	"size_class": "company_sizes", "naf_section": "naf_sections", "hypothesis_type": "hypothesis_types", "category": "expenditure_categories",
}

// dimensionFields are the fields whose own closed lists hold the codes of a dimension that has no taxonomy.
var dimensionFields = map[string]fieldOfKind{
	"scope": {"visibility.item.published", "scope"}, "medium": {"visibility.item.published", "medium"}, "licence": {"project.published", "licence"},
	"visitor_type": {"showcase.visit.hosted", "visitor_type"}, "decision": {"business_model.test.concluded", "decision"},
	"outcome_type": {"company.outcome.reported", "outcome_type"}, "revenue_stream": {"finance.period.reported", "stream"},
	"nature": {"machine.commissioned", "nature"}, "origin": {"machine.usage", "origin"},
}

// fieldOfKind is a field of a kind's data, or of the objects of one of its lists.
type fieldOfKind struct{ kind, field string }

func (f fieldOfKind) terms() []Term {
	kind, _ := KindByName(f.kind)
	fields := slices.Clone(kind.Fields())
	for _, one := range kind.Fields() {
		fields = append(fields, one.Items...)
	}
	for _, one := range fields {
		if one.Name == f.field {
			return one.Terms
		}
	}
	return nil
}

// SegmentLabel names a segment ("audience=companies") for people, by the code's label where there is one.
func SegmentLabel(segment string) Text {
	if segment == "" {
		return Text{}
	}
	dimension, code, _ := strings.Cut(segment, "=")
	if code == "unknown" {
		return Text{FR: "non précisé", EN: "not given"}
	}
	if dimension == "action_kind" {
		if k, ok := KindByName(code); ok {
			return k.Title
		}
	}
	if of, ok := dimensionFields[dimension]; ok {
		return Taxonomy{Terms: of.terms()}.Label(code)
	}
	return taxonomies()[dimensionTaxonomies[dimension]].Label(code)
}

// DimensionTerms are the codes that a dimension's segments may hold ("audience"), without "unknown"; nil where it has no
// closed list.
func DimensionTerms(dimension string) []Term {
	return taxonomies()[dimensionTaxonomies[dimension]].Terms
}
