package showcase

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"vitrine/internal/pages"
)

// TestTextsAreThereAndUsed compares the table with the templates and the code.
func TestTextsAreThereAndUsed(t *testing.T) {
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	fr, en := all[pages.French], all[pages.English]
	shared, err := pages.Shared()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	note := func(pattern string, files fs.FS, glob string) {
		names, err := fs.Glob(files, glob)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v, %v", glob, names, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			content, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(content), -1) {
				used[m[1]] = true
			}
		}
	}
	note(`\.T "([^"]+)"`, templateFiles, "templates/*.html")
	note(`(?:Must|Count|add)\("([^"]+)"[,)]`, os.DirFS("."), "*.go")
	note(`"(commitment\.[a-z]+)"`, os.DirFS("."), "*.go")
	for _, key := range []string{"404", "405", "lab", "500", "503", "remaking"} {
		used["error."+key+".title"], used["error."+key+".text"], used["error."+key+".todo"] = true, true, true
	}
	for _, code := range []string{"metropole", "guadeloupe", "martinique", "guyane", "reunion", "mayotte"} {
		used["area."+code] = true
	}
	for _, format := range []string{"CSV", "JSON", "Parquet", "IATI"} {
		used["data."+format] = true
	}
	for key := range used {
		if _, ok := fr.Rows[key]; !ok {
			t.Errorf("texts.yaml has no %s", key)
		}
	}
	for key, text := range fr.Rows {
		if !used[key] && !shared[key] {
			t.Errorf("texts.yaml has %s, which nothing shows", key)
		}
		if strings.ContainsAny(text, "'\"") {
			t.Errorf("%s: a typewriter's quote in %q", key, text)
		}
		names := regexp.MustCompile(`\{[a-z]+\}`)
		for _, name := range names.FindAllString(text, -1) {
			if !strings.Contains(en.Rows[key], name) {
				t.Errorf("%s: %s isn't in the English text", key, name)
			}
		}
	}
}
