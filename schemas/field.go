package schemas

import (
	_ "embed"
	"sync"
)

//go:embed codes.csv
var codesFile []byte

// codeLabels name the codes that belong to no taxonomy.
var codeLabels = sync.OnceValue(func() Taxonomy {
	t, err := parseTaxonomy("codes", codesFile)
	if err != nil {
		panic(err) // it is compiled in, and a test reads it
	}
	return t
})

// FieldType is what a [Field] holds.
type FieldType string

// The types of fields; a list holds objects.
const (
	FieldText    FieldType = "text"
	FieldCode    FieldType = "code"
	FieldBool    FieldType = "bool"
	FieldInt     FieldType = "integer"
	FieldDecimal FieldType = "decimal"
	FieldTime    FieldType = "time"
	FieldList    FieldType = "list"
)

// Field describes one field of a kind's data for whoever makes forms, templates or importers of it.
type Field struct {
	Name     string
	Title    Text
	Type     FieldType
	Required bool
	// Min and Max bound a number; nil elsewhere.
	Min, Max *Decimal
	// MaxLen bounds a text without a Format, in characters.
	MaxLen int
	// Terms are the codes that a code field may hold, with their names.
	Terms []Term
	// Format is that of a text: date, slug, ref, url, siren, siret, zone, period, indicator, segment, insee, department; may be empty.
	Format string
	// Items are the fields of a list's objects, MinItems the fewest of them.
	Items    []Field
	MinItems int
	// Expected is what the field takes, in words.
	Expected Text
}

// Fields are those of a kind's data, in the contract's order.
func (k Kind) Fields() []Field { return k.shape.public() }

var publicTypes = map[fieldType]FieldType{typeText: FieldText, typeCode: FieldCode, typeBool: FieldBool, typeInt: FieldInt,
	typeDecimal: FieldDecimal, typeTime: FieldTime, typeList: FieldList}

func (o *object) public() []Field {
	out := make([]Field, 0, len(o.fields))
	for i := range o.fields {
		f := &o.fields[i]
		p := Field{Name: f.name, Title: f.title, Type: publicTypes[f.typ], Required: f.required, Min: f.min, Max: f.max,
			MaxLen: f.maxLen, Format: f.format, MinItems: f.minItems, Expected: f.expected()}
		if f.typ == typeCode {
			p.Terms = f.terms()
		}
		if f.items != nil {
			p.Items = f.items.public()
		}
		out = append(out, p)
	}
	return out
}

// terms are a code field's codes with their names.
func (f *field) terms() []Term {
	if f.taxonomy != "" {
		return taxonomies()[f.taxonomy].Terms
	}
	terms := make([]Term, len(f.codes))
	for i, code := range f.codes {
		terms[i] = Term{Code: code, Label: codeLabels().Label(code)}
	}
	return terms
}
