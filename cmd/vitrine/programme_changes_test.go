package main

import (
	"strings"
	"testing"
	"time"

	"vitrine/internal/pages"
)

// TestChangesAreWrittenForPeople holds that what a correction changed reads as the rest of the programme's pages does.
func TestChangesAreWrittenForPeople(t *testing.T) {
	blanks := strings.NewReplacer("\u00a0", " ", "\u202f", " ")
	tests := []struct{ kind, before, now, old, fr, en string }{
		{"company.service.delivered", `{"amount_excl_vat":2280}`, `{"amount_excl_vat":12280.5}`, "2 280", "12 280,5", "12,280.5"},
		{"company.service.delivered", `{}`, `{"companies":[{},{}]}`, "", "2 × …", "2 × …"},
		{"company.outcome.reported", `{"verified":false}`, `{"verified":true}`, "non", "oui", "yes"},
		{"training.held", `{"title":"Graver"}`, `{"title":"1500"}`, "Graver", "1500", "1500"}, // text stays as it was typed
	}
	for _, tt := range tests {
		changes := changesOf(tt.kind, tt.before, tt.now, time.UTC)
		if len(changes) != 1 {
			t.Errorf("%s: %d changes, want 1", tt.now, len(changes))
			continue
		}
		c := changes[0]
		if old, fr, en := blanks.Replace(c.Old.In(pages.French)), blanks.Replace(c.New.In(pages.French)), blanks.Replace(c.New.In(pages.English)); old != tt.old || fr != tt.fr || en != tt.en {
			t.Errorf("%s: from %q to %q, in English %q; want %q, %q and %q", tt.now, old, fr, en, tt.old, tt.fr, tt.en)
		}
	}
}
