package opendata

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"vitrine/schemas"
)

// world is what really happened, by indicator, lab and quarter.
type world struct {
	labs     []string
	first    Quarter
	quarters int
	counts   map[string]map[string][]int64 // D01, D02, D03, T03, T05, T02 (hours), C04, C05, U04
	visits   map[string][][]string         // companies of C01
}

// drawWorld draws a programme with many small figures.
func drawWorld(t *rapid.T) *world {
	w := &world{first: 2025 * 4, quarters: rapid.IntRange(2, 6).Draw(t, "quarters"), counts: map[string]map[string][]int64{}, visits: map[string][][]string{}}
	count := func(name string, most int64) int64 {
		switch rapid.IntRange(0, 4).Draw(t, name+" is") {
		case 0:
			return 0
		case 1, 2:
			return rapid.Int64Range(0, min(most, 6)).Draw(t, name)
		}
		return rapid.Int64Range(0, most).Draw(t, name)
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "labs") {
		lab := fmt.Sprintf("lab-%d", i)
		w.labs = append(w.labs, lab)
		for q := range w.quarters {
			set := func(code string, v int64) int64 {
				if w.counts[code] == nil {
					w.counts[code] = map[string][]int64{}
				}
				w.counts[code][lab] = append(w.counts[code][lab], v)
				return v
			}
			came := set("D02", count("D02", 60))
			set("D01", (came+9)/10)
			set("D03", min(came, count("D03", 9)))
			trained := set("T03", count("T03", 60))
			set("T05", min(trained, count("T05", 20)))
			set("T02", 2*trained)
			set("C04", count("C04", 12))
			set("C05", count("C05", 5))
			set("U04", count("U04", 90))
			var who []string
			for c := range rapid.IntRange(0, 6).Draw(t, "companies") {
				who = append(who, fmt.Sprintf("c%d", (c*3+q*rapid.IntRange(0, 2).Draw(t, "others"))%9))
			}
			w.visits[lab] = append(w.visits[lab], who)
		}
	}
	return w
}

// facts are what a store would give of the first so many quarters.
func (w *world) facts(quarters int) *Facts {
	f := &Facts{First: w.first, Until: w.first + Quarter(quarters) - 1, Catalogue: schemas.DefaultCatalogue()}
	for _, lab := range w.labs {
		f.Labs = append(f.Labs, Entry{Lab: lab, Name: "Fab lab " + lab, Commune: "=Ici", Zone: "Europe/Paris"})
		for code, byLab := range w.counts {
			for q, v := range byLab[lab][:quarters] {
				f.Raw = append(f.Raw, Raw{Lab: lab, Indicator: code, Quarter: w.first + Quarter(q), Value: micros(v * one), Numerator: schemas.Int(v)})
			}
		}
		for q, refs := range w.visits[lab][:quarters] {
			f.Companies = append(f.Companies, Companies{Lab: lab, Indicator: "C01", Quarter: w.first + Quarter(q), Refs: refs})
		}
		reached := int64(0)
		for _, v := range w.counts["T03"][lab][:quarters] {
			reached += v
		}
		f.Standings = append(f.Standings, Standing{Lab: lab, Commitment: Commitment{Indicator: "T03", From: "2025-01-01", Due: "2026-12-31", Target: schemas.Int(100),
			Actual: micros(reached * one), Percent: micros(reached * one), Status: "late"}})
	}
	return f
}

func (w *world) releases(t *rapid.T) []*Release {
	cut := rapid.IntRange(1, w.quarters).Draw(t, "cut")
	first := Publish(w.facts(cut), nil)
	if cut == w.quarters {
		return []*Release{first}
	}
	return []*Release{first, Publish(w.facts(w.quarters), first)}
}

// TestWhatIsPublished: no figure that is published is small, quarters stay as they were published, and what is counted is true.
func TestWhatIsPublished(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		releases := w.releases(t)
		for _, r := range releases {
			for _, f := range allFigures(r) {
				rule, _ := policyOf(f.Indicator)
				if f.Value != nil && small(f.Value.Micros(), rule.threshold) {
					t.Fatalf("%s publishes the small figure %+v", r.Quarter, f)
				}
				if f.Masked && f.Value != nil {
					t.Fatalf("masked, but there: %+v", f)
				}
			}
			for _, l := range r.Labs {
				w.check(t, r, l)
			}
		}
		if len(releases) == 2 {
			for i, l := range releases[0].Labs {
				kept(t, l, releases[1].Labs[i])
			}
		}
	})
}

