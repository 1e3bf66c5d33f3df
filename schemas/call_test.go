package schemas

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// The call and the catalogue say the same: which indicators measure which phrase.
func TestEveryPhraseOfTheCallHasItsIndicators(t *testing.T) {
	catalogue := map[string][]string{}
	for _, i := range DefaultCatalogue().Indicators {
		for _, p := range i.Phrases {
			catalogue[p] = append(catalogue[p], i.Code)
		}
	}
	for n, p := range Phrases() {
		if want := fmt.Sprintf("S%02d", n+1); p.ID != want {
			t.Errorf("%s stands in the place of %s", p.ID, want)
		}
		indicators := slices.Sorted(slices.Values(p.Indicators))
		if want := slices.Sorted(slices.Values(catalogue[p.ID])); !slices.Equal(indicators, want) {
			t.Errorf("%s: the call has %v, the catalogue %v", p.ID, indicators, want)
		}
		if p.Text.FR == "" || p.Text.EN == "" || len(p.Pages) == 0 || len(p.Report) == 0 || len(p.Views) == 0 {
			t.Errorf("%+v is served nowhere, or has no text", p)
		}
		delete(catalogue, p.ID)
	}
	if len(Phrases()) != 20 || len(catalogue) > 0 {
		t.Errorf("%d phrases, want 20; the catalogue also has %v", len(Phrases()), slices.Collect(maps.Keys(catalogue)))
	}
}

func TestTheDocumentListsThePhrases(t *testing.T) {
	raw, err := os.ReadFile("../docs/call.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Phrases() {
		for _, want := range append([]string{"| " + p.ID + " | *" + p.Text.FR + "*"}, p.Views...) {
			if !strings.Contains(string(raw), want) {
				t.Errorf("docs/call.md hasn't %q: run make generate", want)
			}
		}
	}
}
