package schemas

import (
	"maps"
	"slices"
	"testing"
)

// By name, by position and all in turn, the values of each event of the mix are the same.
func TestValuesByNameAndByPosition(t *testing.T) {
	items := 0
	for _, raw := range mix() {
		e, err := Decode(raw, mixNow)
		if err != nil {
			t.Fatal(err)
		}
		kind, _ := KindByName(e.Kind())
		checkValues(t, kind, "", e.Values)
		for _, f := range kind.Fields() {
			for _, item := range e.Values.List(f.Name) {
				checkValues(t, kind, f.Name, item)
				items++
			}
		}
	}
	if items == 0 {
		t.Error("no list was looked at")
	}
}

func checkValues(t *testing.T, kind Kind, list string, v Values) {
	t.Helper()
	codes, numbers := maps.Collect(v.Codes()), maps.Collect(v.Numbers())
	if len(codes)+len(numbers) == 0 {
		t.Errorf("%s %s: nothing", kind.Name, list)
	}
	fields := kind.Fields()
	if i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == list }); i >= 0 {
		fields = fields[i].Items
	}
	for _, f := range fields {
		at := kind.Position(list, f.Name)
		number, given := numbers[f.Name]
		if n, ok := v.Number(f.Name); n != number || ok != given {
			t.Errorf("%s %s.%s: %s by name, %s in turn", kind.Name, list, f.Name, n, number)
		}
		if n, ok := v.NumberAt(at); n != number || ok != given {
			t.Errorf("%s %s.%s: %s at %d, %s in turn", kind.Name, list, f.Name, n, at, number)
		}
		if code := codes[f.Name]; v.Code(f.Name) != code || v.CodeAt(at) != code {
			t.Errorf("%s %s.%s: %q by name, %q at %d, %q in turn", kind.Name, list, f.Name, v.Code(f.Name), v.CodeAt(at), at, code)
		}
		if term := v.TermAt(at); term >= 0 != (f.Type == FieldCode && codes[f.Name] != "") || term >= 0 && f.Terms[term].Code != codes[f.Name] {
			t.Errorf("%s %s.%s: %q is term %d", kind.Name, list, f.Name, codes[f.Name], term)
		}
		delete(codes, f.Name)
		delete(numbers, f.Name)
	}
	if len(codes)+len(numbers) > 0 {
		t.Errorf("%s %s: of no field: %v %v", kind.Name, list, codes, numbers)
	}
}

func TestValuesThatArentThere(t *testing.T) {
	e, err := Decode([]byte(goodTraining), testNow)
	if err != nil {
		t.Fatal(err)
	}
	training, _ := KindByName("training.held")
	for _, path := range [][2]string{{"", "nothing"}, {"companies", "nothing"}, {"nothing", "siren"}, {"attendees", "siren"}} {
		if at := training.Position(path[0], path[1]); at != -1 {
			t.Errorf("%v stands at %d", path, at)
		}
	}
	for _, v := range []Values{{}, e.Values, e.Values.List("companies")[0]} {
		_, byName := v.Number("nothing")
		_, before := v.NumberAt(-1)
		_, behind := v.NumberAt(1000)
		if byName || before || behind || v.Code("nothing")+v.CodeAt(-1)+v.CodeAt(1000) != "" || v.TermAt(-1) != -1 || v.TermAt(1000) != -1 || v.List("nothing") != nil {
			t.Errorf("%+v holds what isn't there", v)
		}
	}
}
