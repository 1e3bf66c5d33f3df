package schemas

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// object is what a JSON object must look like, read off a Go type's tags.
type object struct {
	fields []field
	byName map[string]int
	keys   [][]byte // the fields' names as JSON writes them, with a colon
	sorted []int    // the fields in the order of their names
	must   uint64   // the required ones, one bit for each
}

type fieldType int

const (
	typeText fieldType = iota
	typeCode           // a string from a closed list
	typeBool
	typeInt
	typeDecimal
	typeTime
	typeList
)

// field is one member of an object; its tags are explained in data_activity.go.
type field struct {
	name     string
	title    Text
	typ      fieldType
	required bool
	min, max *Decimal
	maxLen   int
	codes    []string
	taxonomy string
	format   string
	minItems int
	items    *object
}

// maxItems bounds every list: a lab that served more than a thousand companies in one event has mistaken something.
const maxItems = 1000

// defaultMaxLen bounds a string that has neither a format nor a length of its own.
const defaultMaxLen = 500

type kindIndex struct {
	list   []Kind
	byName map[string]int
	byType map[reflect.Type]int
}

var kinds = sync.OnceValue(func() kindIndex {
	ix := kindIndex{list: kindList(), byName: map[string]int{}, byType: map[reflect.Type]int{}}
	for i := range ix.list {
		k := &ix.list[i]
		k.shape = shapeOf(k.data)
		ix.byName[k.Name], ix.byType[k.data] = i, i
	}
	return ix
})

// Kinds are all kinds of the contract, the labs' first.
func Kinds() []Kind { return slices.Clone(kinds().list) }

// KindByName finds a kind, e.g. "training.held".
func KindByName(name string) (Kind, bool) {
	i, ok := kinds().byName[name]
	if !ok {
		return Kind{}, false
	}
	return kinds().list[i], true
}

// KindOf finds the kind whose data a Go value is, e.g. TrainingHeld or *TrainingHeld.
func KindOf(data any) (Kind, bool) {
	t := reflect.TypeOf(data)
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	i, ok := kinds().byType[t]
	if !ok {
		return Kind{}, false
	}
	return kinds().list[i], true
}

func shapeOf(t reflect.Type) *object {
	o := &object{byName: map[string]int{}}
	for i := range t.NumField() {
		f := fieldOf(t.Field(i))
		o.byName[f.name] = len(o.fields)
		o.sorted = append(o.sorted, len(o.fields))
		if f.required {
			o.must |= 1 << len(o.fields)
		}
		o.fields, o.keys = append(o.fields, f), append(o.keys, keyOf(f.name))
	}
	if len(o.fields) > 64 {
		panic(fmt.Sprintf("%s has %d fields, and a mask 64 bits", t, len(o.fields)))
	}
	slices.SortFunc(o.sorted, func(a, b int) int { return strings.Compare(o.fields[a].name, o.fields[b].name) })
	return o
}

func keyOf(name string) []byte { return []byte(`"` + name + `":`) }

// fieldOf reads one struct field. It panics on a tag that it doesn't know: the types are compiled
// in, and a test walks them all.
func fieldOf(sf reflect.StructField) field {
	name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
	f := field{name: name, title: Text{FR: sf.Tag.Get("fr"), EN: sf.Tag.Get("en")}, maxLen: defaultMaxLen}
	t := sf.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		f.typ = typeTime
	case t == reflect.TypeFor[Decimal]():
		f.typ = typeDecimal
	case t.Kind() == reflect.Bool:
		f.typ = typeBool
	case t.Kind() == reflect.Int64:
		f.typ = typeInt
	case t.Kind() == reflect.String:
		f.typ = typeText
	case t.Kind() == reflect.Slice:
		f.typ, f.items = typeList, shapeOf(t.Elem())
	default:
		panic(fmt.Sprintf("field %s has type %s, which no event may have", sf.Name, t))
	}
	for _, tag := range strings.Split(sf.Tag.Get("v"), ",") {
		key, value, _ := strings.Cut(tag, "=")
		switch key {
		case "":
		case "required":
			f.required = true
		case "min":
			f.min = mustDecimal(value)
		case "max":
			f.max = mustDecimal(value)
		case "len":
			f.maxLen = mustInt(value)
		case "items":
			f.minItems = mustInt(value)
		case "enum":
			f.typ, f.codes = typeCode, strings.Split(value, "|")
		case "tax":
			f.typ, f.taxonomy, f.codes = typeCode, value, taxonomies()[value].Codes()
		case "format":
			f.format = value
		default:
			panic(fmt.Sprintf("field %s has the unknown tag %q", sf.Name, tag))
		}
	}
	return f
}

func mustDecimal(s string) *Decimal {
	d, err := ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return &d
}

func mustInt(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

// FieldHelp describes one field of a kind's data, for documents and forms.
type FieldHelp struct {
	// Path is the field's name, after its list's where it stands in one: "companies[].siren".
	Path     string
	Title    Text
	Required bool
	// Expected is what the field takes.
	Expected Text
}

// FieldsOf are the fields of a kind's data, those in lists after their list.
func FieldsOf(k Kind) []FieldHelp { return k.shape.help("") }

func (o *object) help(prefix string) []FieldHelp {
	var out []FieldHelp
	for i := range o.fields {
		f := &o.fields[i]
		out = append(out, FieldHelp{Path: prefix + f.name, Title: f.title, Required: f.required, Expected: f.expected()})
		if f.items != nil {
			out = append(out, f.items.help(prefix+f.name+"[].")...)
		}
	}
	return out
}
