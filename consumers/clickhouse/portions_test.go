package clickhouse

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestPortions(t *testing.T) {
	weights := []labWeight{{"a", 5}, {"b", 5}, {"c", 1}, {"d", 50}, {"e", 1}}
	want := []LabRange{{"", "c"}, {"c", "d"}, {"d", "e"}, {"e", ""}}
	if got := portionsOf(weights, 10); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := portionsOf(nil, 10); !slices.Equal(got, []LabRange{{}}) {
		t.Errorf("of no labs: %v", got)
	}
}

// Whatever labs weigh, each name lies in one portion, and no portion is too heavy that has more labs than one.
func TestPortionsLeaveNothingOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching("[a-z]{1,4}"), 0, 12, rapid.ID).Draw(t, "names")
		slices.Sort(names)
		most := rapid.Uint64Range(0, 20).Draw(t, "most")
		var weights []labWeight
		for _, name := range names {
			weights = append(weights, labWeight{name, rapid.Uint64Range(0, 15).Draw(t, "weight")})
		}
		portions := portionsOf(weights, most)
		for _, name := range append(names, "", "m", "zzzzz") {
			in := 0
			for _, p := range portions {
				if name >= p.From && (p.To == "" || name < p.To) {
					in++
				}
			}
			if in != 1 {
				t.Fatalf("%q lies in %d of %v", name, in, portions)
			}
		}
		for _, p := range portions {
			weight, heavy := uint64(0), 0
			for _, w := range weights {
				if w.Lab >= p.From && (p.To == "" || w.Lab < p.To) && w.Contributions > 0 {
					weight += w.Contributions
					heavy++
				}
			}
			if weight > most && heavy > 1 {
				t.Fatalf("%v weighs %d of at most %d", p, weight, most)
			}
		}
	})
}
