package fabmanager

import (
	"slices"
	"testing"

	"vitrine/schemas"
)

// FuzzParseMapping: a lab's file is refused, or every code in it is one of the taxonomies'.
func FuzzParseMapping(f *testing.F) {
	f.Add([]byte("machines: {laser-1: laser_cutter}\nevents: {Stage: skip}\naccounts: {'706': skip}\n"))
	f.Add([]byte("machines: &a {x: other}\ntrainings: *a\n"))
	f.Add([]byte("groups: {<<: {a: sme}, b: 1}"))
	f.Add([]byte("audiences:\n  ? [a]\n  : companies\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := ParseMapping(raw)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without words")
			}
			return
		}
		categories := schemas.Taxonomies()["machine_categories"].Codes()
		for slug := range m.Machines {
			if !slices.Contains(categories, m.machine(slug, "")) {
				t.Errorf("machine %q is %q", slug, m.machine(slug, ""))
			}
		}
		for slug := range m.Trainings {
			if !slices.Contains(schemas.Taxonomies()["training_topics"].Codes(), m.topic(slug, "")) {
				t.Errorf("training %q is %q", slug, m.topic(slug, ""))
			}
		}
	})
}
