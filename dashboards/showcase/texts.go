package showcase

import (
	_ "embed"

	"vitrine/internal/pages"
)

//go:embed texts.yaml
var textsFile []byte

// texts is the table of words in one language.
type texts struct{ pages.Texts }

func loadTexts() (map[pages.Lang]texts, error) {
	tables, err := pages.LoadTexts("showcase", textsFile)
	all := map[pages.Lang]texts{}
	for l, table := range tables {
		all[l] = texts{table}
	}
	return all, err
}

// Status is how a commitment stands.
type Status = pages.Status
