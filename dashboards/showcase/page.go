package showcase

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"vitrine/internal/pages"
)

// page is what every page has: the frame around its content.
type page struct {
	texts texts

	Lang        pages.Lang
	Title       string
	Programme   string // the programme's name
	Description string
	AsOf        string // until when figures are published; empty: none are yet
	AsOfDay     string // for machines
	Refresh     int    // seconds after which the browser loads the page again; 0: never
	Home        string
	Switch      []choice
	Loading     *loading
	Styles      []string // addresses
	Icon        string
	Data        string // the open data's page
	Feed        string // the agenda of all labs
	Submit      string
	Portfolio   string
}

// T is a text of the page's language, for the templates; pairs replace {name} in it.
func (p page) T(key string, pairs ...string) (string, error) { return p.texts.Get(key, pairs...) }

// choice is one of several links of which one is the page itself.
type choice struct {
	Label, Href string
	Lang        pages.Lang
	Current     bool
}

type loading struct {
	Text       string
	Done, Full uint64
	Known      bool // Full is
}

// address is a page's address with what the visitor chose: what isn't the
// default stays in every link, so that the site needs no cookie.
type address struct {
	path string     // escaped
	lang pages.Lang // empty: the browser's
	// region and archetype narrow the list of labs; empty: all.
	region, archetype string
}

func (a address) String() string {
	q := url.Values{}
	if a.lang != "" {
		q.Set("lang", string(a.lang))
	}
	if a.region != "" {
		q.Set("region", a.region)
	}
	if a.archetype != "" {
		q.Set("archetype", a.archetype)
	}
	// Two slashes at the beginning would lead to another host.
	u := "/" + strings.TrimLeft(a.path, "/")
	if len(q) > 0 {
		u += "?" + q.Encode()
	}
	return u
}

// labPath is the page of a lab, for [address].
func labPath(slug string) string { return "/labs/" + url.PathEscape(slug) }

// loadingRefresh is after how many seconds a page loads again by itself while the history is counted; errorRetry is the Retry-After, and remakingRetry
// that while everything is made again.
const (
	loadingRefresh = 3
	errorRetry     = 5
	remakingRetry  = 30
)

// newPage makes the frame of a page at address a, as the visitor sees it.
func (h *Handler) newPage(v visitor, a address, title string) page {
	t := h.texts[v.lang]
	p := page{
		texts:       t,
		Lang:        v.lang,
		Programme:   v.lang.Pick(h.config.NameFR, h.config.NameEN),
		Description: t.Must("description"),
		Home:        address{path: "/", lang: v.explicit()}.String(),
		Styles:      []string{h.assets.Address("style.css"), h.assets.Address("showcase.css")},
		Data:        address{path: "/open-data", lang: v.explicit()}.String(),
		Feed:        address{path: "/agenda.ics", lang: v.explicit()}.String(),
		Submit:      address{path: "/submit", lang: v.explicit()}.String(),
		Portfolio:   address{path: "/programme", lang: v.explicit()}.String(),
		Icon:        h.assets.Address("icon.svg"),
	}
	p.Title = t.Must("brand") + " – " + p.Programme
	if title != "" {
		p.Title = title + " – " + t.Must("brand")
	}
	for _, l := range []pages.Lang{pages.French, pages.English} {
		label := map[pages.Lang]string{pages.French: "Français", pages.English: "English"}[l]
		a.lang = l
		p.Switch = append(p.Switch, choice{Label: label, Href: a.String(), Lang: l, Current: l == v.lang})
	}
	return p
}

// stamp adds until when figures are published, and whether the history is complete.
func (p *page) stamp(programme *Programme) {
	t := p.texts
	if day := programme.Through; !day.IsZero() {
		p.AsOf, p.AsOfDay = t.Must("asof", "date", t.Date(day)), day.Format(time.DateOnly)
	}
	l := programme.Loading
	if l == nil {
		return
	}
	p.Refresh = loadingRefresh
	done := t.Lang.Number(float64(l.Done))
	if l.Total == 0 {
		p.Loading = &loading{Text: t.Must("loading.unknown", "done", done), Done: l.Done}
		return
	}
	percent := t.Percent(100 * float64(min(l.Done, l.Total)) / float64(l.Total))
	p.Loading = &loading{
		Text: t.Must("loading.known", "done", done, "total", t.Lang.Number(float64(l.Total)), "percent", percent),
		Done: min(l.Done, l.Total), Full: l.Total, Known: true,
	}
}

// svgPercent writes a share of an SVG's width.
func svgPercent(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) + "%" }
