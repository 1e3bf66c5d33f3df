package spreadsheet

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"vitrine/producers/importers"
)

// Skip, for a sheet or a column, leaves it out.
const Skip = "skip"

// Mapping says what a lab's own headers and words mean. What it doesn't name is known by itself.
type Mapping struct {
	// Kind is that of rows of which nothing else says it.
	Kind string `yaml:"kind"`
	// Sheets: a sheet's name → the kind of its rows, or "skip".
	Sheets map[string]string `yaml:"sheets"`
	// Columns: a header → a column's key as in the templates ("attendees", "companies.siren", "reference", "kind"), or "skip".
	Columns map[string]string `yaml:"columns"`
	// Values: a column's key → a word in it → the code that it means; for the column "kind", a kind.
	Values map[string]map[string]string `yaml:"values"`
}

// ParseMapping reads a mapping from YAML and checks its keys and codes. Every problem is reported.
func ParseMapping(raw []byte) (*Mapping, error) {
	m := &Mapping{}
	if err := yaml.UnmarshalWithOptions(raw, m, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	var problems []string
	bad := func(section, word, found string, expected []string) {
		problems = append(problems, fmt.Sprintf("%s, %q: %q is not one of %s", section, word, found, strings.Join(expected, ", ")))
	}
	kinds, codes := allColumns()
	columns := append(slices.Sorted(maps.Keys(codes)), Skip)
	if m.Kind != "" && !slices.Contains(kinds, m.Kind) {
		bad("kind", "", m.Kind, kinds)
	}
	for _, sheet := range slices.Sorted(maps.Keys(m.Sheets)) {
		if kind := m.Sheets[sheet]; kind != Skip && !slices.Contains(kinds, kind) {
			bad("sheets", sheet, kind, append(slices.Clone(kinds), Skip))
		}
	}
	for _, header := range slices.Sorted(maps.Keys(m.Columns)) {
		key := m.Columns[header]
		if !slices.Contains(columns, key) {
			bad("columns", header, key, columns)
		} else if key != Skip && holdsWord(header, surelyPersonal()) {
			problems = append(problems, fmt.Sprintf("columns, %q: a column that holds personal data can't be taken", header))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(m.Values)) {
		allowed := codes[key]
		if len(allowed) == 0 {
			problems = append(problems, fmt.Sprintf("values: %q is no column that holds codes", key))
			continue
		}
		for _, word := range slices.Sorted(maps.Keys(m.Values[key])) {
			if code := m.Values[key][word]; !slices.Contains(allowed, code) {
				bad("values, "+key, word, code, allowed)
			}
		}
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("mapping: %s", strings.Join(problems, "; "))
	}
	return m, nil
}

// allColumns are the names of all kinds, and the codes that each column may hold, by key; none for one without codes.
func allColumns() (kinds []string, codes map[string][]string) {
	codes = map[string][]string{}
	for _, k := range labKinds() {
		kinds = append(kinds, k.Name)
		for _, c := range columnsOf(k) {
			codes[c.key] = codes[c.key][:len(codes[c.key]):len(codes[c.key])]
			for _, term := range c.field.Terms {
				if !slices.Contains(codes[c.key], term.Code) {
					codes[c.key] = append(codes[c.key], term.Code)
				}
			}
		}
	}
	codes[keyKind] = kinds
	codes[keyDuration] = nil
	return kinds, codes
}

// column is what the mapping says of a header: a key, or [Skip]; empty for nothing.
func (m *Mapping) column(header string) string { return lookUp(m.Columns, header) }

// value is the code that the mapping gives to a word in a column; empty for none.
func (m *Mapping) value(key, word string) string { return lookUp(m.Values[key], word) }

// lookUp finds a word as it stands, or else folded.
func lookUp(in map[string]string, word string) string {
	if len(in) == 0 {
		return ""
	}
	if found, ok := in[word]; ok {
		return found
	}
	folded := importers.Fold(word)
	for _, w := range slices.Sorted(maps.Keys(in)) {
		if importers.Fold(w) == folded {
			return in[w]
		}
	}
	return ""
}

// kind is what the mapping says of the rows of a sheet; empty for nothing.
func (m *Mapping) sheet(name string) string { return lookUp(m.Sheets, name) }
