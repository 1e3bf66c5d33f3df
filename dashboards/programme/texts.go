package programme

import (
	_ "embed"
	"strings"

	"vitrine/internal/pages"
)

//go:embed texts.yaml
var textsFile []byte

// texts is the table of words in one language.
type texts struct{ pages.Texts }

func loadTexts() (map[pages.Lang]texts, error) {
	tables, err := pages.LoadTexts("programme", textsFile)
	all := map[pages.Lang]texts{}
	for l, table := range tables {
		all[l] = texts{table}
	}
	return all, err
}

// value writes a figure with its unit, or a dash where there is none.
func (t texts) value(v *float64, unit string) string {
	if v == nil {
		return "–"
	}
	return t.Value(*v, unit)
}

// system is where an event came from, in words where there are some.
func (t texts) system(name string) string {
	if name == "" {
		return ""
	}
	if text, err := t.Get("system." + strings.ToLower(name)); err == nil {
		return text
	}
	return name
}
