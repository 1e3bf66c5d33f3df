package kit

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"vitrine/internal/pages"
	"vitrine/schemas"
)

// placeholder is what a query may hold of the board's language: {{lang}} and {{words NAME}}.
var placeholder = regexp.MustCompile(`\{\{(lang|words (\w+))\}\}`)

// sql reads a query and puts the board's language in:
//
//	{{lang}}           fr or en, as in name_{{lang}}
//	{{words audience}} the codes of a dimension and their words, for transform(code, {{words audience}}, code);
//	                   beside dimensions: kinds (of events), period_states
func (b *Board) sql(name string) string {
	raw, err := fs.ReadFile(b.kit.config.Queries, name+".sql")
	if err != nil {
		b.errs = append(b.errs, err)
	}
	return placeholder.ReplaceAllStringFunc(strings.TrimSpace(string(raw)), func(p string) string {
		list := placeholder.FindStringSubmatch(p)[2]
		if list == "" {
			return string(b.Lang)
		}
		codes, words := b.words(list)
		if len(codes) == 0 {
			b.errs = append(b.errs, fmt.Errorf("%s.sql: there are no words for %q", name, list))
		}
		return array(codes) + ", " + array(words)
	})
}

func (b *Board) words(list string) (codes, words []string) {
	add := func(code, word string) { codes, words = append(codes, code), append(words, b.Lang.Typeset(word)) }
	lang := schemas.Lang(b.Lang)
	switch list {
	case "kinds":
		for _, k := range schemas.Kinds() {
			add(k.Name, k.Title.In(lang))
		}
	case "statuses":
		for _, s := range pages.WorstFirst() {
			add(string(s), b.StatusWord(s))
		}
	case "period_states":
		for _, s := range []string{"upcoming", "open", "overdue", "submitted", "sent_back", "approved", "reopened"} {
			add(s, b.Text("period."+s))
		}
	default:
		for _, t := range schemas.DimensionTerms(list) {
			add(t.Code, t.Label.In(lang))
		}
		if len(codes) > 0 {
			add("unknown", b.Text("unknown"))
		}
	}
	return codes, words
}

// array writes texts as ClickHouse does. A dollar would be a variable for Grafana: none of the words has one.
func array(texts []string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(t) + "'"
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
