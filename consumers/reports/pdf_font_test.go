package reports

import (
	"strings"
	"testing"

	"vitrine/schemas"
)

// TestPDFFontsHaveEveryWord: nothing that the reports and the catalogue say becomes a box or loses an accent.
func TestPDFFontsHaveEveryWord(t *testing.T) {
	fonts, err := pdfFonts()
	if err != nil {
		t.Fatal(err)
	}
	fixed := strings.NewReplacer("\u202f", "\u00a0", "✔", "", "✘", "") // signs are drawn
	for _, f := range []*face{fonts.plain, fonts.bold} {
		check := func(s string) {
			if s = fixed.Replace(s); f.clean(s) != s {
				t.Errorf("%s: %q becomes %q", f.name, s, f.clean(s))
			}
		}
		for _, lang := range []schemas.Lang{schemas.French, schemas.English} {
			w, err := wordsOf(lang)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range w.Rows {
				check(text)
			}
			for _, i := range schemas.DefaultCatalogue().Indicators {
				check(w.say(i.Name))
			}
		}
	}
	if got := fonts.plain.clean("e\u0301 ﬁ ế 工\u200b\t😀"); got != "é ﬁ e □ □" {
		t.Errorf("foreign text becomes %q", got)
	}
	if lines := fonts.plain.wrap(strings.Repeat("x", 50), 10, 100); len(lines) < 2 || strings.Join(lines, "") != strings.Repeat("x", 50) {
		t.Errorf("a long word: %q", lines)
	}
}
