package programme

import (
	"embed"
	"net/http"

	"vitrine/internal/pages"
	"vitrine/internal/pages/session"
)

//go:embed templates
var templateFiles embed.FS

//go:embed assets
var assetFiles embed.FS

// maxFormBytes bounds what is posted: a token, or a reason.
const maxFormBytes = 64 << 10

// Handler serves /programme and what is below it. It is safe for concurrent use. Make one with [New].
type Handler struct {
	config    Config
	keeper    *session.Keeper
	throttle  session.Throttle
	metrics   *metrics
	texts     map[pages.Lang]texts
	templates pages.Templates
	assets    pages.Assets
	cache     *cache
	origins   *http.CrossOriginProtection
	mux       *http.ServeMux
}

// New checks the configuration, registers the metrics and reads the embedded files. It starts nothing.
func New(config Config) (*Handler, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	h := &Handler{config: config, origins: http.NewCrossOriginProtection(), mux: http.NewServeMux(),
		cache: &cache{keep: config.Cache, timeout: config.Timeout, clock: config.Clock, answers: map[string]answer{}}}
	h.keeper, err = session.New(session.Config{Key: config.Key, Purpose: "programme", Path: root, Secure: config.Secure, Clock: config.Clock})
	if err != nil {
		return nil, err
	}
	if h.texts, err = loadTexts(); err != nil {
		return nil, err
	}
	if h.templates, err = pages.LoadTemplates(templateFiles, pageNames(), "templates/parts.html"); err != nil {
		return nil, err
	}
	if h.assets, err = pages.LoadAssets(root+"/assets/", assetFiles); err != nil {
		return nil, err
	}
	if h.metrics, err = newMetrics(config.Registerer); err != nil {
		return nil, err
	}
	h.routes()
	return h, nil
}

func pageNames() []string {
	return []string{"signin", "portfolio", "lab", "period", "periods", "quality", "alerts", "call", "problem"}
}

// root is where the pages are.
const root = "/programme"

func (h *Handler) routes() {
	h.mux.HandleFunc("GET "+root+"/assets/{file}", func(w http.ResponseWriter, r *http.Request) {
		if !h.assets.Serve(w, r, r.PathValue("file")) {
			http.NotFound(w, r)
		}
	})
	h.mux.HandleFunc("POST "+root+"/signin", h.visitor(h.signIn))
	for pattern, serve := range h.pages() {
		h.mux.HandleFunc(pattern, h.visitor(h.signedIn(serve)))
	}
}

// pages are those for who is signed in, by their patterns.
func (h *Handler) pages() map[string]func(*visit) {
	return map[string]func(*visit){
		"GET " + root:                                         h.portfolio,
		"GET " + root + "/{$}":                                h.portfolio,
		"POST " + root + "/signout":                           h.signOut,
		"GET " + root + "/labs/{lab}":                         h.lab,
		"GET " + root + "/labs/{lab}/periods/{period}":        h.period,
		"POST " + root + "/labs/{lab}/periods/{period}/{act}": h.act,
		"GET " + root + "/periods":                            h.periods,
		"GET " + root + "/quality":                            h.quality,
		"GET " + root + "/alerts":                             h.alerts,
		"GET " + root + "/call":                               h.call,
		root + "/":                                            func(v *visit) { h.problem(v, http.StatusNotFound, "404") },
	}
}

// contentPolicy lets a page load its own files, and send forms to itself alone.
const contentPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// ServeHTTP answers a request for /programme or below.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", contentPolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "same-origin")
	h.mux.ServeHTTP(w, r)
}

// Protect lets only those through to next who are signed in to these pages, such as to the reports; the others are
// asked to sign in.
func (h *Handler) Protect(next http.Handler) http.Handler {
	return h.visitor(h.signedIn(func(v *visit) {
		v.w.Header().Set("Cache-Control", "private, no-store")
		next.ServeHTTP(v.w, v.r)
	}))
}
