package schemas

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed relations.yaml
var relationsFile []byte

// Relation is a table that analysts read.
type Relation struct {
	Name string
	// Row says what there is one row for.
	Row Text
	// Otherwise are calls of views with parameters that give the same as of another day, e.g.
	// "lab_status_as_of(as_of = '2026-03-31')".
	Otherwise []string
	Columns   []Column
}

// Column is a column of a [Relation].
type Column struct {
	Name string
	// Type is ClickHouse's.
	Type string
	// Unit of its numbers; empty where it has none.
	Unit    string
	Meaning Text
}

// Relations are the contract with analysts: what database vitrine shows. Everything else in it is internal.
func Relations() []Relation { return relations() }

var relations = sync.OnceValue(func() []Relation {
	r, err := parseRelations(relationsFile)
	if err != nil {
		panic(err) // it is compiled in, and a test reads it
	}
	return r
})

var calledName = regexp.MustCompile(`^([a-z_]+)\(.*\)$`)

// AnalystRelations are the names of all [Relations], with those of the views with parameters: what analysts
// are granted.
func AnalystRelations() []string {
	var names []string
	for _, r := range Relations() {
		names = append(names, r.Name)
		for _, call := range r.Otherwise {
			names = append(names, calledName.FindStringSubmatch(call)[1])
		}
	}
	seen := map[string]bool{}
	out := names[:0]
	for _, n := range names {
		if !seen[n] {
			out = append(out, n)
		}
		seen[n] = true
	}
	return out
}

// meaning is how relations.yaml says what a column means.
type meaning struct {
	Unit   string
	EN, FR string
}

func parseRelations(raw []byte) ([]Relation, error) {
	var file struct {
		Columns   map[string]meaning
		Relations []struct {
			Name      string
			Row       meaning
			Otherwise []string
			Meanings  map[string]meaning
			Columns   []string
		}
	}
	if err := yaml.UnmarshalWithOptions(raw, &file, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("relations.yaml: %w", err)
	}
	var all []Relation
	for _, r := range file.Relations {
		relation := Relation{Name: r.Name, Row: Text{FR: r.Row.FR, EN: r.Row.EN}, Otherwise: r.Otherwise}
		for _, call := range r.Otherwise {
			if !calledName.MatchString(call) {
				return nil, fmt.Errorf("relations.yaml: %s: otherwise %q: expected name(parameter = value)", r.Name, call)
			}
		}
		for _, column := range r.Columns {
			name, typ, _ := strings.Cut(column, " ")
			m, ok := r.Meanings[name]
			if !ok {
				m = file.Columns[name]
			}
			if typ == "" || m.EN == "" || m.FR == "" {
				return nil, fmt.Errorf("relations.yaml: %s.%s: expected a type, and a meaning in both languages", r.Name, name)
			}
			relation.Columns = append(relation.Columns, Column{Name: name, Type: typ, Unit: m.Unit, Meaning: Text{FR: m.FR, EN: m.EN}})
		}
		all = append(all, relation)
	}
	return all, nil
}
