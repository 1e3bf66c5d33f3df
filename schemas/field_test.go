package schemas

import "testing"

// TestEveryCodeHasAName walks all kinds: what a form or template shows must have a name in both languages.
func TestEveryCodeHasAName(t *testing.T) {
	codes := 0
	var walk func(kind string, fields []Field)
	walk = func(kind string, fields []Field) {
		for _, f := range fields {
			if f.Title.FR == "" || f.Title.EN == "" || f.Expected.FR == "" || f.Type == "" {
				t.Errorf("%s: field %s has no title, type or help", kind, f.Name)
			}
			for _, term := range f.Terms {
				codes++
				if term.Label.FR == "" || term.Label.EN == "" || term.Label.FR == term.Code && term.Label.EN == term.Code {
					t.Errorf("%s: code %q of %s has no name", kind, term.Code, f.Name)
				}
			}
			if (f.Type == FieldCode) != (len(f.Terms) > 0) || (f.Type == FieldList) != (len(f.Items) > 0) {
				t.Errorf("%s: field %s of type %s has %d terms and %d items", kind, f.Name, f.Type, len(f.Terms), len(f.Items))
			}
			walk(kind, f.Items)
		}
	}
	for _, k := range Kinds() {
		walk(k.Name, k.Fields())
	}
	if codes == 0 {
		t.Fatal("no code was looked at")
	}
}

func TestCodesFileNamesOnlyCodesInUse(t *testing.T) {
	used := map[string]bool{}
	var walk func(fields []field)
	walk = func(fields []field) {
		for i := range fields {
			if fields[i].taxonomy == "" {
				for _, code := range fields[i].codes {
					used[code] = true
				}
			}
			if fields[i].items != nil {
				walk(fields[i].items.fields)
			}
		}
	}
	for _, k := range Kinds() {
		walk(k.shape.fields)
	}
	for _, code := range codeLabels().Codes() {
		if !used[code] {
			t.Errorf("codes.csv names %q, which no field takes", code)
		}
	}
}
