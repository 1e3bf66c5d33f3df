package connectors_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/producers/connectors"
	"vitrine/producers/importers"
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

// TestMistakesInALabsFileAreSaidInBothLanguages: whatever a connector is told in a YAML file, a mistake in it is said with the file and
// the line, in the reader's language.
func TestMistakesInALabsFileAreSaidInBothLanguages(t *testing.T) {
	file := func(name, content string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, c := range map[string]struct {
		setting, content, place string
		values                  map[string]string
	}{
		"spreadsheet": {"mapping", "columns:\n  Public: lazer\n", `columns, "Public"`, map[string]string{"file": file("x.csv", "Date\n")}},
		"icalendar":   {"mapping", "entries:\n  - {words: [a], kind: lazer}\n", "entries[0].kind", map[string]string{"file": file("x.ics", "")}},
		"fabmanager":  {"mapping", "machines:\n  Laser: lazer\n", `machines, "Laser"`, map[string]string{"dir": t.TempDir()}},
		"fabman":      {"mapping", "machines:\n  Laser: lazer\n", `machines, "Laser"`, map[string]string{"token": "t"}},
		"mqtt":        {"machines", "\n7: {name: laser-1, category: lazer}\n", "7", map[string]string{}},
	} {
		i := slices.IndexFunc(connectors.All(), func(k importers.Connector) bool { return k.Name == name })
		c.values[c.setting] = file("m.yaml", c.content)
		_, err := connectors.All()[i].Open(importers.Options{Lab: "atelier-nord", Zone: time.UTC, Salt: make([]byte, importers.MinSaltBytes), Values: c.values,
			State: importers.NoState{}, Logger: slog.New(slog.DiscardHandler), Clock: time.Now})
		for l, want := range map[schemas.Lang]string{
			schemas.French:  `m.yaml, ligne 2 : ` + c.place + ` : "lazer" est inconnu ; attendu : `,
			schemas.English: `m.yaml, line 2: ` + c.place + `: "lazer" is not one of `,
		} {
			if err == nil || !strings.Contains(importers.Say(err, l), want) {
				t.Errorf("%s: %s, want %s", name, importers.Say(err, l), want)
			}
		}
	}
}
