package reports

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vitrine/schemas"
)

// TestTexts: each key that the code names is in the table, what is filled in stands in both languages, and each text that
// belongs to the reports is named.
func TestTexts(t *testing.T) {
	fr, err := wordsOf(schemas.French)
	if err != nil {
		t.Fatal(err)
	}
	en, err := wordsOf(schemas.English)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, name := range append(files, more...) {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(raw)
	}
	for _, m := range regexp.MustCompile(`(?:Must|Count)\(?\s?"([a-z.]+)"[,)}\s]`).FindAllStringSubmatch(code.String(), -1) {
		if _, ok := fr.Rows[m[1]]; !ok && !strings.HasSuffix(m[1], ".") { // a beginning is followed by a code
			t.Errorf("texts.yaml has no %q", m[1])
		}
	}
	filled := regexp.MustCompile(`\{[a-z]+\}`)
	for key, text := range fr.Rows {
		for _, name := range filled.FindAllString(text, -1) {
			if !strings.Contains(en.Rows[key], name) {
				t.Errorf("%s: %s isn't in the English text", key, name)
			}
		}
		if !strings.HasPrefix(key, "xlsx.") && strings.ContainsAny(text, `'"`) {
			t.Errorf("%s: a typewriter's quote in %q", key, text)
		}
	}
}
