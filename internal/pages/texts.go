package pages

import (
	_ "embed"
	"fmt"
	"maps"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed texts.yaml
var sharedTexts []byte

// Texts is a table of words in one language.
type Texts struct {
	Lang Lang
	Rows map[string]string
}

// LoadTexts reads a package's table (key: {fr: …, en: …}) on top of the words that all pages share, and refuses
// it where a language is missing. name is the package's, for errors.
func LoadTexts(name string, table []byte) (map[Lang]Texts, error) {
	all := map[Lang]Texts{}
	for _, l := range Langs() {
		all[l] = Texts{Lang: l, Rows: map[string]string{}}
	}
	for _, raw := range [][]byte{sharedTexts, table} {
		var rows map[string]map[Lang]string
		if err := yaml.Unmarshal(raw, &rows); err != nil {
			return nil, fmt.Errorf("%s: read texts.yaml: %w", name, err)
		}
		for key, row := range rows {
			for l, t := range all {
				if row[l] == "" {
					return nil, fmt.Errorf("%s: texts.yaml: %s has no text in %q", name, key, l)
				}
				t.Rows[key] = l.Typeset(row[l])
			}
		}
	}
	return all, nil
}

// Shared are the keys that every table has.
func Shared() (map[string]bool, error) {
	all, err := LoadTexts("pages", nil)
	if err != nil {
		return nil, err
	}
	keys := map[string]bool{}
	for key := range maps.Keys(all[French].Rows) {
		keys[key] = true
	}
	return keys, nil
}

// NBSP is the no-break space, NNBSP the narrow one: before ; ! ? % in French, and between thousands.
const (
	NBSP  = "\u00a0"
	NNBSP = "\u202f"
)

// Typeset puts in the spaces at which a line must not break and the right apostrophes, so that texts can be written plainly.
func (l Lang) Typeset(s string) string {
	s = strings.NewReplacer("{n} ", "{n}"+NBSP, "'", "’").Replace(s)
	if l != French {
		return s
	}
	return strings.NewReplacer(
		" :", NBSP+":", " ;", NNBSP+";", " !", NNBSP+"!", " ?", NNBSP+"?",
		" %", NNBSP+"%", " €", NBSP+"€", "« ", "«"+NBSP, " »", NBSP+"»",
	).Replace(s)
}

// Get returns the text of key with {name} replaced for each pair of name and value.
func (t Texts) Get(key string, pairs ...string) (string, error) {
	text, ok := t.Rows[key]
	if !ok {
		return "", fmt.Errorf("texts.yaml has no %q", key)
	}
	return fill(text, pairs), nil
}

// Must is Get for keys that stand in Go code; a test of the package holds that each is in the table.
func (t Texts) Must(key string, pairs ...string) string {
	text, err := t.Get(key, pairs...)
	if err != nil {
		return key // shown as it is: a visitor can do more with it than with an error
	}
	return text
}

// Count is Must for a text with two forms, "one|many", and {n} for the number.
// Nought is singular in French.
func (t Texts) Count(key string, n int, pairs ...string) string {
	one, many, ok := strings.Cut(t.Must(key), "|")
	form := one
	if ok && n != 1 && (n != 0 || t.Lang != French) {
		form = many
	}
	return fill(form, append([]string{"n", t.Lang.Number(float64(n))}, pairs...))
}

func fill(text string, pairs []string) string {
	if len(pairs) == 0 {
		return text
	}
	oldnew := make([]string, 0, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		oldnew = append(oldnew, "{"+pairs[i]+"}", pairs[i+1])
	}
	return strings.NewReplacer(oldnew...).Replace(text)
}
