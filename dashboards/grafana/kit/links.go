package kit

import (
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"vitrine/internal/pages"
)

// links lead from each board to itself in the other language and to the others in its own, with the variables and
// the time range kept, and to Vitrine's own pages.
func (b *Board) links() {
	b.builder.WithVariable(dashboard.NewConstantVariableBuilder("vitrine").
		Description(b.Text("variable.vitrine")).
		Value(dashboard.StringOrMap{String: &b.kit.config.PublicURL}))
	for _, l := range pages.Langs() {
		if l != b.Lang {
			b.link(l.Own(), "/d/"+UID(b.d.Name, l), b.Text("link.language"))
		}
	}
	for _, d := range b.kit.config.Dashboards {
		if d.Name != b.d.Name {
			b.link(b.Text(d.Name+".title"), "/d/"+UID(d.Name, b.Lang), b.Text(d.Name+".help"))
		}
	}
	b.PageLink("link.pages", "/programme")
}

func (b *Board) link(title, url, tooltip string) {
	b.builder.Link(dashboard.NewDashboardLinkBuilder(title).Type(dashboard.DashboardLinkTypeLink).
		Icon("dashboard").Tooltip(tooltip).Url(url).IncludeVars(true).KeepTime(true))
}

// Page is the address of one of Vitrine's pages in the board's language. path begins with a slash, and may hold
// Grafana's variables: /programme/labs/${__data.fields.lab}.
func (b *Board) Page(path string) string { return "${vitrine}" + path + "?lang=" + string(b.Lang) }

// Dashboard is the address of another dashboard in the board's language, with the time range kept and more of
// a query, e.g. var-lab=${__data.fields.lab}.
func (b *Board) Dashboard(name, query string) string {
	address := "/d/" + UID(name, b.Lang) + "?${__url_time_range}"
	if query != "" {
		address += "&" + query
	}
	return address
}

// PageLink adds one of Vitrine's pages to the links above the board, under the text of key (KEY.help explains it).
func (b *Board) PageLink(key, path string) {
	b.builder.Link(dashboard.NewDashboardLinkBuilder(b.Text(key)).Type(dashboard.DashboardLinkTypeLink).
		Icon("external link").Tooltip(b.Text(key + ".help")).Url(b.Page(path)).TargetBlank(true))
}
