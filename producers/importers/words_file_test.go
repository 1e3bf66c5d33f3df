package importers_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

func TestMistakesHaveTheirLines(t *testing.T) {
	type words struct {
		Kind    string            `yaml:"kind"`
		Columns map[string]string `yaml:"columns"`
		Entries []struct {
			Kind string `yaml:"kind"`
		} `yaml:"entries"`
	}
	parse := func(raw []byte) (*words, error) {
		w := &words{}
		bad := importers.ParseWords(raw, w)
		if w.Kind != "" {
			bad.OneOf(w.Kind, []string{"a", "b"}, "kind")
		}
		for word, code := range w.Columns {
			bad.OneOf(code, []string{"c"}, "columns", word)
		}
		for i, e := range w.Entries {
			bad.OneOf(e.Kind, []string{"d"}, "entries", i, "kind")
		}
		return w, bad.Err()
	}
	path := filepath.Join(t.TempDir(), "m.yaml")
	for text, want := range map[string][2]string{
		"kind: a\ncolumns: {x: c}\n": {},
		"":                           {},
		"# oups\nkind: z\ncolumns:\n  Âge: y\n": {
			`m.yaml, ligne 2 : kind : "z" est inconnu ; attendu : a, b ; ligne 4 : columns, "Âge" : "y" est inconnu ; attendu : c`,
			`m.yaml, line 2: kind: "z" is not one of a, b; line 4: columns, "Âge": "y" is not one of c`},
		"\ufeff# oups\r\nkind: z\r\n": { // as an editor on Windows writes it
			`m.yaml, ligne 2 : kind : "z" est inconnu`, `m.yaml, line 2: kind: "z" is not one of`},
		"columns:\n  \xc2ge: y\n": { // and in Windows-1252
			`m.yaml, ligne 2 : columns, "Âge" : "y" est inconnu`, `m.yaml, line 2: columns, "Âge": "y" is not one of`},
		"entries:\n  - {kind: d}\n  - kind: e\n": {
			`m.yaml, ligne 3 : entries[1].kind : "e" est inconnu ; attendu : d`, `m.yaml, line 3: entries[1].kind: "e" is not one of d`},
		"columns: &a {x: y}\n":           {`m.yaml, ligne 1 : columns, "x" : "y" est inconnu ; attendu : c`, `m.yaml, line 1: columns, "x": "y" is not one of c`},
		"kind: a\nkinds: b\n":            {`m.yaml, ligne 2 : clé inconnue : "kinds"`, `m.yaml, line 2: unknown key "kinds"`},
		"kind: a\nkind: b\n":             {`m.yaml, ligne 2 : YAML illisible (mapping key "kind" already defined`, `m.yaml, line 2: not readable as YAML (mapping key "kind" already defined`},
		"kind: a\ncolumns: c\n":          {`m.yaml, ligne 2 : "c" : ce n'est pas ce qui est attendu`, `m.yaml, line 2: "c": not what is expected there`},
		"kind: a\ncolumns: {":            {`m.yaml, ligne 2 : YAML illisible (`, `m.yaml, line 2: not readable as YAML (`},
		"#" + strings.Repeat("x", 1<<20): {`m.yaml : fichier trop volumineux (au plus 1048576 octets)`, `m.yaml: too large (at most 1048576 bytes)`},
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := importers.ReadWords(path, parse)
		if want[0] == "" {
			if err != nil {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%q is taken", text[:min(len(text), 50)])
			continue
		}
		for i, l := range []schemas.Lang{schemas.French, schemas.English} {
			if said := strings.TrimPrefix(importers.Say(err, l), filepath.Dir(path)+"/"); !strings.HasPrefix(said, want[i]) {
				t.Errorf("%q:\n%s, want\n%s", text[:min(len(text), 50)], said, want[i])
			}
		}
	}
	if _, err := importers.ReadWords(path+".none", parse); !errors.Is(err, os.ErrNotExist) || !strings.HasSuffix(importers.Say(err, schemas.French), "m.yaml.none : ce fichier ou dossier n'existe pas") {
		t.Errorf("no file: %v", err)
	}
}
