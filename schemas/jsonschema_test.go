package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"
)

func TestPublishedSchemasAreTheTypes(t *testing.T) {
	for _, kind := range Kinds() {
		want, err := JSONSchema(kind)
		if err != nil {
			t.Fatal(err)
		}
		got, err := PublishedSchema(kind.Name)
		if err != nil {
			t.Fatalf("%s is not published: %v; run go generate ./schemas", kind.Name, err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("jsonschema/%s.json is not what its Go type says; run go generate ./schemas", kind.Name)
		}
	}
	files, err := published.ReadDir("jsonschema")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(Kinds()) {
		t.Errorf("%d schemas are published for %d kinds", len(files), len(Kinds()))
	}
}

func compileSchema(t testing.TB, kind string) *jsonschema.Schema {
	t.Helper()
	raw, err := PublishedSchema(kind)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(SchemaID(kind), doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(SchemaID(kind))
	if err != nil {
		t.Fatalf("%s is no valid JSON Schema 2020-12: %v", kind, err)
	}
	return s
}

// beyondSchema are the problems that a schema can't express: it doesn't know Luhn, calendars, what
// one field says about another, or persons.
var beyondSchema = map[string]bool{CodeOrder: true, CodePersonal: true, CodeFuture: true}

// The door and the published schema must give the same verdict on the same data, right or wrong.
func TestTheDoorAndTheSchemaAgree(t *testing.T) {
	for _, kind := range Kinds() {
		schema := compileSchema(t, kind.Name)
		t.Run(kind.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				data := drawObject(t, kind.shape)
				raw, err := json.Marshal(data)
				if err != nil {
					t.Fatal(err)
				}
				document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
				if err != nil {
					t.Fatal(err)
				}
				schemaErr := schema.Validate(document)
				doorErr := decodeData(kind.Name, raw)
				var refused *Invalid
				if errors.As(doorErr, &refused) {
					for _, p := range refused.Problems {
						if beyondSchema[p.Code] || strings.HasSuffix(p.Field, ".every") || strings.HasSuffix(p.Field, ".replaces") || strings.Contains(p.Expected.EN, "siren, siret or ref") || strings.Contains(p.Expected.EN, "days after the start") {
							return // the rest may be anything
						}
					}
				}
				if (schemaErr == nil) != (doorErr == nil) {
					t.Fatalf("%s\nschema says: %v\ndoor says:   %v", raw, schemaErr, doorErr)
				}
			})
		})
	}
}

func decodeData(kind string, data []byte) error {
	raw := fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/labs/x","type":"org.vitrine.%s","time":"2026-03-01T10:00:00+01:00","data":%s}`, uuid.New(), kind, data)
	_, err := Decode([]byte(raw), time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
	return err
}

// drawObject makes data of a shape, now and then with a mistake.
func drawObject(t *rapid.T, o *object) map[string]any {
	out := map[string]any{}
	for i := range o.fields {
		f := &o.fields[i]
		if !f.required && rapid.Bool().Draw(t, f.name+" left out") || f.required && rapid.IntRange(0, 39).Draw(t, f.name+" forgotten") == 0 {
			continue
		}
		out[f.name] = drawField(t, f)
	}
	if rapid.IntRange(0, 39).Draw(t, "unknown field") == 0 {
		out["surprise"] = 1
	}
	return out
}

func drawField(t *rapid.T, f *field) any {
	if rapid.IntRange(0, 29).Draw(t, f.name+" mistaken") == 0 {
		return rapid.SampledFrom([]any{nil, "nonsense!", -1e9, 1.5, 1e15, true, []any{}, []any{1}, map[string]any{}, "", strings.Repeat("é", 2000)}).Draw(t, f.name)
	}
	switch f.typ {
	case typeInt:
		return rapid.Int64Range(f.min.Micros()/1e6, f.max.Micros()/1e6).Draw(t, f.name)
	case typeDecimal:
		return json.Number(Micros(rapid.Int64Range(f.min.Micros(), f.max.Micros()).Draw(t, f.name)).String())
	case typeBool:
		return rapid.Bool().Draw(t, f.name)
	case typeTime:
		return "2026-03-01T12:00:00+01:00"
	case typeCode:
		return rapid.SampledFrom(f.codes).Draw(t, f.name)
	case typeList:
		list := []any{}
		for range rapid.IntRange(f.minItems, f.minItems+2).Draw(t, f.name+" items") {
			list = append(list, drawObject(t, f.items))
		}
		return list
	}
	if f.format != "" {
		return map[string]string{"ref": "a-1", "url": "https://lab.example.org/x", "date": "2026-02-28", "period": "2026-Q1", "indicator": "D01",
			"segment": "audience=companies", "zone": "Indian/Reunion", "insee": "2A004", "department": "974", "siren": "732829320", "siret": "73282932000074"}[f.format]
	}
	return rapid.StringMatching(`[a-zéàç ]{1,40}[a-z]`).Draw(t, f.name)
}
