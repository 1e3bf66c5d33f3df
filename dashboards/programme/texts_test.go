package programme

import (
	"io/fs"
	"os"
	"regexp"
	"testing"
)

// askedTexts are the keys that stand in templates and code.
func askedTexts(t *testing.T) map[string]bool {
	t.Helper()
	asked := map[string]bool{}
	find := func(pattern *regexp.Regexp, text string) {
		for _, m := range pattern.FindAllStringSubmatch(text, -1) {
			asked[m[1]] = true
		}
	}
	err := fs.WalkDir(templateFiles, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(templateFiles, path)
		find(regexp.MustCompile(`\.T "([^"]+)"`), string(raw))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	known, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		find(regexp.MustCompile(`(?:Must|Count|t\.Get|texts\.Get)\("([a-z.-]+)"[,)]`), string(raw))
		// Keys that are chosen first stand as plain strings.
		for _, m := range regexp.MustCompile(`"([a-z.-]+)"`).FindAllStringSubmatch(string(raw), -1) {
			if _, ok := known["fr"].Rows[m[1]]; ok {
				asked[m[1]] = true
			}
		}
	}
	return asked
}
