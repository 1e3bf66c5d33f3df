package form

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"

	"vitrine/schemas"
)

//go:embed texts.yaml
var textsFile []byte

// texts is the table of words in one language.
type texts struct {
	lang schemas.Lang
	rows map[string]string
}

// loadTexts reads the table, and refuses it where a language is missing.
func loadTexts() (map[schemas.Lang]texts, error) {
	var table map[string]map[schemas.Lang]string
	if err := yaml.Unmarshal(textsFile, &table); err != nil {
		return nil, fmt.Errorf("form: read texts.yaml: %w", err)
	}
	all := map[schemas.Lang]texts{}
	for _, l := range []schemas.Lang{schemas.French, schemas.English} {
		rows := make(map[string]string, len(table))
		for key, row := range table {
			if row[l] == "" {
				return nil, fmt.Errorf("form: texts.yaml: %s has no text in %q", key, l)
			}
			rows[key] = typeset(row[l], l)
		}
		all[l] = texts{lang: l, rows: rows}
	}
	return all, nil
}

const (
	nbsp  = "\u00a0" // no-break space
	nnbsp = "\u202f" // narrow no-break space: before ; ! ? % in French, and between thousands
)

// typeset puts in the spaces at which a line must not break and the right apostrophes, so that
// texts can be written plainly.
func typeset(s string, l schemas.Lang) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "{n} ", "{n}"+nbsp), "'", "’")
	if l != schemas.French {
		return s
	}
	return strings.NewReplacer(
		" :", nbsp+":", " ;", nnbsp+";", " !", nnbsp+"!", " ?", nnbsp+"?",
		" %", nnbsp+"%", " €", nbsp+"€", "« ", "«"+nbsp, " »", nbsp+"»",
	).Replace(s)
}

// say is a text of the contract as the pages show it.
func (t texts) say(text schemas.Text) string { return typeset(text.In(t.lang), t.lang) }

// get returns the text of key with {name} replaced for each pair of name and value.
func (t texts) get(key string, pairs ...string) (string, error) {
	text, ok := t.rows[key]
	if !ok {
		return "", fmt.Errorf("form: texts.yaml has no %q", key)
	}
	return fill(text, pairs), nil
}

// must is get for keys that stand in Go code; a test holds that each is in the table.
func (t texts) must(key string, pairs ...string) string {
	text, err := t.get(key, pairs...)
	if err != nil {
		return key // shown as it is: a visitor can do more with it than with an error
	}
	return text
}

// count is must for a text with two forms, "one|many", and {n} for the number. Nought is singular
// in French.
func (t texts) count(key string, n int, pairs ...string) string {
	one, many, ok := strings.Cut(t.must(key), "|")
	form := one
	if ok && n != 1 && (n != 0 || t.lang != schemas.French) {
		form = many
	}
	return fill(form, append([]string{"n", number(float64(n), t.lang)}, pairs...))
}

func fill(text string, pairs []string) string {
	oldnew := make([]string, 0, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		oldnew = append(oldnew, "{"+pairs[i]+"}", pairs[i+1])
	}
	return strings.NewReplacer(oldnew...).Replace(text)
}
