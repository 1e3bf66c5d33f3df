package schemas

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

func TestTheCatalogueIsWhole(t *testing.T) {
	c := DefaultCatalogue()
	if len(c.Indicators) != 47 {
		t.Errorf("%d indicators, want the call's 47", len(c.Indicators))
	}
	used := map[string]bool{}
	for _, i := range c.Indicators {
		if i.Definition.FR == "" || i.Definition.EN == "" || i.Unit == "" {
			t.Errorf("%s lacks a definition or a unit", i.Code)
		}
		for _, s := range append(i.Numerator, i.Denominator...) {
			for _, k := range s.Kinds {
				used[k] = true
			}
		}
	}
	for _, agg := range []Aggregation{AggSum, AggDistinct, AggLast, AggStock, AggRatio, AggMax} {
		found := false
		for _, i := range c.Indicators {
			found = found || i.Aggregation == agg
		}
		if !found {
			t.Errorf("no indicator is a %s", agg)
		}
	}
}

func TestCatalogueMistakesAreNamed(t *testing.T) {
	const good = "indicators:\n  - {code: X01, name: {fr: a, en: b}, aggregation: sum, unit: x, numerator: [{kinds: [training.held], value: [attendees]}]}\n"
	if _, err := ParseCatalogue([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"sum", "average", `aggregation "average": expected sum, distinct`},
		{"training.held", "training.hold", `kind "training.hold"`},
		{"attendees", "atendees", `field "atendees": kind training.held has no such field`},
		{"unit: x", "unit: x, colour: red", "unknown field"},
		{"aggregation: sum", "aggregation: ratio", "denominator: expected"},
		{"aggregation: sum", "aggregation: distinct", "ref: expected what to count once"},
		{"aggregation: sum, unit: x, numerator: [", "aggregation: stock, unit: x, numerator: [{kinds: [partnership.signed], ref: partnership, state: active}, ", "state: expected with all sources"},
		{"en: b", "en: ''", "name: expected both"},
		{"X01", "x", "code \"x\""},
	} {
		_, err := ParseCatalogue([]byte(strings.Replace(good, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s for %s: got %v, want %q", c.new, c.old, err, c.want)
		}
	}
}

func TestTaxonomiesHaveLabels(t *testing.T) {
	for name, taxonomy := range Taxonomies() {
		for _, term := range taxonomy.Terms {
			if term.Code == "" || term.Label.FR == "" || term.Label.EN == "" {
				t.Errorf("%s: %+v lacks a code or a label", name, term)
			}
		}
	}
	for dimension, name := range dimensionTaxonomies {
		if len(Taxonomies()[name].Terms) == 0 {
			t.Errorf("dimension %s: no taxonomy %s", dimension, name)
		}
	}
	if got := SegmentLabel("audience=companies").FR; got != "Entreprises" {
		t.Errorf("label %q", got)
	}
}

func TestDecimal(t *testing.T) {
	for in, want := range map[string]string{"12": "12", "-0.5": "-0.5", "1e3": "1000", "0.000001": "0.000001", "-0": "0", "9223372036854.775807": "9223372036854.775807"} {
		d, err := ParseDecimal(in)
		if err != nil || d.String() != want {
			t.Errorf("%s: %s, %v; want %s", in, d, err, want)
		}
	}
	for _, in := range []string{"0.0000001", "9223372036855", "1e31", "x", "1/2", "0x10", "1_000", "", "1e", "1e999999999"} {
		if d, err := ParseDecimal(in); err == nil {
			t.Errorf("%s was read as %s", in, d)
		}
	}
	if p, ok := Cents(-250).Mul(Int(4)); !ok || p != Int(-10) {
		t.Errorf("-2.50 × 4 = %s, %v", p, ok)
	}
	if p, ok := Int(4_000_000).Mul(Int(4_000_000)); ok {
		t.Errorf("16 × 10¹² fits as %s", p)
	}
	if Micros(-1).Sign() != -1 || Int(0).Sign() != 0 || Int(5).Sign() != 1 {
		t.Error("Sign")
	}
}

func TestSubjects(t *testing.T) {
	for _, k := range Kinds() {
		lab, kind, ok := ParseSubject(Subject("atelier-nord", k.Name))
		if !ok || lab != "atelier-nord" || kind != k.Name {
			t.Errorf("%s: %s %s %v", Subject("atelier-nord", k.Name), lab, kind, ok)
		}
	}
	for _, s := range []string{"vitrine.events.x.lab.registered", "vitrine.programme.x.training.held", "vitrine.events.X.training.held", "vitrine.events.x", "other"} {
		if _, _, ok := ParseSubject(s); ok {
			t.Errorf("%s is taken for a subject of ours", s)
		}
	}
}

// Wherever a segment is named it goes by the words of the field that holds its code, in both languages.
func TestSegmentsHaveNames(t *testing.T) {
	for _, i := range DefaultCatalogue().Indicators {
		for _, s := range slices.Concat(i.Numerator, i.Denominator) {
			for _, d := range i.DimensionsOf(s) {
				for _, name := range s.Kinds {
					kind, _ := KindByName(name)
					if d.Field == "kind" {
						if got := SegmentLabel(d.Name + "=" + name); got != kind.Title {
							t.Errorf("%s=%s: %+v, want %+v", d.Name, name, got, kind.Title)
						}
					}
					fields := kind.Fields()
					if list := cmp.Or(d.List, s.List); list != "" {
						n := slices.IndexFunc(fields, func(f Field) bool { return f.Name == list })
						fields = fields[n].Items
					}
					for _, f := range fields {
						for _, term := range f.Terms {
							if got := SegmentLabel(d.Name + "=" + term.Code); f.Name == d.Field && got != term.Label {
								t.Errorf("%s=%s: %+v, want %+v", d.Name, term.Code, got, term.Label)
							}
						}
					}
				}
			}
		}
	}
	if got := SegmentLabel("scope=national"); got.FR == "national" && got.EN == "national" {
		t.Errorf("a national mention's scope: %+v", got)
	}
}
