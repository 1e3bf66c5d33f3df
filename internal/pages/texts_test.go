package pages

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestTextsOfBothLanguages: what is filled in stands in both, and no typewriter's quotes.
func TestTextsOfBothLanguages(t *testing.T) {
	fr, en := words(t)
	for _, s := range WorstFirst() {
		for _, key := range []string{"status." + string(s), "count." + string(s)} {
			if fr.Rows[key] == "" {
				t.Errorf("texts.yaml has no %s", key)
			}
		}
	}
	names := regexp.MustCompile(`\{[a-z]+\}`)
	for key, text := range fr.Rows {
		if strings.ContainsAny(text, "'\"") {
			t.Errorf("%s: a typewriter's quote in %q", key, text)
		}
		for _, name := range names.FindAllString(text, -1) {
			if !strings.Contains(en.Rows[key], name) {
				t.Errorf("%s: %s isn't in the English text", key, name)
			}
		}
	}
	if _, err := LoadTexts("x", []byte("a: {fr: \"un\"}")); err == nil {
		t.Error("a text without English was taken")
	}
}

func TestTypeset(t *testing.T) {
	const plain = "« Oui » : 50 % d'abord ; non !"
	const want = "«\u00a0Oui\u00a0»\u00a0: 50\u202f% d’abord\u202f; non\u202f!"
	if got := French.Typeset(plain); got != want {
		t.Errorf("French: %q, want %q", got, want)
	}
	if got := English.Typeset("isn't: 50%"); got != "isn’t: 50%" {
		t.Errorf("English: %q", got)
	}
}

// TestContrast holds each pair of text and ground to WCAG 2.2 AA: 4.5 for text, 3 for what is drawn.
func TestContrast(t *testing.T) {
	css, err := sharedAssets.ReadFile("assets/style.css")
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
			for _, text := range []string{"ink", "soft", "link", "late-text"} {
				check(text, ground, 4.5)
			}
			check("focus", ground, 3)
		}
		check("on-brand", "brand", 4.5)
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