func allFigures(r *Release) []Figure {
	all := append([]Figure(nil), r.Programme...)
	for _, l := range r.Labs {
		all = append(all, l.Figures...)
	}
	return all
}

// check compares what is published of a lab with what really happened.
func (w *world) check(t *rapid.T, r *Release, l Lab) {
	for _, f := range l.Figures {
		rule, _ := policyOf(f.Indicator)
		truth, known := w.counts[f.Indicator]
		if f.Value == nil || !known || rule.how != added {
			continue
		}
		var sum int64
		for q := f.From; q <= f.To; q++ {
			sum += truth[l.Lab][q-w.first]
		}
		if f.Value.Micros() != sum*one {
			t.Errorf("%s of %s from %s to %s is %d, published as %s", f.Indicator, l.Lab, f.From, f.To, sum, f.Value)
		}
	}
	for _, c := range l.Commitments {
		if c.Masked == (c.Actual != nil) || c.Masked == (c.Status != "") {
			t.Errorf("half masked: %+v", c)
		}
	}
}

// kept says that everything about people and companies in an older release stands in the newer one too.
func kept(t *rapid.T, old, new Lab) {
	have := map[string]string{}
	for _, f := range new.Figures {
		if !f.Total && f.Value != nil {
			have[fmt.Sprint(f.Indicator, f.From, f.To)] = f.Value.String()
		}
	}
	for _, f := range old.Figures {
		if f.Total || f.Value == nil {
			continue
		}
		if k := fmt.Sprint(f.Indicator, f.From, f.To); have[k] != f.Value.String() {
			t.Errorf("%s of %s was %s and is %q now", k, old.Lab, f.Value, have[k])
		}
	}
}

// TestLaterCorrections: what changes in published quarters counts in the next ones, and no published quarter moves.
func TestLaterCorrections(t *testing.T) {
	t.Parallel()
	w := &world{labs: []string{"a"}, first: 2025 * 4, quarters: 4, visits: map[string][][]string{"a": {{}, {}, {}, {}}},
		counts: map[string]map[string][]int64{"T03": {"a": {20, 2, 9, 30}}}}
	before := Publish(w.facts(3), nil)
	w.counts["T03"]["a"] = []int64{17, 4, 9, 30}
	after := Publish(w.facts(4), before)
	var got []string
	for _, f := range after.Labs[0].Figures {
		if f.Indicator == "T03" && !f.Masked {
			got = append(got, fmt.Sprintf("%s-%s %s", f.From, f.To, f.Value))
		}
	}
	want := "[2025-Q1-2025-Q1 20 2025-Q2-2025-Q3 11 2025-Q4-2025-Q4 29 2025-Q1-2025-Q4 60]"
	if fmt.Sprint(got) != want {
		t.Errorf("got %v\nwant %s", got, want)
	}
}

// TestBaselines: where a commitment began is a figure as well.
func TestBaselines(t *testing.T) {
	t.Parallel()
	count := func(n int64) *schemas.Decimal { return micros(n * one) }
	w := &world{first: 2025 * 4, quarters: 1, labs: []string{"a"}, counts: map[string]map[string][]int64{"T03": {"a": {20}}}, visits: map[string][][]string{"a": {nil}}}
	for _, c := range []struct {
		indicator        string
		baseline         int64
		shown, isReached bool
	}{{"T03", 4, false, false}, {"T03", 5, true, true}, {"T03", 0, true, true}, {"C01", 2, false, false}, {"C01", 3, true, false}, {"D01", 1, true, true}} {
		f := w.facts(1)
		f.Standings = []Standing{{Lab: "a", Commitment: Commitment{Indicator: c.indicator, Target: schemas.Int(100), Baseline: count(c.baseline), Actual: count(20), Percent: count(20), Status: "late"}}}
		got := Publish(f, nil).Labs[0].Commitments[0]
		if (got.Baseline != nil) != c.shown || (got.Actual != nil) != c.isReached || got.Masked == c.isReached || (got.Status != "") != c.isReached {
			t.Errorf("baseline %d of %s: %+v", c.baseline, c.indicator, got)
		}
	}
}
