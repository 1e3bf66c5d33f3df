package form

import (
	"io/fs"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"vitrine/schemas"
)

// TestTextsAreThereAndUsed compares the table with the templates and the code.
func TestTextsAreThereAndUsed(t *testing.T) {
	var table map[string]map[schemas.Lang]string
	if err := yaml.Unmarshal(textsFile, &table); err != nil {
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
	note(`"((?:wrong|notice|signin|when|help|companies|commitment|file)\.[a-z.]+)"`, os.DirFS("."), "*.go")
	note(`(?:must|count)\("([a-z.]+)"[,)]`, os.DirFS("."), "*.go")
	note(`newPage\(v, "([^"]+)"`, os.DirFS("."), "*.go")
	for _, key := range []string{"400", "403", "404", "413", "429", "500", "503", "remaking", "entry", "file"} {
		used["problem."+key+".title"], used["problem."+key+".text"] = true, true
	}
	for _, s := range statuses() {
		used["status."+s] = true
	}
	for _, s := range periodStates() {
		used["periods.state."+s] = true
	}
	for _, s := range []string{"good", "wrong", "sent", "same"} {
		used["row."+s] = true
	}
	free := regexp.MustCompile(`^(unit|intro|kind|help\.ref|wrong\.format|source)\.`)
	for key := range used {
		if _, ok := table[key]; !ok && !strings.HasSuffix(key, ".") && !free.MatchString(key) {
			t.Errorf("texts.yaml has no %s", key)
		}
	}
	names := regexp.MustCompile(`\{[a-z]+\}`)
	for key, row := range table {
		if !used[key] && !free.MatchString(key) {
			t.Errorf("texts.yaml has %s, which nothing shows", key)
		}
		if row[schemas.French] == "" || row[schemas.English] == "" {
			t.Errorf("%s isn't in both languages", key)
		}
		if strings.Contains(row[schemas.French]+row[schemas.English], `"`) {
			t.Errorf("%s: a typewriter's quote", key)
		}
		fr, en := names.FindAllString(row[schemas.French], -1), names.FindAllString(row[schemas.English], -1)
		slices.Sort(fr)
		slices.Sort(en)
		if !slices.Equal(slices.Compact(fr), slices.Compact(en)) {
			t.Errorf("%s: %v in French, %v in English", key, fr, en)
		}
		if m := regexp.MustCompile(`[^\s«][;:!?»](?:\s|$)`).FindString(row[schemas.French]); m != "" {
			t.Errorf("%s: %q without a space before it", key, m)
		}
	}
	for key := range table { // what belongs to a kind, a format or a field must be one of the contract
		if name, ok := strings.CutPrefix(key, "intro."); ok {
			if _, known := labKind(name); !known {
				t.Errorf("%s: no such kind", key)
			}
		}
	}
}

func TestTypeset(t *testing.T) {
	const plain = "« Oui » : l'an 50 % ; non !"
	const want = "«\u00a0Oui\u00a0»\u00a0: l’an 50\u202f%\u202f; non\u202f!"
	if got := typeset(plain, schemas.French); got != want {
		t.Errorf("French: %q, want %q", got, want)
	}
	if got := typeset(want, schemas.French); got != want {
		t.Errorf("set twice: %q", got)
	}
	if got := typeset("it's; 5 %", schemas.English); got != "it’s; 5 %" {
		t.Errorf("English: %q", got)
	}
}

// TestContrast holds each pair of text and ground to WCAG 2.2 AA: 4.5 for text, 3 for what is drawn.
func TestContrast(t *testing.T) {
	css, err := assetFiles.ReadFile("assets/style.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, ok := strings.Cut(string(css), "prefers-color-scheme: dark")
	if !ok {
		t.Fatal("no dark colours")
	}
	dark, _, _ = strings.Cut(dark, "* { box-sizing")
	declaration := regexp.MustCompile(`--([a-z_-]+): (#[0-9a-f]{3,6});`)
	colours := map[string]string{}
	for scheme, text := range []string{light, dark} {
		for _, m := range declaration.FindAllStringSubmatch(text, -1) {
			colours[m[1]] = m[2]
		}
		check := func(front, back string, least float64) {
			t.Helper()
			if got := contrast(t, colours[front], colours[back]); got < least {
				t.Errorf("scheme %d: %s on %s: %.2f, want %.1f", scheme, front, back, got, least)
			}
		}
		for _, ground := range []string{"paper", "surface"} {
			for _, text := range []string{"ink", "soft", "link", "error"} {
				check(text, ground, 4.5)
			}
			check("focus", ground, 3)
			check("edge", ground, 3)
		}
		check("error", "error-ground", 4.5)
		check("ink", "error-ground", 4.5)
		check("on-brand", "brand", 4.5)
		check("on-brand", "action", 4.5)
		check("accent", "brand", 3)
		check("ink", "track", 4.5)
		for _, s := range []string{"achieved", "on_track", "at_risk", "late", "missed", "no_data", "not_started"} {
			check(s+"-text", s+"-ground", 4.5)
			check("on-icon", s+"-text", 4.5)
			if s != "not_started" { // nothing done is meant to look empty; the words beside it say so
				check(s, "surface", 3)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is WCAG's relative luminance of a hexadecimal colour.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	hex := strings.TrimPrefix(colour, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 24)
	if err != nil {
		t.Fatalf("colour %q: %v", colour, err)
	}
	linear := func(c uint64) float64 {
		v := float64(c&0xff) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(n>>16) + 0.7152*linear(n>>8) + 0.0722*linear(n)
}
