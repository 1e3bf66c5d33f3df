package schemas

import (
	"embed"
	"encoding/json"
)

//go:embed jsonschema/*.json
var published embed.FS

// SchemaID is the identifier of a kind's JSON Schema, with its major version: what an event's
// dataschema names.
func SchemaID(kind string) string { return "https://vitrine.example.org/schemas/" + kind + "/1" }

// PublishedSchema is the JSON Schema 2020-12 document of a kind's data, as it is published.
func PublishedSchema(kind string) ([]byte, error) {
	return published.ReadFile("jsonschema/" + kind + ".json")
}

// JSONSchema writes the document from the kind's Go type; what a schema can't say (an end after
// its start, a part at most its whole) is only checked by [Decode].
func JSONSchema(kind Kind) ([]byte, error) {
	doc := kind.shape.schema()
	doc["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	doc["$id"] = SchemaID(kind.Name)
	doc["title"] = kind.Title.EN
	doc["x-title-fr"] = kind.Title.FR
	raw, err := json.MarshalIndent(doc, "", "  ")
	return append(raw, '\n'), err
}

func (o *object) schema() map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range o.fields {
		properties[f.name] = f.schema()
		if f.required {
			required = append(required, f.name)
		}
	}
	return map[string]any{"type": "object", "additionalProperties": false, "properties": properties, "required": required}
}

func (f *field) schema() map[string]any {
	s := map[string]any{"title": f.title.EN, "x-title-fr": f.title.FR}
	switch f.typ {
	case typeInt:
		s["type"], s["minimum"], s["maximum"] = "integer", f.min, f.max
	case typeDecimal:
		s["type"], s["minimum"], s["maximum"], s["multipleOf"] = "number", f.min, f.max, Micros(1)
	case typeBool:
		s["type"] = "boolean"
	case typeTime:
		s["type"], s["format"] = "string", "date-time"
	case typeCode:
		s["type"], s["enum"] = "string", f.codes
		if f.taxonomy != "" {
			s["x-taxonomy"] = f.taxonomy
		}
	case typeList:
		s["type"], s["items"], s["maxItems"] = "array", f.items.schema(), maxItems
		if f.minItems > 0 {
			s["minItems"] = f.minItems
		}
	default:
		s["type"] = "string"
		if f.format != "" {
			s["pattern"], s["description"] = formats()[f.format].pattern.String(), formats()[f.format].help.EN
		} else {
			s["maxLength"] = f.maxLen
		}
		if f.format == "date" {
			s["format"] = "date"
		}
		if f.required && f.format == "" {
			s["minLength"] = 1
		}
	}
	if !f.required {
		s["type"] = []any{s["type"], "null"}
		if f.typ == typeCode {
			s["enum"] = append(anyOf(f.codes), nil)
		}
	}
	return s
}

func anyOf(codes []string) []any {
	out := make([]any, len(codes))
	for i, c := range codes {
		out[i] = c
	}
	return out
}

// AgreementFileSchema writes the JSON Schema of the YAML file that an agreement is signed from: agreement.signed and the lab,
// without what follows from the agreement itself. Editors check and complete files by it.
func AgreementFileSchema() ([]byte, error) {
	kind, _ := KindByName("agreement.signed")
	doc := kind.shape.schema()
	properties := doc["properties"].(map[string]any)
	properties["lab"] = map[string]any{"title": "Lab", "x-title-fr": "Fab lab", "type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"}
	doc["required"] = append(doc["required"].([]string), "lab")
	commitment := properties["commitments"].(map[string]any)["items"].(map[string]any)
	commitment["required"] = []string{"indicator", "target"} // from, due and mode follow
	doc["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	doc["$id"] = SchemaID("agreement-file")
	doc["title"] = "Agreement, as a YAML file"
	doc["x-title-fr"] = "Convention, en fichier YAML"
	raw, err := json.MarshalIndent(doc, "", "  ")
	return append(raw, '\n'), err
}
