package programme

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"vitrine/internal/pages"
)

// page is what every page has: the frame around its content.
type page struct {
	texts texts
	visit *visit

	Lang     pages.Lang
	Title    string
	Heading  string
	SignedIn bool
	CSRF     string
	SignOut  string
	Home     string
	Nav      []choice
	Switch   []choice
	Pager    []choice // the pages of a long list; empty: there is but one
	Styles   []string
	Icon     string
	explicit bool
}

// choice is one of several links of which one is the page itself.
type choice struct {
	Label, Href string
	Lang        pages.Lang
	Current     bool
	Outside     bool // of the programme's pages
}

// T is a text of the page's language, for the templates; pairs replace {name} in it.
func (p page) T(key string, pairs ...string) (string, error) { return p.texts.Get(key, pairs...) }

// Remaking says from when the page's figures are, while they are being made again; else it is empty.
func (p page) Remaking() string {
	if p.visit.before.IsZero() {
		return ""
	}
	return p.texts.Must("remaking", "moment", p.texts.Moment(p.visit.before))
}

// Link is the address of a page, with the language where it was asked for. pairs are further parameters; those that
// are empty are left out.
func (p page) Link(path string, pairs ...string) string {
	q := url.Values{}
	if p.explicit {
		q.Set("lang", string(p.Lang))
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path
}

// paged says which of n rows are on the page asked for, and how to come to the others; path and pairs are the list's
// address, as [page.Link] takes it.
func (p *page) paged(n, perPage, asked int, path string, pairs ...string) (from, to int) {
	last := max(1, (n+perPage-1)/perPage)
	at := min(asked, last)
	if last > 1 {
		for i := 1; i <= last; i++ {
			number := strconv.Itoa(i)
			p.Pager = append(p.Pager, choice{Label: number, Href: p.Link(path, append(slices.Clone(pairs), "page", number)...), Current: i == at})
		}
	}
	return (at - 1) * perPage, min(n, at*perPage)
}

// newPage makes the frame of a page; title is its text's key.
func (h *Handler) newPage(v *visit, title string) page {
	t := v.texts
	p := page{
		texts: t, visit: v, Lang: t.Lang, explicit: v.explicit, SignedIn: v.signedIn, CSRF: h.keeper.FormToken(v.session),
		Styles: []string{h.assets.Address("style.css"), h.assets.Address("programme.css")}, Icon: h.assets.Address("icon.svg"),
	}
	p.named(t.Must(title))
	p.Home, p.SignOut = p.Link(root), p.Link(root+"/signout")
	for _, l := range pages.Langs() {
		address := url.URL{Path: root}
		q := url.Values{}
		if v.r.Method == http.MethodGet || v.r.Method == http.MethodHead {
			address.Path, q = v.r.URL.Path, v.r.URL.Query()
		}
		q.Set("lang", string(l))
		address.RawQuery = q.Encode()
		p.Switch = append(p.Switch, choice{Label: l.Own(), Href: address.String(), Lang: l, Current: l == p.Lang})
	}
	if v.signedIn {
		h.navigation(v, &p)
	}
	return p
}

// named gives the page its heading and the window its title.
func (p *page) named(heading string) {
	p.Heading, p.Title = heading, heading+" – "+p.texts.Must("brand")
}

func (h *Handler) navigation(v *visit, p *page) {
	add := func(key, path string) {
		current := v.r.URL.Path == path || path == root && (v.r.URL.Path == root+"/" || hasPrefixPath(v.r.URL.Path) && isLab(v.r.URL.Path))
		p.Nav = append(p.Nav, choice{Label: p.texts.Must(key), Href: p.Link(path), Current: current})
	}
	add("nav.portfolio", root)
	if h.config.Periods != nil {
		add("nav.periods", root+"/periods")
	}
	if h.config.Overview != nil {
		add("nav.quality", root+"/quality")
		add("nav.alerts", root+"/alerts")
		add("nav.call", root+"/call")
	}
	if h.config.GrafanaURL != "" {
		p.Nav = append(p.Nav, choice{Label: p.texts.Must("nav.grafana"), Href: h.config.GrafanaURL, Outside: true})
	}
	p.Nav = append(p.Nav, choice{Label: p.texts.Must("nav.showcase"), Href: p.Link("/"), Outside: true})
}

func isLab(path string) bool {
	return len(path) > len(root+"/labs/") && path[:len(root+"/labs/")] == root+"/labs/"
}

// labPath is a lab's page.
func labPath(slug string) string { return root + "/labs/" + url.PathEscape(slug) }

// periodPath is a period's page.
func periodPath(lab, period string) string {
	return labPath(lab) + "/periods/" + url.PathEscape(period)
}

// show answers with a page, rendered whole before the first byte is sent.
func (h *Handler) show(v *visit, status int, name string, data any) {
	sheet, err := h.templates.Render(name, v.texts.Lang, data)
	if err != nil {
		h.config.Logger.ErrorContext(v.r.Context(), "a page of the programme couldn't be rendered", "page", name, "error", err)
		http.Error(v.w, v.texts.Must("problem.500.title"), http.StatusInternalServerError)
		return
	}
	sheet.SendPrivate(v.w, v.r, status)
}

type problemPage struct {
	page
	Text string
	Back string
}

// problem shows a page that says what went wrong and what to do; key is problem.{key}.title and .text.
func (h *Handler) problem(v *visit, status int, key string) {
	if status == http.StatusServiceUnavailable {
		v.w.Header().Set("Retry-After", map[bool]string{true: "30", false: "5"}[key == "remaking"])
	}
	p := problemPage{page: h.newPage(v, "problem."+key+".title"), Text: v.texts.Must("problem." + key + ".text")}
	p.Back = p.Home
	h.show(v, status, "problem", p)
}
