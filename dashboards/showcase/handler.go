package showcase

import (
	"context"
	"embed"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"vitrine/internal/pages"
)

//go:embed templates
var templateFiles embed.FS

//go:embed assets
var assetFiles embed.FS

// Handler serves the pages: /, /labs/{lab}, /open-data and /assets/…; anything else is a
// 404 page. It is safe for concurrent use. Make one with [New].
type Handler struct {
	config    Config
	texts     map[pages.Lang]texts
	templates pages.Templates
	assets    pages.Assets
	areas     []area
	cache     *cache
	mux       *http.ServeMux
}

// New checks the configuration and reads the embedded files. It starts nothing.
func New(config Config) (*Handler, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	h := &Handler{
		config: config,
		cache:  &cache{source: config.Source, keep: config.Cache, timeout: config.Timeout, clock: config.Clock},
		mux:    http.NewServeMux(),
	}
	if h.texts, err = loadTexts(); err != nil {
		return nil, err
	}
	if h.templates, err = pages.LoadTemplates(templateFiles, []string{"home", "lab", "data", "error"}, "templates/parts.html"); err != nil {
		return nil, err
	}
	if h.assets, err = pages.LoadAssets("/assets/", assetFiles); err != nil {
		return nil, err
	}
	if h.areas, err = loadMap(); err != nil {
		return nil, err
	}
	h.mux.HandleFunc("/{$}", h.serveHome)
	h.mux.HandleFunc("/labs/{lab}", h.serveLab)
	h.mux.HandleFunc("/open-data", h.serveOpenData)
	h.mux.HandleFunc("/assets/{file}", h.serveAsset)
	h.mux.HandleFunc("/", h.serveNotFound)
	return h, nil
}

// contentPolicy lets a page load its own style sheets and icon and send its own form, and nothing else.
const contentPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// ServeHTTP answers a request for a page or an asset.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", contentPolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "same-origin")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		h.serveError(w, r, problem{status: http.StatusMethodNotAllowed, key: "405"})
		return
	}
	h.mux.ServeHTTP(w, r)
}

func (h *Handler) serveHome(w http.ResponseWriter, r *http.Request) {
	now, ok := h.snapshot(w, r)
	if !ok {
		return
	}
	v := visitorOf(r)
	v.narrow(r, &now.Programme)
	page, err := now.home(v, func() (pages.Sheet, error) { return h.render("home", h.homePage(v, &now.Programme)) })
	if err != nil {
		h.serveFailure(w, r, err)
		return
	}
	page.Send(w, r, http.StatusOK)
}

func (h *Handler) serveLab(w http.ResponseWriter, r *http.Request) {
	now, ok := h.snapshot(w, r)
	if !ok {
		return
	}
	slug := r.PathValue("lab")
	for i := range now.Labs {
		if now.Labs[i].Slug != slug {
			continue
		}
		page, err := h.render("lab", h.labPage(visitorOf(r), &now.Programme, &now.Labs[i]))
		if err != nil {
			h.serveFailure(w, r, err)
			return
		}
		page.Send(w, r, http.StatusOK)
		return
	}
	h.serveError(w, r, problem{status: http.StatusNotFound, key: "lab", lab: slug})
}

// serveOpenData says what can be taken away, to people; programs read /open-data as JSON.
func (h *Handler) serveOpenData(w http.ResponseWriter, r *http.Request) {
	now, ok := h.snapshot(w, r)
	if !ok {
		return
	}
	page, err := h.render("data", h.openDataPage(visitorOf(r), &now.Programme))
	if err != nil {
		h.serveFailure(w, r, err)
		return
	}
	page.Send(w, r, http.StatusOK)
}

func (h *Handler) serveAsset(w http.ResponseWriter, r *http.Request) {
	if !h.assets.Serve(w, r, r.PathValue("file")) {
		h.serveNotFound(w, r)
	}
}

// framed is a page as a template gets it.
type framed interface{ frame() page }

func (p page) frame() page { return p }

func (h *Handler) render(name string, data framed) (pages.Sheet, error) {
	return h.templates.Render(name, data.frame().Lang, data)
}

func (h *Handler) serveNotFound(w http.ResponseWriter, r *http.Request) {
	h.serveError(w, r, problem{status: http.StatusNotFound, key: "404"})
}

// snapshot gets the figures; when it can't, it answers the request itself.
func (h *Handler) snapshot(w http.ResponseWriter, r *http.Request) (*snapshot, bool) {
	now, err := h.cache.get(r.Context())
	if err == nil {
		return now, true
	}
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return nil, false // the visitor has left
	}
	h.config.Logger.LogAttrs(r.Context(), slog.LevelError, "the showcase has no figures to show", slog.Any("error", err))
	if errors.Is(err, ErrRemaking) {
		h.serveError(w, r, problem{status: http.StatusServiceUnavailable, key: "remaking", retry: remakingRetry})
		return nil, false
	}
	h.serveError(w, r, problem{status: http.StatusServiceUnavailable, key: "503", retry: errorRetry, command: "vitrine status"})
	return nil, false
}

// visitor is what a request says about who reads.
type visitor struct {
	lang  pages.Lang
	asked bool // for the language, in the address
	// region and archetype narrow the list of labs; empty: all.
	region, archetype string
}

func visitorOf(r *http.Request) visitor {
	var v visitor
	v.lang, v.asked = pages.LangOf(r)
	return v
}

// narrow takes over what the address asks to see, as far as there is any lab of that sort: so there are only as many home
// pages as there are sorts.
func (v *visitor) narrow(r *http.Request, programme *Programme) {
	q := r.URL.Query()
	for i := range programme.Labs {
		if l := &programme.Labs[i]; l.Region == q.Get("region") {
			v.region = l.Region
		}
		if l := &programme.Labs[i]; l.Archetype == q.Get("archetype") {
			v.archetype = l.Archetype
		}
	}
}

// explicit is the language to keep in the addresses; empty when the browser's will do.
func (v visitor) explicit() pages.Lang {
	if v.asked {
		return v.lang
	}
	return ""
}

// maxShown bounds how much of an address an error page repeats, in bytes.
const maxShown = 80

// short cuts what a visitor typed to what an error page has room for.
func short(s string) string {
	s = strings.ToValidUTF8(s, "�")
	if len(s) <= maxShown {
		return s
	}
	return strings.ToValidUTF8(s[:maxShown], "") + "…"
}
