package kit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"vitrine/internal/pages"
	"vitrine/schemas"
)

// DefaultPublicURL is where the dashboards' links to Vitrine's pages and reports lead, unless it is said otherwise.
const DefaultPublicURL = "http://127.0.0.1:8080"

// Config says what a [Kit] works with.
type Config struct {
	// Queries holds the .sql files, by the names that [Board.Table] and [Board.Series] take with ".sql" added. Required.
	Queries fs.FS
	// Texts holds the tables of texts, *.yaml, as [pages.LoadTexts] reads them. Required.
	Texts fs.FS
	// Catalogue gives indicators their names, units and definitions. nil: [schemas.DefaultCatalogue].
	Catalogue *schemas.Catalogue
	// PublicURL is where Vitrine's pages are for those who look at the dashboards. Default [DefaultPublicURL].
	PublicURL string
	// Dashboards are all that there are: each links to the others. Required.
	Dashboards []Description
}

// Description is one dashboard in whatever language.
type Description struct {
	// Name is the middle of the UID (vitrine-NAME-fr) and begins the keys of its texts: NAME.title, NAME.help.
	Name string
	// From is the time range's beginning as Grafana writes it, e.g. now-1y/M. It ends now.
	From string
	// Refresh is how often its data is read anew, e.g. 5m. Empty: when the reader asks for it.
	Refresh string
	// Describe adds variables and panels.
	Describe func(*Board)
}

// Kit makes dashboards from descriptions.
type Kit struct {
	config Config
	texts  map[pages.Lang]pages.Texts
}

// New checks the configuration and reads the texts.
func New(c Config) (*Kit, error) {
	if c.Queries == nil || c.Texts == nil || len(c.Dashboards) == 0 {
		return nil, errors.New("kit: Queries, Texts and Dashboards are required")
	}
	if c.Catalogue == nil {
		c.Catalogue = schemas.DefaultCatalogue()
	}
	if c.PublicURL == "" {
		c.PublicURL = DefaultPublicURL
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	names, err := fs.Glob(c.Texts, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("kit: %w", err)
	}
	var table []byte
	for _, name := range names {
		raw, err := fs.ReadFile(c.Texts, name)
		if err != nil {
			return nil, fmt.Errorf("kit: %w", err)
		}
		table = append(append(table, raw...), '\n')
	}
	texts, err := pages.LoadTexts("grafana", table)
	if err != nil {
		return nil, err
	}
	return &Kit{config: c, texts: texts}, nil
}

// Dashboard is Grafana's classic schema, the one that Grafana 12 provisions from files.
//
//lint:ignore SA1019 its successor, dashboardv2, isn't what files hold there
type Dashboard = dashboard.Dashboard

// Built is a dashboard that was built, with what its JSON doesn't say.
type Built struct {
	Dashboard Dashboard
	Lang      pages.Lang
	Name      string
	// MayBeEmpty are the ids of panels that have nothing to show where all is well.
	MayBeEmpty map[uint32]bool
}

// File is where the dashboard's JSON stands below the folder dashboards, e.g. fr/overview.json.
func (b Built) File() string { return path.Join(string(b.Lang), b.Name+".json") }

// JSON is the dashboard as Grafana imports it.
func (b Built) JSON() ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(b.Dashboard)
	return text.Bytes(), err
}

// UID is a dashboard's address: /d/UID.
func UID(name string, l pages.Lang) string { return "vitrine-" + name + "-" + string(l) }

// Build makes every dashboard in each language. Its error names each text and query that is missing.
func (k *Kit) Build() ([]Built, error) {
	var all []Built
	var errs []error
	for _, l := range pages.Langs() {
		for _, d := range k.config.Dashboards {
			b := k.newBoard(d, l)
			d.Describe(b)
			built, err := b.build()
			if err != nil {
				errs = append(errs, fmt.Errorf("%s in %s: %w", d.Name, l, err))
			}
			all = append(all, built)
		}
	}
	return all, errors.Join(errs...)
}
