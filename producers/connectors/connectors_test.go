package connectors_test

import (
	"testing"

	"vitrine/producers/connectors"
	"vitrine/schemas"
)

// TestEveryConnectorSaysWhatItIs holds what the command line, the agent and the documents rely on.
func TestEveryConnectorSaysWhatItIs(t *testing.T) {
	all := connectors.All()
	if len(all) == 0 {
		t.Fatal("there is no connector")
	}
	names := map[string]bool{}
	for _, c := range all {
		if !schemas.IsSlug(c.Name) || names[c.Name] {
			t.Errorf("connector %q: its name is no slug, or another has it", c.Name)
		}
		names[c.Name] = true
		if c.Title.FR == "" || c.Title.EN == "" || c.About.FR == "" || c.About.EN == "" || c.Open == nil {
			t.Errorf("%s: title, line about it or Open is missing", c.Name)
		}
		settings := map[string]bool{}
		for _, s := range c.Settings {
			if !schemas.IsSlug(s.Name) || settings[s.Name] || s.Help.FR == "" || s.Help.EN == "" {
				t.Errorf("%s: setting %q has no good name, a name that is taken, or no help", c.Name, s.Name)
			}
			settings[s.Name] = true
		}
	}
}
