package spreadsheet

import (
	"maps"
	"slices"

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
	bad := importers.ParseWords(raw, m)
	kinds, codes := allColumns()
	columns := append(slices.Sorted(maps.Keys(codes)), Skip)
	if m.Kind != "" {
		bad.OneOf(m.Kind, kinds, "kind")
	}
	for _, sheet := range slices.Sorted(maps.Keys(m.Sheets)) {
		bad.OneOf(m.Sheets[sheet], append(slices.Clone(kinds), Skip), "sheets", sheet)
	}
	for _, header := range slices.Sorted(maps.Keys(m.Columns)) {
		key := m.Columns[header]
		bad.OneOf(key, columns, "columns", header)
		if key != Skip && slices.Contains(columns, key) && holdsWord(header, surelyPersonal()) {
			bad.Add([]any{"columns", header}, "une colonne de données personnelles ne peut pas être reprise", "a column that holds personal data can't be taken")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(m.Values)) {
		allowed := codes[key]
		if len(allowed) == 0 {
			bad.Add([]any{"values", key}, "ce n'est pas une colonne qui contient des codes", "no column that holds codes")
			continue
		}
		for _, word := range slices.Sorted(maps.Keys(m.Values[key])) {
			bad.OneOf(m.Values[key][word], allowed, "values", key, word)
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
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
