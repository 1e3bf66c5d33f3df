package agreement

import (
	"encoding/json"
	"fmt"

	"github.com/goccy/go-yaml/ast"

	"vitrine/schemas"
)

// place is a line and column of the file, from 1.
type place struct{ line, column int }

// tree is a YAML document as the door takes it, and where each of its values stands.
type tree struct {
	places   map[string]place
	mistakes []Mistake
}

// labField is the one field of a file that isn't in the event's data.
const labField = "lab"

// fileFields are those that a file may have.
func fileFields() []schemas.Field {
	kind, _ := schemas.KindByName(kindName)
	lab := schemas.Field{Name: labField, Type: schemas.FieldText, Required: true, Title: schemas.Text{FR: "Fab lab", EN: "Lab"}}
	return append([]schemas.Field{lab}, kind.Fields()...)
}

// object reads a mapping whose fields are known; what isn't known is kept, so that the door names it.
func (t *tree) object(path string, node ast.Node, fields []schemas.Field) map[string]any {
	out := map[string]any{}
	for _, pair := range pairs(node) {
		name := pair.Key.GetToken().Value
		at := join(path, name)
		t.places[at] = placeOf(pair.Key)
		f := fieldNamed(fields, name)
		if f == nil {
			out[name] = true
			continue
		}
		if v := t.value(at, pair.Value, f); v != nil {
			out[name] = v
		}
	}
	return out
}

// value is a node as JSON would hold it: numbers as they are written, dates and codes as text.
func (t *tree) value(at string, node ast.Node, f *schemas.Field) any {
	switch n := node.(type) {
	case nil, *ast.NullNode:
		return nil
	case *ast.SequenceNode:
		return t.list(at, n, f)
	case *ast.MappingNode, *ast.MappingValueNode:
		t.places[at] = placeOf(node)
		return map[string]any{}
	case *ast.LiteralNode:
		t.places[at] = placeOf(node)
		return n.Value.Value
	case *ast.StringNode:
		t.places[at] = placeOf(node)
		return n.Value
	case *ast.IntegerNode, *ast.FloatNode:
		t.places[at] = placeOf(node)
		text := node.GetToken().Value
		if isNumber := f.Type == schemas.FieldInt || f.Type == schemas.FieldDecimal; isNumber && json.Valid([]byte(text)) {
			return json.Number(text)
		}
		return text
	case *ast.BoolNode:
		t.places[at] = placeOf(node)
		if f.Type == schemas.FieldText || f.Type == schemas.FieldCode {
			return node.GetToken().Value
		}
		return n.Value
	}
	t.mistakes = append(t.mistakes, Mistake{place: placeOf(node), Problem: schemas.Problem{Field: at, Code: schemas.CodeType,
		Expected: schemas.Text{FR: "une valeur simple, sans ancre, alias ni étiquette", EN: "a plain value, without anchor, alias or tag"}}})
	return nil
}

func (t *tree) list(at string, n *ast.SequenceNode, f *schemas.Field) any {
	out := make([]any, 0, len(n.Values))
	for i, item := range n.Values {
		itemAt := fmt.Sprintf("%s[%d]", at, i)
		t.places[itemAt] = placeOf(item)
		if f.Type == schemas.FieldList && isMapping(item) {
			out = append(out, t.object(itemAt, item, f.Items))
		} else {
			out = append(out, t.value(itemAt, item, &schemas.Field{Type: schemas.FieldText}))
		}
	}
	return out
}

func isMapping(node ast.Node) bool {
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	return false
}

// pairs are a mapping's keys and values.
func pairs(node ast.Node) []*ast.MappingValueNode {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

func placeOf(node ast.Node) place {
	// A mapping's own token is that of its first colon.
	if p := pairs(node); len(p) > 0 {
		return placeOf(p[0].Key)
	}
	if node == nil || node.GetToken() == nil || node.GetToken().Position == nil {
		return place{1, 1}
	}
	position := node.GetToken().Position
	return place{position.Line, position.Column}
}

func fieldNamed(fields []schemas.Field, name string) *schemas.Field {
	for i := range fields {
		if fields[i].Name == name {
			return &fields[i]
		}
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
