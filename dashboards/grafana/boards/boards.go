package boards

import (
	"embed"
	"io/fs"

	"vitrine/dashboards/grafana/kit"
)

//go:embed queries texts
var files embed.FS

// Build makes all dashboards in both languages. publicURL is where Vitrine's pages are; empty: [kit.DefaultPublicURL].
func Build(publicURL string) ([]kit.Built, error) {
	queries, err := fs.Sub(files, "queries")
	if err != nil {
		return nil, err
	}
	texts, err := fs.Sub(files, "texts")
	if err != nil {
		return nil, err
	}
	k, err := kit.New(kit.Config{Queries: queries, Texts: texts, PublicURL: publicURL, Dashboards: descriptions()})
	if err != nil {
		return nil, err
	}
	return k.Build()
}

// descriptions are all dashboards, in the order in which they link to each other.
func descriptions() []kit.Description {
	return []kit.Description{
		overview(),
		lab(),
		promotion(),
		business(),
		machines(),
		quality(),
		pipeline(),
	}
}
